"""One torture: a writer, one style of rotation, and a Weir that is killed again and again."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import lines

HERE = pathlib.Path(__file__).resolve().parent
# How long anything that is waited for may take, in seconds, on a slow machine.
PATIENCE = 60
# How long nothing happens, and how long Weir is dead after a kill, in seconds.
PAUSE_MAX, DEATH_MAX = 0.5, 0.4
# How long Weir lives, in seconds: at times too short to get anything done, at times through a few
# checkpoints, which come every second.
LIVES = [(0.0, 0.3), (0.3, 3.0)]
# How many rotations may follow on each other while Weir is dead.
ROTATIONS_MAX = 3


class Failed(Exception):
    """What did not go as it has to."""


def wait_until(what, holds, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"waited {patience} s in vain until {what}")
        time.sleep(0.01)


class Weir:
    """A Weir and those that take its place after a kill."""

    def __init__(self, program, folder, inotify):
        self.folder, self.log = folder, folder / "access.log"
        self.started = self.kills = 0
        config = folder / "weir.toml"
        config.write_text(
            f"[tail]\ninotify = {'true' if inotify else 'false'}\n"
            '[rejects]\nbytes_max = "64GiB"\n'
            f'[plugins]\ncache_dir = "{folder.parent / "cache"}"\n'
        )
        self.command = [
            program, "run", "--output", "json", "--config", config, "--logfile", self.log,
            "--from", "start", "--state-dir", folder / "state", "--rejects", folder / "rejects",
        ]  # fmt: skip
        self.child = None
        # The first that began with a firing alert in the checkpoint; none after it may fire anew.
        self.began_firing = None

    def start(self):
        self.started += 1
        monitors = (self.checkpoint() or {"monitors": []})["monitors"]
        if self.began_firing is None and any(monitor["alerts"] for monitor in monitors):
            self.began_firing = self.started
        with (
            open(self.folder / f"events.{self.started}", "wb") as out,
            open(self.folder / f"diagnostics.{self.started}", "wb") as err,
        ):
            environment = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_")}
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment
            )

    def kill(self):
        self.signal(signal.SIGKILL)
        self.child.wait()
        self.kills += 1

    def checkpoint(self):
        """What a restart would go on from: the line behind the checkpoint's first."""
        path = self.folder / "state" / "checkpoint"
        return json.loads(path.read_bytes().split(b"\n", 1)[1]) if path.exists() else None

    def signal(self, number):
        self.expect_alive()
        self.child.send_signal(number)

    def tell(self, number):
        """A signal that Weir handles, once it does: before that it would end the process."""

        def handled():
            self.expect_alive()
            status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
            caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
            return int(caught.split()[1], 16) >> (number - 1) & 1

        wait_until(f"signal {number} is handled", handled)
        self.signal(number)

    def expect_alive(self):
        if self.child.poll() is not None:
            said = (self.folder / f"diagnostics.{self.started}").read_text(errors="replace")
            raise Failed(f"weir ended by itself with {self.child.returncode}: {said[-2000:]}")

    def events(self, start=1):
        """What they said, with the number of the one that said it. A killed one may end within a
        line."""
        for run in range(start, self.started + 1):
            for line in (self.folder / f"events.{run}").read_bytes().splitlines():
                try:
                    yield run, json.loads(line)
                except ValueError as error:
                    if run == self.started:
                        raise Failed(f"events.{run} has a line that is no JSON: {line!r}") from error

    def account(self):
        """The books as this one published them last; None before it did."""
        accounts = [e for _, e in self.events(self.started) if e["type"] == "account"]
        return accounts[-1] if accounts else None


