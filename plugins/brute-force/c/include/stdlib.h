// What the generated bindings need of a C library; see src/libc.c.
#pragma once

#include <stddef.h>

void *malloc(size_t size);
void *realloc(void *ptr, size_t size);
void free(void *ptr);
_Noreturn void abort(void);
