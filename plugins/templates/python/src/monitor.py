"""The monitor {{name}}: an alert for every section of the site where too many requests fail."""

import weir
from wit_world import exports
from wit_world.imports.host import Alert

# How many sections are looked at: as many alerts as somebody can look at. A section whose requests
# are not among the thousand most frequent has too few for a share of them to mean anything.
ERRORS = "where status >= 500 | by section | top 100 | count"
REQUESTS = "by section | top 1000 | count"


class ErrorShare:
    """Failures and requests by section, over the same window."""

    def __init__(self, setup):
        settings = weir.Settings(setup)
        self.errors_pct_max = settings.number(
            "errors_pct_max",
            "The share of a section's requests that may fail, in percent.",
            10, 0, 100,
        )
        self.requests_min = settings.whole(
            "requests_min",
            "How many requests a section must have for a share of them to mean something.",
            20, 1, 1_000_000_000,
        )
        window = settings.span(
            "window", "How far back requests count.", weir.MINUTE, weir.SECOND, weir.DAY
        )
        settings.check()
        weir.tick_every(setup, weir.SECOND)
        self.errors = weir.query(setup, ERRORS, window)
        self.requests = weir.query(setup, REQUESTS, window)

    def on_tick(self):
        requests_of = {row.keys[0]: row.values[0] for row in weir.rows(self.requests.answer(), 1, 1)}
        for row in weir.rows(self.errors.answer(), 1, 1):
            [section], [errors] = row.keys, row.values
            requests = requests_of.get(section, 0.0)
            if self.is_too_much(errors, requests):
                alert = Alert(section, f"Server errors in {section}")
                alert.value(100.0 * errors / requests, "% of the requests")
                alert.label("errors", f"{errors:.0f}")
                alert.label("requests", f"{requests:.0f}")
                alert.raise_()

    def is_too_much(self, errors, requests):
        return requests >= self.requests_min and 100.0 * errors / requests > self.errors_pct_max


# Of `Guest` there is a new object at every call, so what is to last is here.
monitor = None


class Guest(exports.Guest):
    def configure(self, setup):
        global monitor
        monitor = ErrorShare(setup)

    def on_batch(self, columns):
        """Never called: this monitor subscribes to no rows."""

    def on_tick(self, now):
        monitor.on_tick()
