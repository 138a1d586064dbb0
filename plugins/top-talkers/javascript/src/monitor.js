// The monitor top-talkers in JavaScript: at the end of every interval a report of the busiest
// clients, and an alert for each whose share of the requests is too large. It does the same as the
// one in Rust, and the same tests hold both.

import { Alert, Report } from "weir:monitor/host@0.1.0";
import { DAY, MINUTE, SECOND, Settings, queryWhere, rows, tickEvery } from "./weir.js";

// What is asked of the whole traffic, and of the clients: as many as can have more than a share of
// 1 % each, which is the smallest that can be set.
const TRAFFIC = "count, distinct(client)";
const BUSIEST = "by client | top 100 | count";

let clientsNamed, shareMax, requestsMin, traffic, busiest;

export const guest = {
  configure(setup) {
    const settings = new Settings(setup);
    const counted = settings.text("where", "Which requests count; all of them by default.", "");
    const interval = settings.span(
      "interval",
      "How often to report, and what stretch of the log each report covers.",
      MINUTE, SECOND, DAY,
    );
    clientsNamed = settings.whole("clients", "How many clients a report names.", 10, 1, 50);
    shareMax = settings.number(
      "share_max",
      "The share of the requests that one client may have, in percent.",
      25, 1, 100,
    );
    requestsMin = settings.whole(
      "requests_min",
      "How many requests an interval must have for a share of them to mean something.",
      1_000, 1, 1_000_000_000,
    );
    settings.check();
    tickEvery(setup, interval);
    traffic = queryWhere(setup, "where", counted, TRAFFIC, interval);
    busiest = queryWhere(setup, "where", counted, BUSIEST, interval);
  },

  // Never called: this monitor subscribes to no rows.
  onBatch() {},

  onTick() {
    const ofTraffic = traffic.answer();
    const ofClients = busiest.answer();
    const [requests, clients] = rows(ofTraffic, 0, 2)[0]?.values ?? [0, 0];
    // An interval without requests has nothing to tell of anybody.
    if (requests === 0) return;
    const talkers = rows(ofClients, 1, 1).map(({ keys: [client], values: [ofClient] }) => ({
      client,
      requests: ofClient,
      sharePct: (100 * ofClient) / requests,
    }));
    const isExact = ofTraffic.exact && ofClients.exact;
    report(requests, clients, isExact, talkers.slice(0, clientsNamed));
    for (const talker of talkers) {
      if (requests >= requestsMin && talker.sharePct > shareMax) raise(talker);
    }
  },
};

// The measures are numbered and not named after the clients, so that what reads them need not know
// any client.
function report(requests, clients, isExact, talkers) {
  const report = new Report("Top Talkers");
  report.count("requests", BigInt(requests));
  report.count("clients", BigInt(clients));
  report.text("exact", isExact ? "yes" : "no");
  talkers.forEach((talker, index) => {
    const rank = index + 1;
    report.text(`client_${rank}`, talker.client);
    report.count(`client_${rank}_requests`, BigInt(talker.requests));
    report.number(`client_${rank}_pct`, talker.sharePct, "");
  });
  report.emit();
}

function raise({ client, requests, sharePct }) {
  const alert = new Alert(client, `Too much traffic from ${client}`);
  alert.value(sharePct, "% of the requests");
  alert.label("requests", String(requests));
  alert.raise();
}
