"""The server whose log is tortured: appends numbered lines in blocks of every size.

usage: writer.py LOG --rate N --seed N [--whole-lines]

Writes until SIGTERM, then says `{"lines": N, "bytes": N}`. Like a server it keeps its log open
over a rotation: SIGUSR1 makes it open LOG again, some time later, and leave the file `reopened`
beside it. SIGUSR2 makes it pause, with the file `paused` beside LOG for as long, and go on.
Both happen between two lines, while a block may well end within one, unless told otherwise.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import sys
import time

import lines

# Block sizes are spread evenly over the orders of magnitude.
BLOCK_LINES_MAX = 3_000
# How long a server takes to open its log again, and between the halves of a line, in seconds.
REOPEN_SECONDS_MAX = 0.3
HALF_SECONDS_MAX = 0.02
# One block in so many ends within a line.
HALF_EVERY = 8


class Writer:
    def __init__(self, options):
        self.log = pathlib.Path(options.log)
        self.random = random.Random(options.seed)
        self.rate, self.whole_lines = options.rate, options.whole_lines
        self.lines = self.bytes = 0
        self.reopen_at = None
        self.pausing = self.stopping = False
        signal.signal(signal.SIGUSR1, self.told_to_reopen)
        signal.signal(signal.SIGUSR2, lambda *_: setattr(self, "pausing", not self.pausing))
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopping", True))
        # Nobody sends a signal before the log is there.
        self.open()
        self.begun = time.monotonic()

    def open(self):
        self.file = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def told_to_reopen(self, *_):
        self.reopen_at = time.monotonic() + self.random.uniform(0, REOPEN_SECONDS_MAX)

    def run(self):
        while not self.stopping:
            self.between_lines()
            self.write_block()
            ahead = self.begun + self.lines / self.rate - time.monotonic()
            if ahead > 0:
                time.sleep(min(ahead, 0.1))
            else:
                # What was not written in time is not made up for later.
                self.begun -= ahead
        print(json.dumps({"lines": self.lines, "bytes": self.bytes}))

    def between_lines(self):
        if self.reopen_at is not None and time.monotonic() >= self.reopen_at:
            self.reopen_at = None
            os.close(self.file)
            self.open()
            self.log.with_name("reopened").touch()
        if self.pausing:
            paused = self.log.with_name("paused")
            paused.touch()
            while self.pausing and not self.stopping:
                time.sleep(0.001)
            paused.unlink()

    def write_block(self):
        count = int(BLOCK_LINES_MAX ** self.random.random())
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
        numbers = range(self.lines, self.lines + count)
        block = "".join([lines.text(number, stamp) for number in numbers]).encode()
        cut = 0
        if not self.whole_lines and self.random.randrange(HALF_EVERY) == 0:
            cut = self.random.randrange(len(block))
            self.write(block[:cut])
            time.sleep(self.random.uniform(0, HALF_SECONDS_MAX))
        self.write(block[cut:])
        self.lines += count

    def write(self, block):
        # One call for a whole block, and one more only where the disk did not take all of it.
        while block:
            written = os.write(self.file, block)
            self.bytes += written
            block = block[written:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--whole-lines", action="store_true")
    Writer(parser.parse_args()).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
