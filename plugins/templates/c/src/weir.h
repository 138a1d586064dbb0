// Settings, questions, answers and texts for a monitor in C: a thin layer over the bindings that
// `wit-bindgen c` makes of wit/monitor.wit (build/monitor.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

// A UTF-8 text. Texts are never changed once they are made, and need not be freed (see libc.c).
typedef monitor_string_t text;

// What a monitor is: these three, in monitor.c.
typedef struct setup setup;
void configure(setup *setup);
void on_batch(const weir_monitor_types_columns_t *columns);
void on_tick(int64_t now);

// Texts.
text text_of(const char *literal);
text text_of_whole(uint64_t value);
// With as many digits behind the point as needed, up to six.
text text_of_number(double value);
text text_of_span(uint64_t nanos);
bool text_equals(text one, text other);
text text_joined(const text parts[], size_t count);
#define JOIN(...) \
  text_joined((const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text))

// The monitor's settings, each by its name, with what it is, its default and its range, bounds
// included. A mistake is noted, and the default returned in the place of what was set. From the
// same the host gets the settings' JSON Schema, for whoever inspects the monitor.
text setting_text(setup *setup, const char *name, const char *about, const char *by_default);
double setting_number(setup *setup, const char *name, const char *about, double by_default,
                      double least, double most);
uint64_t setting_whole(setup *setup, const char *name, const char *about, uint64_t by_default,
                       uint64_t least, uint64_t most);
// A duration with its unit, as in "90s"; in nanoseconds.
uint64_t setting_span(setup *setup, const char *name, const char *about, uint64_t by_default,
                      uint64_t least, uint64_t most);
// Notes a mistake.
void problem(setup *setup, const char *name, text message);
// Whether all is well, once every setting has been asked for: what was set and not asked for is a
// mistake too. `configure` returns where it is not; the host is told everything that was noted.
bool settings_are_right(setup *setup);

// Asks for `on_tick` at every multiple of `period`, in nanoseconds, since the epoch.
void tick_every(setup *setup, uint64_t period);

// A declared question.
typedef weir_monitor_host_borrow_query_t query;
// Declares a question over a window in nanoseconds.
query ask(setup *setup, const char *question, uint64_t window);
// Declares a question of the lines that satisfy a condition from the settings; `setting` is its
// name there, and an empty one holds for every line.
query ask_where(setup *setup, const char *setting, text condition, const char *question,
                uint64_t window);

// A question's answer: `rows` rows of so many keys and values. The answer of a question with other
// numbers of them ends the call, for code and question have grown apart.
typedef struct answer {
  size_t rows, keys, values;
  weir_monitor_host_table_t table;
} answer;
answer answer_of(query query, size_t keys, size_t values);
text answer_key(const answer *answer, size_t row, size_t key);
double answer_value(const answer *answer, size_t row, size_t value);
// Text `index` of a block.
text block_text(const weir_monitor_types_text_block_t *block, size_t index);

// An alert: `alert_new`, whatever there is to say about it, then `alert_raise`, once.
typedef weir_monitor_host_own_alert_t alert;
alert alert_new(text key, text name);
void alert_value(alert alert, double value, const char *unit);
void alert_label(alert alert, const char *name, text value);
void alert_raise(alert alert);
