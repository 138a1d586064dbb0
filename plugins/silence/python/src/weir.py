"""Settings, questions and answers for a monitor in Python: a thin layer over wit/monitor.wit."""

import json
from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.imports.types import Problem

MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR}


def show_span(nanos):
    """A span of time in the largest unit that needs no fraction: 90s, 2h."""
    for unit, size in reversed(_UNITS.items()):
        if nanos and nanos % size == 0:
            return f"{nanos // size}{unit}"
    return f"{nanos / MILLISECOND:g}ms" if nanos else "0s"


def parse_span(text):
    """Nanoseconds of a text such as 250ms, 90s or 1.5h; raises ValueError for any other."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number):]
    whole, point, fraction = number.partition(".")
    if not whole.isascii() or not whole.isdigit() or (point and not fraction.isdigit()):
        raise ValueError("expected a number and a unit, such as 90s, 1.5h or 250ms")
    if not unit:
        raise ValueError("write the unit behind the number: ms, s, m or h")
    if unit not in _UNITS:
        raise ValueError("the unit must be ms, s, m or h")
    # Without a detour through binary fractions.
    nanos, rest = divmod(int(whole + fraction) * _UNITS[unit], 10 ** len(fraction))
    if rest:
        raise ValueError("must be whole nanoseconds")
    return nanos


class Settings:
    """The monitor's settings. Each is asked for by its name, with what it is, its default and its
    range; then `check` tells everything that is wrong at once, and names what nobody asked for.
    From the same the host gets the settings' JSON Schema, for whoever inspects the monitor."""

    def __init__(self, setup):
        self._setup = setup
        self._values = json.loads(setup.config())
        self._known = {}
        self.problems = []

    def text(self, name, about, default):
        """A text."""
        self._know(name, about, {"type": "string"}, default)
        return self._value(name, default, str, "a string")

    def number(self, name, about, default, least, most):
        """A number from `least` to `most`, both included."""
        kind = {"type": "number", "minimum": least, "maximum": most}
        self._know(name, about, kind, default)
        value = self._value(name, default, (int, float), "f64")
        return self._in_range(name, value, default, least, most, _show_number)

    def whole(self, name, about, default, least, most):
        """A whole number from `least` to `most`, both included."""
        kind = {"type": "integer", "minimum": least, "maximum": most}
        self._know(name, about, kind, default)
        value = self._value(name, default, int, "u64")
        if value < 0:
            self.problem(name, f"invalid value: {_kind(value)}, expected u64")
            return default
        return self._in_range(name, value, default, least, most, _show_number)

    def span(self, name, about, default, least, most):
        """A duration with its unit, as in "90s", from `least` to `most`, in nanoseconds."""
        kind = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"}
        bounds = {"x-minimum": show_span(least), "x-maximum": show_span(most)}
        self._know(name, about, kind | bounds, show_span(default))
        expected = 'a duration with its unit, such as "90s", "2m" or "250ms"'
        text = self._value(name, show_span(default), str, expected)
        try:
            nanos = parse_span(text)
        except ValueError as error:
            self.problem(name, f"{json.dumps(text)}: {error}")
            return default
        return self._in_range(name, nanos, default, least, most, show_span)

    def problem(self, name, message):
        """Notes a mistake."""
        self.problems.append(Problem(name, message, None))

    def check(self):
        """Refuses the settings where anything is wrong with them."""
        names = [f"`{name}`" for name in self._known]
        one_of = "one of " if len(names) > 2 else ""
        known = (", " if one_of else " or ").join(names)
        for name in self._values.keys() - self._known.keys():
            self.problem(name, f"unknown field `{name}`, expected {one_of}{known}")
        if self.problems:
            raise Err(self.problems)
        schema = {"type": "object", "additionalProperties": False, "properties": self._known}
        try:
            self._setup.schema(json.dumps(schema, separators=(",", ":"), ensure_ascii=False))
        except Err as error:
            raise Err([error.value])

    def _know(self, name, about, kind, default):
        self._known[name] = {"description": about} | kind | {"default": default}

    def _value(self, name, default, kinds, expected):
        value = self._values.get(name, default)
        # A bool is an int to Python, but not to whoever writes settings.
        if not isinstance(value, kinds) or isinstance(value, bool):
            self.problem(name, f"invalid type: {_kind(value)}, expected {expected}")
            return default
        return value

    def _in_range(self, name, value, default, least, most, show):
        if least <= value <= most:
            return value
        self.problem(name, f"must be between {show(least)} and {show(most)}, not {show(value)}")
        return default


def _show_number(value):
    return str(int(value)) if value == int(value) else repr(value)


def _kind(value):
    match value:
        case bool():
            return f"boolean `{json.dumps(value)}`"
        case int():
            return f"integer `{value}`"
        case float():
            return f"floating point `{value}`"
        case str():
            return f"string {json.dumps(value)}"
        case list():
            return "sequence"
        case dict():
            return "map"
    return "null"


def tick_every(setup, period):
    """Asks for `on_tick` at every multiple of `period`, in nanoseconds, since the epoch."""
    try:
        setup.tick_every(period)
    except Err as error:
        raise Err([error.value])


def query(setup, question, window):
    """Declares a question over a window in nanoseconds."""
    try:
        return setup.query(question, window)
    except Err as error:
        raise Err([error.value])


def query_where(setup, setting, condition, question, window):
    """Declares a question of the lines that satisfy a condition from the settings; `setting` is its
    name there, and an empty one holds for every line."""
    if condition.strip():
        question = f"where {condition} | {question}"
    try:
        return setup.query(question, window)
    except Err as error:
        found = error.value
        raise Err([Problem(found.path, f"{setting}: {found.message}", found.offset)])


@dataclass
class Row:
    """A row of an answer: a text for each field behind `by`, a number for each aggregate."""

    keys: list
    values: list


def rows(table, keys, values):
    """The rows of a question's answer, which has so many keys and values a row."""
    count = len(table.values) // values
    if count * values != len(table.values) or count * keys != len(table.keys.ends):
        raise AssertionError(f"the answer has no rows of {keys} keys and {values} values")
    texts = split(table.keys)
    return [
        Row(texts[row * keys:][:keys], table.values[row * values:][:values])
        for row in range(count)
    ]


def split(block):
    """The texts of a block."""
    starts = [0, *block.ends]
    return [block.utf8[start:end].decode() for start, end in zip(starts, block.ends)]
