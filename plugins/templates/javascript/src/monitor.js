// The monitor {{name}}: an alert for every section of the site where too many requests fail.

import { Alert } from "weir:monitor/host@0.1.0";
import { DAY, MINUTE, SECOND, Settings, query, rows, tickEvery } from "./weir.js";

// How many sections are looked at: as many alerts as somebody can look at. A section whose requests
// are not among the thousand most frequent has too few for a share of them to mean anything.
const ERRORS = "where status >= 500 | by section | top 100 | count";
const REQUESTS = "by section | top 1000 | count";

let errorsPctMax, requestsMin, errors, requests;

export const guest = {
  configure(setup) {
    const settings = new Settings(setup);
    errorsPctMax = settings.number(
      "errors_pct_max",
      "The share of a section's requests that may fail, in percent.",
      10, 0, 100,
    );
    requestsMin = settings.whole(
      "requests_min",
      "How many requests a section must have for a share of them to mean something.",
      20, 1, 1_000_000_000,
    );
    const window = settings.span("window", "How far back requests count.", MINUTE, SECOND, DAY);
    settings.check();
    tickEvery(setup, SECOND);
    errors = query(setup, ERRORS, window);
    requests = query(setup, REQUESTS, window);
  },

  // Never called: this monitor subscribes to no rows.
  onBatch() {},

  onTick() {
    const requestsOf = new Map();
    for (const { keys: [section], values: [count] } of rows(requests.answer(), 1, 1)) {
      requestsOf.set(section, count);
    }
    for (const { keys: [section], values: [failed] } of rows(errors.answer(), 1, 1)) {
      const all = requestsOf.get(section) ?? 0;
      if (isTooMuch(failed, all)) {
        const alert = new Alert(section, `Server errors in ${section}`);
        alert.value((100 * failed) / all, "% of the requests");
        alert.label("errors", String(failed));
        alert.label("requests", String(all));
        alert.raise();
      }
    }
  },
};

function isTooMuch(failed, all) {
  return all >= requestsMin && (100 * failed) / all > errorsPctMax;
}
