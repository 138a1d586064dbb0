"""The monitor silence in Python: an alert while there are no requests where there were some. It does
the same as the one in Rust, and the same tests hold both."""

import json

import weir
from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import host
from wit_world.imports.host import Alert
from wit_world.imports.types import Level, Severity


class Silence:
    """The same question over two windows."""

    def __init__(self, setup):
        settings = weir.Settings(setup)
        self.heard = settings.text(
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
        self.recent = weir.query_where(setup, "where", self.heard, "count", self.after)
        self.baseline = weir.query_where(setup, "where", self.heard, "count", baseline)
        # A silence that is longer than the baseline has no requests left to show that there were any,
        # so that it was silent is known from tick to tick, and kept for the next instance.
        self.is_silent = self.was_silent(setup)

    def on_tick(self):
        [recent] = weir.rows(self.recent.answer(), 0, 1)
        [baseline] = weir.rows(self.baseline.answer(), 0, 1)
        was_busy = baseline.values[0] >= self.requests_min
        was_silent = self.is_silent
        self.is_silent = recent.values[0] == 0 and (was_silent or was_busy)
        if self.is_silent != was_silent:
            self.keep()
        if self.is_silent:
            alert = Alert("silence", "Silence")
            alert.severity(Severity.CRITICAL)
            alert.value(self.after / weir.SECOND, "seconds without a request")
            alert.raise_()

    def was_silent(self, setup):
        """What the instance before this one knew, where it listened for the same. What cannot be read
        is of another version, and nothing is known."""
        try:
            known = json.loads(setup.kept() or b"{}")
            return known.get("heard") == self.heard and known.get("silent") is True
        except (ValueError, AttributeError):
            return False

    def keep(self):
        """Where keeping is not granted, the monitor does without: only the next instance knows less."""
        try:
            host.keep(json.dumps({"heard": self.heard, "silent": self.is_silent}).encode())
        except Err as error:
            host.log(Level.DEBUG, f"the silence is not kept: {error.value.message}")


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
