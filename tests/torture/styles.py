"""The ways to rotate a log, as logrotate's own configuration has them."""

import dataclasses

# Rotated files that are kept where a style says nothing else: all of them.
KEPT = 100_000

# Waits, for ten seconds at most, until the writer has left (or taken away) a file beside the log.
_WAIT = 'n=0; while [ {0} ] && [ $n -lt 1000 ]; do sleep 0.01; n=$((n + 1)); done'
_TELL = "kill -{signal} $(cat writer.pid)"


@dataclasses.dataclass(frozen=True)
class Style:
    name: str
    directives: tuple
    # How many rotated files logrotate keeps.
    kept: int = KEPT
    # What the scripts do, in a shell in the log's folder.
    before: str = ""
    after: str = ""
    # Whether the writer is told to open its log again, as all do but those of copytruncate.
    reopens: bool = True
    # Whether logrotate itself loses what is written between its copy and its truncation.
    loses: bool = False
    # Names with a date have seconds at best.
    seconds_between: float = 0.0

    def configuration(self, log):
        """What logrotate is to read."""
        scripts = ""
        for place, script in (("prerotate", self.before), ("postrotate", self.after)):
            if script:
                scripts += f"    {place}\n        cd '{log.parent}'\n        {script}\n    endscript\n"
        directives = (*self.directives, f"rotate {self.kept}")
        directives = "".join(f"    {directive}\n" for directive in directives)
        return f"{log} {{\n{directives}{scripts}}}\n"


_REOPEN = _TELL.format(signal="USR1")
# What is compressed at once must no longer be written to, or logrotate throws lines away.
_REOPEN_AND_WAIT = f"{_REOPEN}; {_WAIT.format('! -e reopened')}"
_PAUSE = f"{_TELL.format(signal='USR2')}; {_WAIT.format('! -e paused')}"
_GO_ON = f"{_TELL.format(signal='USR2')}; {_WAIT.format('-e paused')}"

STYLES = [
    # The only one that deletes: rotated files that are gone were read, and are not called lost.
    Style("create", ("create",), kept=5, after=_REOPEN),
    Style("nocreate", ("nocreate",), after=_REOPEN),
    Style("delaycompress", ("create", "compress", "delaycompress"), after=_REOPEN),
    Style("compress", ("create", "compress"), after=_REOPEN_AND_WAIT),
    Style(
        "dateext",
        ("create", "dateext", "dateformat -%Y%m%d-%s"),
        after=_REOPEN,
        seconds_between=1.1,
    ),
    Style("copytruncate", ("copytruncate",), before=_PAUSE, after=_GO_ON, reopens=False),
    Style(
        "copytruncate-compress",
        ("copytruncate", "compress"),
        before=_PAUSE,
        after=_GO_ON,
        reopens=False,
    ),
    Style("copytruncate-unpaused", ("copytruncate",), reopens=False, loses=True),
]
