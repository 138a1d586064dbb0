// The monitor {{name}}: an alert for every section of the site where too many requests fail.

#include "weir.h"

// How many sections are looked at: as many alerts as somebody can look at. A section whose requests
// are not among the thousand most frequent has too few for a share of them to mean anything.
#define ERRORS "where status >= 500 | by section | top 100 | count"
#define REQUESTS "by section | top 1000 | count"

static double errors_pct_max, requests_min;
static query errors, requests;

void configure(setup *setup) {
  errors_pct_max = setting_number(
      setup, "errors_pct_max", "The share of a section's requests that may fail, in percent.",
      10, 0, 100);
  requests_min = (double)setting_whole(
      setup, "requests_min",
      "How many requests a section must have for a share of them to mean something.",
      20, 1, 1000000000);
  uint64_t window = setting_span(
      setup, "window", "How far back requests count.", MINUTE, SECOND, DAY);
  if (!settings_are_right(setup)) return;
  tick_every(setup, SECOND);
  errors = ask(setup, ERRORS, window);
  requests = ask(setup, REQUESTS, window);
}

// Never called: this monitor subscribes to no rows.
void on_batch(const weir_monitor_types_columns_t *columns) { (void)columns; }

static double requests_of(const answer *all, text section) {
  for (size_t row = 0; row < all->rows; row++) {
    if (text_equals(answer_key(all, row, 0), section)) return answer_value(all, row, 0);
  }
  return 0;
}

static bool is_too_much(double failed, double all) {
  return all >= requests_min && 100 * failed / all > errors_pct_max;
}

void on_tick(int64_t now) {
  (void)now;
  answer of_errors = answer_of(errors, 1, 1), of_requests = answer_of(requests, 1, 1);
  for (size_t row = 0; row < of_errors.rows; row++) {
    text section = answer_key(&of_errors, row, 0);
    double failed = answer_value(&of_errors, row, 0), all = requests_of(&of_requests, section);
    if (!is_too_much(failed, all)) continue;
    alert alert = alert_new(section, JOIN(text_of("Server errors in "), section));
    alert_value(alert, 100 * failed / all, "% of the requests");
    alert_label(alert, "errors", text_of_whole((uint64_t)failed));
    alert_label(alert, "requests", text_of_whole((uint64_t)all));
    alert_raise(alert);
  }
}
