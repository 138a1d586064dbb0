#include "json.h"

#include <stdlib.h>
#include <string.h>

// Deeper lists and objects than anybody nests; the host's own texts are bounded too.
#define DEPTH_MAX 64

typedef struct reader {
  const uint8_t *at, *end;
} reader;

static uint8_t peek(const reader *json) { return json->at < json->end ? *json->at : '\0'; }

static uint8_t take(reader *json) {
  if (json->at == json->end) abort();
  return *json->at++;
}

static void skip_space(reader *json) {
  while (peek(json) == ' ' || peek(json) == '\n' || peek(json) == '\t' || peek(json) == '\r') {
    json->at++;
  }
}

static void expect(reader *json, uint8_t byte) {
  skip_space(json);
  if (take(json) != byte) abort();
}

static uint32_t take_hex(reader *json) {
  uint32_t value = 0;
  for (int digit = 0; digit < 4; digit++) {
    uint8_t byte = take(json);
    if (byte >= '0' && byte <= '9') value = 16 * value + (byte - '0');
    else if (byte >= 'a' && byte <= 'f') value = 16 * value + (byte - 'a' + 10);
    else if (byte >= 'A' && byte <= 'F') value = 16 * value + (byte - 'A' + 10);
    else abort();
  }
  return value;
}

// Writes a character as UTF-8; returns where the next one goes.
static uint8_t *put(uint8_t *to, uint32_t c) {
  if (c < 0x80) {
    *to++ = (uint8_t)c;
    return to;
  }
  int trailing = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const uint8_t LEADS[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = LEADS[trailing] | (uint8_t)(c >> (6 * trailing));
  while (trailing-- > 0) *to++ = 0x80 | ((c >> (6 * trailing)) & 0x3f);
  return to;
}

static uint8_t *take_escape(reader *json, uint8_t *to) {
  static const char ESCAPES[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
  uint8_t byte = take(json);
  if (byte == 'u') {
    uint32_t c = take_hex(json);
    if (c >= 0xd800 && c < 0xdc00) {
      // The first half of a pair.
      expect(json, '\\');
      expect(json, 'u');
      c = 0x10000 + ((c - 0xd800) << 10) + (take_hex(json) - 0xdc00);
    }
    return put(to, c);
  }
  for (size_t at = 0; ESCAPES[at] != '\0'; at++) {
    if (byte == ESCAPES[at]) {
      *to++ = (uint8_t)MEANT[at];
      return to;
    }
  }
  abort();
}

static text take_text(reader *json) {
  expect(json, '"');
  // No text is longer than it is written.
  uint8_t *start = malloc((size_t)(json->end - json->at)), *to = start;
  for (uint8_t byte = take(json); byte != '"'; byte = take(json)) {
    if (byte == '\\') to = take_escape(json, to);
    else *to++ = byte;
  }
  return (text){start, (size_t)(to - start)};
}

static bool is_of_word(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == 'E' ||
         byte == '+' || byte == '-' || byte == '.';
}

// The value of a number. Up to fifteen digits it is exact as far as a double can be.
static double number_of(text written) {
  double value = 0;
  int exponent = 0, scale = 0;
  bool negative = false, negative_exponent = false, point = false, in_exponent = false;
  for (size_t at = 0; at < written.len; at++) {
    uint8_t byte = written.ptr[at];
    if (byte == '-' && in_exponent) negative_exponent = true;
    else if (byte == '-') negative = true;
    else if (byte == '.') point = true;
    else if (byte == 'e' || byte == 'E') in_exponent = true;
    else if (byte >= '0' && byte <= '9' && in_exponent) {
      if (exponent < 400) exponent = 10 * exponent + (byte - '0');
    } else if (byte >= '0' && byte <= '9') {
      value = 10 * value + (byte - '0');
      if (point) scale++;
    }
  }
  int power = (negative_exponent ? -exponent : exponent) - scale;
  double factor = 1;
  for (int left = power < 0 ? -power : power; left > 0; left--) factor *= 10;
  value = power < 0 ? value / factor : value * factor;
  return negative ? -value : value;
}

static void take_word(reader *json, entry *entry) {
  const uint8_t *start = json->at;
  while (is_of_word(peek(json))) json->at++;
  entry->text = (text){(uint8_t *)start, (size_t)(json->at - start)};
  if (entry->text.len == 0) abort();
  if (*start == 't' || *start == 'f') {
    entry->kind = KIND_BOOLEAN;
  } else if (*start == 'n') {
    entry->kind = KIND_NULL;
  } else {
    entry->kind = KIND_WHOLE;
    for (size_t at = 0; at < entry->text.len; at++) {
      uint8_t byte = start[at];
      if (byte == '.' || byte == 'e' || byte == 'E') entry->kind = KIND_NUMBER;
    }
    entry->number = number_of(entry->text);
  }
}

static void take_value(reader *json, entry *entry, int depth);

// Passes over what is between two brackets.
static void take_nested(reader *json, uint8_t closing, int depth) {
  if (depth == DEPTH_MAX) abort();
  take(json);
  skip_space(json);
  if (peek(json) == closing) {
    take(json);
    return;
  }
  for (;;) {
    if (closing == '}') {
      take_text(json);
      expect(json, ':');
    }
    entry ignored;
    take_value(json, &ignored, depth + 1);
    skip_space(json);
    if (take(json) == closing) return;
  }
}

static void take_value(reader *json, entry *entry, int depth) {
  skip_space(json);
  switch (peek(json)) {
    case '"':
      entry->kind = KIND_TEXT;
      entry->text = take_text(json);
      break;
    case '[':
      entry->kind = KIND_LIST;
      take_nested(json, ']', depth);
      break;
    case '{':
      entry->kind = KIND_OBJECT;
      take_nested(json, '}', depth);
      break;
    default:
      take_word(json, entry);
  }
}

text json_quoted(text plain) {
  static const char HEX[] = "0123456789abcdef";
  // No character takes more than six.
  uint8_t *start = malloc(6 * plain.len + 2), *to = start;
  *to++ = '"';
  for (size_t at = 0; at < plain.len; at++) {
    uint8_t byte = plain.ptr[at];
    if (byte == '"' || byte == '\\') *to++ = '\\';
    if (byte >= ' ') {
      *to++ = byte;
      continue;
    }
    for (const char *escape = "\\u00"; *escape != '\0'; escape++) *to++ = (uint8_t)*escape;
    *to++ = (uint8_t)HEX[byte / 16];
    *to++ = (uint8_t)HEX[byte % 16];
  }
  *to++ = '"';
  return (text){start, (size_t)(to - start)};
}

entries json_entries(text json) {
  // Every entry but the last is followed by a comma.
  size_t most = 1;
  for (size_t at = 0; at < json.len; at++) most += json.ptr[at] == ',';
  entries found = {malloc(most * sizeof(entry)), 0};
  reader reader = {json.ptr, json.ptr + json.len};
  expect(&reader, '{');
  skip_space(&reader);
  if (peek(&reader) == '}') return found;
  for (;;) {
    entry *entry = &found.entries[found.count++];
    *entry = (struct entry){.name = take_text(&reader)};
    expect(&reader, ':');
    take_value(&reader, entry, 0);
    skip_space(&reader);
    if (take(&reader) == '}') return found;
  }
}
