// The monitor brute-force in C: an alert for every client whose requests are refused too often, as
// when somebody tries passwords. It does the same as the one in Rust, and the same tests hold both.

#include "weir.h"

// What is asked of the failures. A hundred clients are what somebody can look at, and as many
// alerts fit into what a monitor may say at a tick.
#define WORST_CLIENTS "by client | top 100 | count, distinct(user)"

static double failures_max;
static query worst;

void configure(setup *setup) {
  text failed = setting_text(
      setup, "where", "Which requests are failures.", "status in (401, 403)");
  failures_max = (double)setting_whole(
      setup, "failures_max", "How many failures of one client within the window are still normal.",
      20, 1, 1000000);
  uint64_t window = setting_span(
      setup, "window", "How far back failures count.", 5 * MINUTE, SECOND, DAY);
  if (!settings_are_right(setup)) return;
  tick_every(setup, SECOND);
  worst = ask_where(setup, "where", failed, WORST_CLIENTS, window);
}

// Never called: this monitor subscribes to no rows.
void on_batch(const weir_monitor_types_columns_t *columns) { (void)columns; }

static void raise(text client, double failures, double users) {
  alert alert = alert_new(client, JOIN(text_of("Brute force by "), client));
  alert_value(alert, failures, "failures");
  // How many user names it tried, where the log has them. One is a guess at a password, many are
  // one password tried on everybody.
  if (users > 0) alert_label(alert, "users", text_of_whole((uint64_t)users));
  alert_raise(alert);
}

void on_tick(int64_t now) {
  (void)now;
  answer answer = answer_of(worst, 1, 2);
  for (size_t row = 0; row < answer.rows; row++) {
    double failures = answer_value(&answer, row, 0);
    if (failures > failures_max) {
      raise(answer_key(&answer, row, 0), failures, answer_value(&answer, row, 1));
    }
  }
}
