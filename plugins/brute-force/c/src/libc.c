// As much of a C library as a monitor needs. There is nothing below it but memory: no files, no
// clock, no standard output.
//
// Memory is a region that grows. What is allocated while the monitor is configured stays; what a
// tick or a batch allocates is gone when it ends (weir.c calls `region_release`). So nothing has to
// be freed, nothing can leak, and what is to be kept from call to call is allocated in `configure`
// or is a static variable.

#include "libc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 65536u
// What every value can be aligned to.
#define ALIGNMENT 16u

// Where the linker ends what it has laid out itself; its address is what counts.
extern uint8_t __heap_base;

// Where the next block begins, what the last one began at, and what stays.
static uintptr_t next, last, kept;

static uintptr_t aligned(uintptr_t address) {
  return (address + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
}

static void grow_to(uintptr_t end) {
  uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end <= have) return;
  size_t pages = (end - have + PAGE - 1) / PAGE;
  if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) abort();
}

void *malloc(size_t size) {
  if (next == 0) next = kept = aligned((uintptr_t)&__heap_base);
  if (size > UINTPTR_MAX - next - PAGE) abort();
  grow_to(next + size);
  last = next;
  next = aligned(next + size);
  return (void *)last;
}

void *realloc(void *ptr, size_t size) {
  if (ptr == NULL) return malloc(size);
  uintptr_t begin = (uintptr_t)ptr, end = next;
  if (begin == last) next = begin;
  void *moved = malloc(size);
  // An older block's size is not known: up to where the region ended, nothing is out of bounds.
  size_t readable = end - begin;
  if (moved != ptr) memmove(moved, ptr, size < readable ? size : readable);
  return moved;
}

void free(void *ptr) { (void)ptr; }

_Noreturn void abort(void) { __builtin_trap(); }

void region_keep(void) { kept = next; }

void region_release(void) { next = last = kept; }

// With bulk memory, these builtins are single instructions and no calls of these functions.
void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  return __builtin_memcpy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size) { return __builtin_memmove(to, from, size); }

void *memset(void *to, int byte, size_t size) { return __builtin_memset(to, byte, size); }

int memcmp(const void *one, const void *other, size_t size) {
  const uint8_t *left = one, *right = other;
  for (size_t at = 0; at < size; at++) {
    if (left[at] != right[at]) return left[at] - right[at];
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != '\0') length++;
  return length;
}
