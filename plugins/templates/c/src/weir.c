#include "weir.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "libc.h"

// What is noted of mistakes, and of settings that were asked for, at most.
#define PROBLEMS_MAX 32
#define KNOWN_MAX 32

struct setup {
  weir_monitor_host_borrow_setup_t host;
  entries set;
  const char *known[KNOWN_MAX];
  size_t known_count;
  // The schema's properties so far.
  text schema;
  exports_weir_monitor_guest_problem_t problems[PROBLEMS_MAX];
  size_t problems_count;
};

// Texts.

text text_of(const char *literal) { return (text){(uint8_t *)literal, strlen(literal)}; }

text text_of_whole(uint64_t value) {
  uint8_t *digits = malloc(20), *at = digits + 20;
  do *--at = '0' + value % 10;
  while (value /= 10);
  return (text){at, (size_t)(digits + 20 - at)};
}

text text_of_number(double value) {
  if (value < 0) return JOIN(text_of("-"), text_of_number(-value));
  if (!(value < 1e12)) return text_of(value >= 1e12 ? "over 1e12" : "NaN");
  uint64_t millionths = (uint64_t)(value * 1e6 + 0.5), fraction = millionths % 1000000;
  text whole = text_of_whole(millionths / 1000000);
  if (fraction == 0) return whole;
  text digits = text_of_whole(1000000 + fraction);
  while (digits.ptr[digits.len - 1] == '0') digits.len--;
  return JOIN(whole, text_of("."), (text){digits.ptr + 1, digits.len - 1});
}

static const struct unit {
  const char *name;
  uint64_t nanos;
  // The largest number of it that 64 bits of nanoseconds have room for.
  uint64_t most;
} UNITS[] = {
    {"h", HOUR, UINT64_MAX / HOUR},
    {"m", MINUTE, UINT64_MAX / MINUTE},
    {"s", SECOND, UINT64_MAX / SECOND},
    {"ms", MILLISECOND, UINT64_MAX / MILLISECOND},
};
#define UNITS_COUNT (sizeof(UNITS) / sizeof(UNITS[0]))

text text_of_span(uint64_t nanos) {
  if (nanos == 0) return text_of("0s");
  for (size_t unit = 0; unit < UNITS_COUNT; unit++) {
    if (nanos % UNITS[unit].nanos == 0) {
      return JOIN(text_of_whole(nanos / UNITS[unit].nanos), text_of(UNITS[unit].name));
    }
  }
  return JOIN(text_of_number((double)nanos / (double)MILLISECOND), text_of("ms"));
}

bool text_equals(text one, text other) {
  return one.len == other.len && memcmp(one.ptr, other.ptr, one.len) == 0;
}

text text_joined(const text parts[], size_t count) {
  size_t length = 0;
  for (size_t part = 0; part < count; part++) length += parts[part].len;
  text joined = {malloc(length), 0};
  for (size_t part = 0; part < count; part++) {
    memcpy(joined.ptr + joined.len, parts[part].ptr, parts[part].len);
    joined.len += parts[part].len;
  }
  return joined;
}

// Settings.

static void note(setup *setup, exports_weir_monitor_guest_problem_t problem) {
  if (setup->problems_count < PROBLEMS_MAX) setup->problems[setup->problems_count++] = problem;
}

void problem(setup *setup, const char *name, text message) {
  note(setup, (exports_weir_monitor_guest_problem_t){text_of(name), message, {false, 0}});
}

// A member of a JSON object, and the comma behind it.
static text member(const char *name, text json) {
  return JOIN(text_of("\""), text_of(name), text_of("\":"), json, text_of(","));
}

// The members of the schema that a number's bounds are, or a span's.
static text bounds(const char *least_name, text least, const char *most_name, text most) {
  return JOIN(member(least_name, least), member(most_name, most));
}

