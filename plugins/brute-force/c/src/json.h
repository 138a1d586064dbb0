// The settings' JSON: one object, whose entries are texts, numbers and booleans. What is in lists
// and in other objects is passed over.
#pragma once

#include "weir.h"

typedef enum kind {
  KIND_TEXT,
  KIND_WHOLE,
  KIND_NUMBER,
  KIND_BOOLEAN,
  KIND_NULL,
  KIND_LIST,
  KIND_OBJECT,
} kind;

typedef struct entry {
  text name;
  kind kind;
  // A text's content; a number or a boolean as it was written.
  text text;
  double number;
} entry;

typedef struct entries {
  entry *entries;
  size_t count;
} entries;

// A text in quotes.
text json_quoted(text plain);

// The entries of an object; a text that is none ends the call, for the host sends no other.
entries json_entries(text json);
