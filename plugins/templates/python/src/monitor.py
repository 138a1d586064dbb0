"""The monitor {{name}}: an alert for every section of the site where too many requests fail."""

import weir
from wit_world import exports
from wit_world.imports.host import Alert

# How many sections are looked at: as many alerts as somebody can look at. A section whose requests
# are not among the thousand most frequent has too few for a share of them to mean anything.
ERRORS = "where status >= 500 | by section | top 100 | count"
REQUESTS = "by section | top 1000 | count"


class Guest(exports.Guest):
    def configure(self, setup):
        settings = weir.Settings(setup)
        # The share of a section's requests that may fail, in percent.
        self.errors_pct_max = settings.number("errors_pct_max", 10, 0, 100)
        # How many requests a section must have for a share of them to mean something.
        self.requests_min = settings.whole("requests_min", 20, 1, 1_000_000_000)
        # How far back requests count.
        window = settings.span("window", weir.MINUTE, weir.SECOND, weir.DAY)
        settings.check()
        weir.tick_every(setup, weir.SECOND)
        self.errors = weir.query(setup, ERRORS, window)
        self.requests = weir.query(setup, REQUESTS, window)

    def on_batch(self, columns):
        """Never called: this monitor subscribes to no rows."""

    def on_tick(self, now):
        requests_of = {row.keys[0]: row.values[0] for row in weir.rows(self.requests.answer(), 1, 1)}
        for row in weir.rows(self.errors.answer(), 1, 1):
            [section], [errors] = row.keys, row.values
            requests = requests_of.get(section, 0.0)
            if is_too_much(errors, requests, self.errors_pct_max, self.requests_min):
                alert = Alert(section, f"Server errors in {section}")
                alert.value(100.0 * errors / requests, "% of the requests")
                alert.label("errors", f"{errors:.0f}")
                alert.label("requests", f"{requests:.0f}")
                alert.raise_()


def is_too_much(errors, requests, errors_pct_max, requests_min):
    return requests >= requests_min and 100.0 * errors / requests > errors_pct_max