class Scenario:
    def __init__(self, style, inotify, seed, options):
        self.style, self.inotify = style, inotify
        self.seconds, self.rate = options.seconds, options.rate
        self.name = f"{style.name}-{'inotify' if inotify else 'polling'}"
        # The name is part of the seed, or all styles would have the same kills.
        self.random = random.Random(f"{seed} {self.name}")
        self.folder = options.work / self.name
        self.folder.mkdir(mode=0o700)
        self.log = self.folder / "access.log"
        self.weir = Weir(options.weir, self.folder, inotify)
        self.rotations = 0
        self.rotated_at = 0.0
        self.written = self.writer = None

    def run(self):
        """Tortures, and leaves Weir ended in order and everything it said in the folder."""
        try:
            self.begin()
            deadline = time.monotonic() + self.seconds
            while time.monotonic() < deadline:
                time.sleep(self.random.uniform(0, PAUSE_MAX))
                if time.monotonic() > self.kill_at:
                    self.kill()
                else:
                    self.random.choice([self.rotate, self.rotate, self.ask])()
            self.finish()
        finally:
            for child in (self.weir.child, self.writer):
                if child is not None and child.poll() is None:
                    child.kill()
                    child.wait()

    def begin(self):
        (self.folder / "logrotate.conf").write_text(self.style.configuration(self.log))
        command = [sys.executable, HERE / "writer.py", self.log, "--rate", str(self.rate)]
        command += ["--seed", str(self.random.randrange(1 << 32))]
        # What is truncated away between two halves of a line is a loss that no reader can undo.
        command += ["--whole-lines"] if self.style.loses else []
        self.writer = subprocess.Popen(command, stdout=subprocess.PIPE)
        (self.folder / "writer.pid").write_text(f"{self.writer.pid}\n")
        wait_until("the writer has begun", self.log.exists)
        self.weir.start()
        # Before the first checkpoint is on the disk a start is the first one, kill or not.
        wait_until("there is a checkpoint", lambda: self.weir.checkpoint() is not None)
        self.kill_at = time.monotonic() + self.life()

    def life(self):
        return self.random.uniform(*self.random.choice(LIVES))

    def kill(self):
        """Kills Weir, at times rotates the log more than once before somebody looks, and starts
        another."""
        self.weir.kill()
        for _ in range(self.random.choice([0, 0, 1, 2, ROTATIONS_MAX])):
            self.rotate()
            time.sleep(self.random.uniform(0, DEATH_MAX))
        time.sleep(self.random.uniform(0, DEATH_MAX))
        self.weir.start()
        self.kill_at = time.monotonic() + self.life()

    def rotate(self):
        # Two rotations without the writer's opening its log in between would throw lines away.
        self.wait_for_reopening()
        if not self.may_delete():
            return
        time.sleep(max(0.0, self.rotated_at + self.style.seconds_between - time.monotonic()))
        reopened = self.folder / "reopened"
        reopened.unlink(missing_ok=True)
        done = subprocess.run(
            ["logrotate", "--force", "--state", "logrotate.state", "logrotate.conf"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or done.stderr:
            raise Failed(f"logrotate failed with {done.returncode}: {done.stderr}")
        self.rotated_at = time.monotonic()
        self.rotations += 1
        if self.style.reopens and self.random.random() < 0.5:
            # What happens next happens while the writer still writes to the rotated file.
            return
        self.wait_for_reopening()

    def may_delete(self):
        """Whether the checkpoint is past the file that logrotate would throw away. A disk that keeps
        less than Weir is behind loses lines whatever reads them."""
        oldest = self.folder / f"access.log.{self.style.kept}"
        if not oldest.exists():
            return True
        with open(oldest, "rb") as file:
            file.seek(-min(oldest.stat().st_size, 2 * (lines.LINE_BYTES_MAX + lines.MORE_BYTES_MAX)), os.SEEK_END)
            numbers = [lines.any_number(line) for line in file.read().decode().splitlines()[1:]]
        sources = self.weir.checkpoint()["sources"]
        return bool(sources) and sources[0]["account"]["read"] > max(numbers, default=0)

    def wait_for_reopening(self):
        if self.style.reopens and self.rotations:
            wait_until("the writer has reopened its log", (self.folder / "reopened").exists)

    def ask(self):
        """What an administrator does to a service that runs."""
        self.weir.tell(self.random.choice([signal.SIGUSR1, signal.SIGHUP]))

    def finish(self):
        self.wait_for_reopening()
        self.writer.terminate()
        said, _ = self.writer.communicate(timeout=PATIENCE)
        self.written = json.loads(said)
        self.wait_for_quiet()
        self.weir.tell(signal.SIGTERM)
        try:
            code = self.weir.child.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"weir did not end within {PATIENCE} s of SIGTERM") from error
        if code != 0:
            raise Failed(f"weir ended with {code} after SIGTERM")

    def wait_for_quiet(self):
        """Asks for the books until they are the same twice and Weir is not behind. What is missing
        then is missing for good. A slow Weir has the time that it takes as long as it gets on."""
        before, patience_ends = None, 0.0
        while True:
            self.weir.tell(signal.SIGUSR1)
            time.sleep(0.5)
            account = self.weir.account() or {"read": 0, "lag_bytes": 0}
            now = (account["read"], account["lag_bytes"], self.rejects_bytes())
            if now != before:
                before, patience_ends = now, time.monotonic() + PATIENCE
            elif account["read"] > 0 and account["lag_bytes"] == 0:
                return
            elif time.monotonic() > patience_ends:
                raise Failed(f"Weir did not get on for {PATIENCE} s, its books: {account}")

    def rejects_bytes(self):
        path = self.folder / "rejects"
        return path.stat().st_size if path.exists() else 0
