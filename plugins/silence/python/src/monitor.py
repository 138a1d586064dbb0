"""The monitor silence in Python: an alert while there are no requests where there were some. It does
the same as the one in Rust, and the same tests hold both."""

import weir
from wit_world import exports
from wit_world.imports.host import Alert
from wit_world.imports.types import Severity


class Silence:
    """The same question over two windows."""

    def __init__(self, setup):
        settings = weir.Settings(setup)
        heard = settings.text(
            "where", "Which requests are listened for, such as those that are no health checks.", ""
        )
        self.after = settings.span(
            "after", "How long there must be none.", 5 * weir.MINUTE, weir.SECOND, weir.DAY
        )
        baseline = settings.span(
            "baseline",
            "How far back there must have been some: longer than `after`.",
            weir.HOUR, weir.SECOND, weir.DAY,
        )
        self.requests_min = settings.whole(
            "requests_min",
            "How many there must have been within the baseline.",
            60, 1, 1_000_000_000,
        )
        if baseline <= self.after:
            after, found = weir.show_span(self.after), weir.show_span(baseline)
            settings.problem("baseline", f"must be longer than `after` ({after}), not {found}")
        settings.check()
        weir.tick_every(setup, weir.SECOND)
        self.recent = weir.query_where(setup, "where", heard, "count", self.after)
        self.baseline = weir.query_where(setup, "where", heard, "count", baseline)
        # A silence that lasts outlives the baseline, which by then has no requests to show any more.
        self.is_silent = False

    def on_tick(self):
        [recent] = weir.rows(self.recent.answer(), 0, 1)
        [baseline] = weir.rows(self.baseline.answer(), 0, 1)
        was_busy = baseline.values[0] >= self.requests_min
        self.is_silent = recent.values[0] == 0 and (self.is_silent or was_busy)
        if self.is_silent:
            alert = Alert("silence", "Silence")
            alert.severity(Severity.CRITICAL)
            alert.value(self.after / weir.SECOND, "seconds without a request")
            alert.raise_()


# Of `Guest` there is a new object at every call, so what is to last is here.
monitor = None


class Guest(exports.Guest):
    def configure(self, setup):
        global monitor
        monitor = Silence(setup)

    def on_batch(self, columns):
        """Never called: this monitor subscribes to no rows."""

    def on_tick(self, now):
        monitor.on_tick()
