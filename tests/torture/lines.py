"""The numbered lines of a torture: what the writer writes and what the checks expect.

A line's number alone decides its kind, so that nobody has to be told what was written beyond how
many lines there were.
"""

import re

VALID, REJECTED, TOO_LONG = range(3)

# One line in six is no log line and one in five thousand is over the longest that is read, at
# places that fall on both sides of every batch, block and rotation.
REJECTED_EVERY, REJECTED_AT = 6, 5
TOO_LONG_EVERY, TOO_LONG_AT = 5_003, 17
# Weir's default of `max_line_bytes`.
LINE_BYTES_MAX = 64 << 10
# By how much a line is longer than that, at most.
MORE_BYTES_MAX = 70_000

REJECTED_LINE = re.compile(r"torture (\d{12}) is no log line, and this is its end (\d{12})\Z")

ANY_NUMBER = re.compile(r"(?:torture 0*|.* \"GET /pages/)(\d+) ")


def kind(number):
    if number % TOO_LONG_EVERY == TOO_LONG_AT:
        return TOO_LONG
    return REJECTED if number % REJECTED_EVERY == REJECTED_AT else VALID


def text(number, stamp):
    """The line with its newline. A rejected line carries its number at both ends, so that one which
    was put together of two halves is seen."""
    match kind(number):
        case 0:
            return (
                f'192.0.2.{number % 250} - - [{stamp}] "GET /pages/{number} HTTP/1.1" 200 '
                f'{number} "-" "torture"\n'
            )
        case 1:
            return f"torture {number:012} is no log line, and this is its end {number:012}\n"
        case _:
            line_bytes = LINE_BYTES_MAX + 1 + number % MORE_BYTES_MAX
            return f"torture {number:012} is too long ".ljust(line_bytes, "x") + "\n"


def rejected_number(line):
    """The number of a rejected line; None where it is not one of ours, whole and alone."""
    found = REJECTED_LINE.match(line)
    return int(found[1]) if found and found[1] == found[2] else None


def any_number(line):
    """The number of a whole line of any kind."""
    return int(ANY_NUMBER.match(line)[1])


def count(kind_wanted, lines):
    """How many of the first `lines` numbers are of this kind."""
    too_long = len(range(TOO_LONG_AT, lines, TOO_LONG_EVERY))
    if kind_wanted == TOO_LONG:
        return too_long
    rejected = len(rejected_numbers(lines))
    return rejected if kind_wanted == REJECTED else lines - too_long - rejected


def rejected_numbers(lines):
    """The numbers among the first `lines` whose lines are rejected, in order."""
    every = range(REJECTED_AT, lines, REJECTED_EVERY)
    return [number for number in every if kind(number) == REJECTED]