// What was set, or NULL; the name is known from now on. `kind` is what the schema says of the
// value, `by_default` JSON.
static const entry *setting(setup *setup, const char *name, const char *about, text kind,
                            text by_default) {
  const char *comma = setup->known_count == 0 ? "" : ",";
  setup->schema =
      JOIN(setup->schema, text_of(comma), text_of("\""), text_of(name), text_of("\":{"),
           member("description", json_quoted(text_of(about))), kind, text_of("\"default\":"),
           by_default, text_of("}"));
  if (setup->known_count == KNOWN_MAX) abort();
  setup->known[setup->known_count++] = name;
  for (size_t at = 0; at < setup->set.count; at++) {
    if (text_equals(setup->set.entries[at].name, text_of(name))) return &setup->set.entries[at];
  }
  return NULL;
}

static void wrong_kind(setup *setup, const char *name, const entry *found, const char *expected) {
  static const char *const KINDS[] = {
      [KIND_TEXT] = "string",        [KIND_WHOLE] = "integer", [KIND_NUMBER] = "floating point",
      [KIND_BOOLEAN] = "boolean",    [KIND_NULL] = "null",     [KIND_LIST] = "sequence",
      [KIND_OBJECT] = "map",
  };
  text shown = text_of("");
  if (found->kind == KIND_TEXT) shown = JOIN(text_of(" \""), found->text, text_of("\""));
  if (found->kind == KIND_WHOLE || found->kind == KIND_NUMBER || found->kind == KIND_BOOLEAN) {
    shown = JOIN(text_of(" `"), found->text, text_of("`"));
  }
  problem(setup, name, JOIN(text_of("invalid type: "), text_of(KINDS[found->kind]), shown,
                            text_of(", expected "), text_of(expected)));
}

static void out_of_range(setup *setup, const char *name, text least, text most, text found) {
  problem(setup, name, JOIN(text_of("must be between "), least, text_of(" and "), most,
                            text_of(", not "), found));
}

text setting_text(setup *setup, const char *name, const char *about, const char *by_default) {
  text kind = member("type", text_of("\"string\""));
  const entry *found = setting(setup, name, about, kind, json_quoted(text_of(by_default)));
  if (found != NULL && found->kind == KIND_TEXT) return found->text;
  if (found != NULL) wrong_kind(setup, name, found, "a string");
  return text_of(by_default);
}

double setting_number(setup *setup, const char *name, const char *about, double by_default,
                      double least, double most) {
  text range = bounds("minimum", text_of_number(least), "maximum", text_of_number(most));
  text kind = JOIN(member("type", text_of("\"number\"")), range);
  const entry *found = setting(setup, name, about, kind, text_of_number(by_default));
  if (found == NULL) return by_default;
  if (found->kind != KIND_WHOLE && found->kind != KIND_NUMBER) {
    wrong_kind(setup, name, found, "f64");
    return by_default;
  }
  if (found->number >= least && found->number <= most) return found->number;
  out_of_range(setup, name, text_of_number(least), text_of_number(most),
               text_of_number(found->number));
  return by_default;
}

uint64_t setting_whole(setup *setup, const char *name, const char *about, uint64_t by_default,
                       uint64_t least, uint64_t most) {
  text range = bounds("minimum", text_of_whole(least), "maximum", text_of_whole(most));
  text kind = JOIN(member("type", text_of("\"integer\"")), range);
  const entry *found = setting(setup, name, about, kind, text_of_whole(by_default));
  if (found == NULL) return by_default;
  if (found->kind != KIND_WHOLE) {
    wrong_kind(setup, name, found, "u64");
    return by_default;
  }
  if (found->number < 0) {
    problem(setup, name, JOIN(text_of("invalid value: integer `"), found->text,
                              text_of("`, expected u64")));
    return by_default;
  }
  if (found->number >= (double)least && found->number <= (double)most) {
    return (uint64_t)found->number;
  }
  out_of_range(setup, name, text_of_whole(least), text_of_whole(most), found->text);
  return by_default;
}

