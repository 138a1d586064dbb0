#!/usr/bin/env python3
"""Repeats a real access log with rising timestamps, for measuring.

usage: inflate.py SOURCE[.gz] LINES LINES_PER_SECOND > OUT

Every line keeps its own bytes but for the bracketed timestamp, which rises from
2025-01-01T00:00:00Z by one second every LINES_PER_SECOND lines.
"""

import datetime
import gzip
import re
import sys

START = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
STAMP = re.compile(rb"\[[^\]]+\]")


def main() -> int:
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 64
    source, lines, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    opener = gzip.open if source.endswith(".gz") else open
    with opener(source, "rb") as log:
        halves = [STAMP.split(line, maxsplit=1) for line in log.read().splitlines()]
    halves = [half for half in halves if len(half) == 2]
    if not halves:
        print(f"inflate.py: {source} has no line with a [timestamp]", file=sys.stderr)
        return 65
    for second, first in enumerate(range(0, lines, rate)):
        stamp = (START + datetime.timedelta(seconds=second)).strftime("[%d/%b/%Y:%H:%M:%S +0000]")
        middle = stamp.encode()
        for line in range(first, min(first + rate, lines)):
            before, after = halves[line % len(halves)]
            sys.stdout.buffer.write(before + middle + after + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
