"""What must hold when a torture is over, held against what is on the disk."""

import gzip
import json

import lines
import styles

# How many differences a failure shows.
SHOWN_MAX = 10


class Findings:
    """What is wrong, and the figures of the table."""

    def __init__(self):
        self.wrong = []
        self.missing = self.twice = self.lost_events = 0
        self.lost_by_logrotate = 0

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)

    def none_of(self, numbers, what):
        if numbers:
            shown = ", ".join(spans(numbers)[:SHOWN_MAX])
            self.wrong.append(f"{len(numbers)} rejected lines {what}: {shown}")


def check(scenario):
    found = Findings()
    wanted = lines.rejected_numbers(scenario.written["lines"])
    kept = kept_numbers(scenario.folder, found)
    once = set(kept)
    missing = [number for number in wanted if number not in once]
    found.twice = len(kept) - len(once)
    if found.twice:
        seen = set()
        again = [number for number in kept if number in seen or seen.add(number)]
        found.none_of(sorted(set(again)), "are kept twice")
    found.none_of(sorted(once.difference(wanted)), "are kept and were never written")
    found.expect(kept == sorted(kept) or found.twice, "the rejected lines are not in order")

    account = scenario.weir.account()
    found.expect(account is not None, "weir published no account at its end")
    if account is not None:
        if scenario.style.loses:
            check_lossy(found, scenario, account, wanted, missing, len(kept))
        else:
            check_exact(found, scenario, account, missing)
        check_sum(found, account)
    check_events(found, scenario)
    return found


def check_sum(found, account):
    parts = sum(account[part] for part in ("parsed", "rejected", "too_long", "late", "future"))
    found.expect(account["read"] == parts, f"the books do not add up: {account}")


def check_exact(found, scenario, account, missing):
    """Where nothing can be lost nothing is: every line was counted once, as what it is."""
    found.missing = len(missing)
    found.none_of(missing, "are missing")
    written = scenario.written["lines"]
    wanted = {
        "read": written,
        "parsed": lines.count(lines.VALID, written),
        "rejected": lines.count(lines.REJECTED, written),
        "too_long": lines.count(lines.TOO_LONG, written),
        "partial": 0,
        "lost": 0,
        "lost_bytes": 0,
    }
    for name, number in wanted.items():
        found.expect(
            account[name] == number,
            f"`{name}` is {account[name]} and must be {number} ({account[name] - number:+})",
        )
    found.expect(not lost_events(scenario), f"events of type lost: {lost_events(scenario)}")


def check_lossy(found, scenario, account, wanted, missing, kept):
    """Where logrotate loses lines, they are known for certain: they are in none of its copies and
    not in the log. Weir may have read them before they were truncated away; nothing else may be
    missing, and no more may be called lost than it did not read."""
    surviving = surviving_numbers(scenario.folder)
    found.lost_by_logrotate = len(wanted) - len(surviving)
    avoidable = sorted(surviving.intersection(missing))
    found.missing = len(avoidable)
    found.none_of(avoidable, "are missing though a file has them")
    found.expect(account["rejected"] == kept, f"{kept} are kept of {account['rejected']} rejected")
    written = scenario.written
    found.expect(
        account["read"] + account["lost"] <= written["lines"],
        f"{account['read']} lines are read and {account['lost']} lost of {written['lines']}",
    )
    found.expect(
        account["lost_bytes"] <= written["bytes"], f"{account['lost_bytes']} bytes are lost"
    )
    # A whole line at least is known of every line that is called lost.
    found.expect(account["lost_bytes"] >= account["lost"], f"the loss has no bytes: {account}")


def check_events(found, scenario):
    found.lost_events = len(lost_events(scenario))
    if scenario.style.kept < styles.KEPT:
        # Windows cannot be filled again from files that were thrown away.
        return
    alerts = [(run, event) for run, event in scenario.weir.events() if event["type"] == "alert"]
    over = [event for _, event in alerts if event["state"] != "firing"]
    found.expect(not over, f"an alert recovered though traffic never ended: {over[:SHOWN_MAX]}")
    began_firing = scenario.weir.began_firing
    again = [run for run, _ in alerts if began_firing is not None and run >= began_firing]
    found.expect(not again, f"an alert that a checkpoint had as firing fired again in {again}")


def lost_events(scenario):
    return [event for _, event in scenario.weir.events() if event["type"] == "lost"]


def kept_numbers(folder, found):
    """The numbers of the rejects file, in its order."""
    numbers = []
    path = folder / "rejects"
    if not path.exists():
        found.wrong.append("there is no file of rejected lines")
        return numbers
    with open(path, "rb") as rejects:
        for place, entry in enumerate(rejects, 1):
            try:
                line = json.loads(entry)["line"]
            except (ValueError, KeyError):
                found.wrong.append(f"rejects:{place} is no entry: {entry[:200]!r}")
                continue
            number = lines.rejected_number(line)
            if number is None:
                found.wrong.append(f"rejects:{place} was never written so: {line[:200]!r}")
            else:
                numbers.append(number)
    return numbers


def surviving_numbers(folder):
    """The rejected lines that stand whole in the log or in a copy of it."""
    numbers = set()
    for path in folder.glob("access.log*"):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="ascii", errors="replace") as log:
            for line in log:
                number = lines.rejected_number(line[:-1]) if line.endswith("\n") else None
                if number is not None:
                    numbers.add(number)
    return numbers


def spans(numbers):
    """`5-11 (2)` for 5 and 11: stretches of rejected lines that follow on each other."""
    found = []
    for number in numbers:
        if found and number - found[-1][1] <= 2 * lines.REJECTED_EVERY:
            found[-1][1:] = [number, found[-1][2] + 1]
        else:
            found.append([number, number, 1])
    return [f"{first}-{last} ({count})" for first, last, count in found]