// Reads a span into `nanos`; what is wrong with it otherwise.
static const char *parse_span(text written, uint64_t *nanos) {
  static const char *const MALFORMED = "expected a number and a unit, such as 90s, 1.5h or 250ms";
  static const char *const TOO_MANY_DIGITS = "has too many digits";
  size_t at = 0, whole_digits = 0, fraction_digits = 0;
  uint64_t digits = 0, scale = 1;
  bool point = false;
  for (; at < written.len; at++) {
    uint8_t byte = written.ptr[at];
    if (byte == '.' && !point) {
      point = true;
    } else if (byte >= '0' && byte <= '9') {
      if (whole_digits + fraction_digits == 18) return TOO_MANY_DIGITS;
      digits = 10 * digits + (byte - '0');
      if (point) scale *= 10, fraction_digits++;
      else whole_digits++;
    } else {
      break;
    }
  }
  text unit = {written.ptr + at, written.len - at};
  if (whole_digits == 0 || (point && fraction_digits == 0)) return MALFORMED;
  if (unit.len > 0 && unit.ptr[0] == '.') return MALFORMED;
  if (unit.len == 0) return "write the unit behind the number: ms, s, m or h";
  for (size_t known = 0; known < UNITS_COUNT; known++) {
    if (!text_equals(unit, text_of(UNITS[known].name))) continue;
    if (digits > UNITS[known].most) return TOO_MANY_DIGITS;
    uint64_t scaled = digits * UNITS[known].nanos;
    *nanos = scaled / scale;
    return scaled % scale == 0 ? NULL : "must be whole nanoseconds";
  }
  return "the unit must be ms, s, m or h";
}

uint64_t setting_span(setup *setup, const char *name, const char *about, uint64_t by_default,
                      uint64_t least, uint64_t most) {
  text range = bounds("x-minimum", json_quoted(text_of_span(least)), "x-maximum",
                      json_quoted(text_of_span(most)));
  text pattern = json_quoted(text_of("^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$"));
  text kind =
      JOIN(member("type", text_of("\"string\"")), member("pattern", pattern), range);
  const entry *found =
      setting(setup, name, about, kind, json_quoted(text_of_span(by_default)));
  if (found == NULL) return by_default;
  if (found->kind != KIND_TEXT) {
    wrong_kind(setup, name, found,
               "a duration with its unit, such as \"90s\", \"2m\" or \"250ms\"");
    return by_default;
  }
  uint64_t nanos;
  const char *wrong = parse_span(found->text, &nanos);
  if (wrong != NULL) {
    problem(setup, name, JOIN(text_of("\""), found->text, text_of("\": "), text_of(wrong)));
    return by_default;
  }
  if (nanos >= least && nanos <= most) return nanos;
  out_of_range(setup, name, text_of_span(least), text_of_span(most), text_of_span(nanos));
  return by_default;
}

static bool is_known(const setup *setup, text name) {
  for (size_t at = 0; at < setup->known_count; at++) {
    if (text_equals(name, text_of(setup->known[at]))) return true;
  }
  return false;
}

// Every setting that there is, as in "one of `a`, `b`, `c`".
static text known_names(const setup *setup) {
  text names = text_of(setup->known_count > 2 ? "one of " : "");
  for (size_t at = 0; at < setup->known_count; at++) {
    const char *between = at == 0 ? "" : setup->known_count > 2 ? ", " : " or ";
    names = JOIN(names, text_of(between), text_of("`"), text_of(setup->known[at]), text_of("`"));
  }
  return names;
}

bool settings_are_right(setup *setup) {
  for (size_t at = 0; at < setup->set.count; at++) {
    text name = setup->set.entries[at].name;
    if (is_known(setup, name)) continue;
    text message =
        JOIN(text_of("unknown field `"), name, text_of("`, expected "), known_names(setup));
    note(setup, (exports_weir_monitor_guest_problem_t){name, message, {false, 0}});
  }
  text schema = JOIN(text_of("{\"type\":\"object\",\"additionalProperties\":false,"),
                     text_of("\"properties\":{"), setup->schema, text_of("}}"));
  exports_weir_monitor_guest_problem_t wrong;
  if (!weir_monitor_host_method_setup_schema(setup->host, &schema, &wrong)) note(setup, wrong);
  return setup->problems_count == 0;
}

// What the host is asked for.

void tick_every(setup *setup, uint64_t period) {
  exports_weir_monitor_guest_problem_t wrong;
  if (!weir_monitor_host_method_setup_tick_every(setup->host, period, &wrong)) note(setup, wrong);
}

static query declared(setup *setup, text question, uint64_t window, const char *of_setting) {
  weir_monitor_host_own_query_t query = {0};
  exports_weir_monitor_guest_problem_t wrong;
  if (!weir_monitor_host_method_setup_query(setup->host, &question, window, &query, &wrong)) {
    if (of_setting != NULL) {
      wrong.message = JOIN(text_of(of_setting), text_of(": "), wrong.message);
    }
    note(setup, wrong);
  }
  return weir_monitor_host_borrow_query(query);
}

query ask(setup *setup, const char *question, uint64_t window) {
  return declared(setup, text_of(question), window, NULL);
}

query ask_where(setup *setup, const char *setting, text condition, const char *question,
                uint64_t window) {
  bool is_empty = true;
  for (size_t at = 0; at < condition.len; at++) is_empty &= condition.ptr[at] <= ' ';
  text asked = is_empty ? text_of(question)
                        : JOIN(text_of("where "), condition, text_of(" | "), text_of(question));
  return declared(setup, asked, window, setting);
}

text block_text(const weir_monitor_types_text_block_t *block, size_t index) {
  if (index >= block->ends.len) abort();
  uint32_t start = index == 0 ? 0 : block->ends.ptr[index - 1];
  return (text){block->utf8.ptr + start, block->ends.ptr[index] - start};
}

answer answer_of(query query, size_t keys, size_t values) {
  answer answer = {.keys = keys, .values = values};
  weir_monitor_host_method_query_answer(query, &answer.table);
  answer.rows = answer.table.values.len / values;
  bool divides = answer.rows * values == answer.table.values.len;
  if (!divides || answer.rows * keys != answer.table.keys.ends.len) abort();
  return answer;
}

text answer_key(const answer *answer, size_t row, size_t key) {
  return block_text(&answer->table.keys, row * answer->keys + key);
}

double answer_value(const answer *answer, size_t row, size_t value) {
  if (row >= answer->rows || value >= answer->values) abort();
  return answer->table.values.ptr[row * answer->values + value];
}

alert alert_new(text key, text name) { return weir_monitor_host_constructor_alert(&key, &name); }

void alert_value(alert alert, double value, const char *unit) {
  text unit_text = text_of(unit);
  weir_monitor_host_method_alert_value(weir_monitor_host_borrow_alert(alert), value, &unit_text);
}

void alert_label(alert alert, const char *name, text value) {
  text name_text = text_of(name);
  weir_monitor_host_method_alert_label(weir_monitor_host_borrow_alert(alert), &name_text, &value);
}

void alert_raise(alert alert) {
  weir_monitor_host_method_alert_raise(weir_monitor_host_borrow_alert(alert));
  weir_monitor_host_alert_drop_own(alert);
}

// What the host calls.

bool exports_weir_monitor_guest_configure(exports_weir_monitor_guest_borrow_setup_t host,
                                          exports_weir_monitor_guest_list_problem_t *problems) {
  setup *setup = malloc(sizeof(*setup));
  memset(setup, 0, sizeof(*setup));
  setup->host = host;
  text settings;
  weir_monitor_host_method_setup_config(host, &settings);
  setup->set = json_entries(settings);
  configure(setup);
  weir_monitor_host_setup_drop_borrow(host);
  region_keep();
  *problems =
      (exports_weir_monitor_guest_list_problem_t){setup->problems, setup->problems_count};
  return setup->problems_count == 0;
}

void exports_weir_monitor_guest_on_batch(exports_weir_monitor_guest_columns_t *columns) {
  on_batch(columns);
  region_release();
}

void exports_weir_monitor_guest_on_tick(exports_weir_monitor_guest_instant_t now) {
  on_tick(now);
  region_release();
}
