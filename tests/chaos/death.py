"""`kill -9` wherever Baton stands, and two Batons started by mistake: real processes on the run's own store."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from tests.chaos.bed import Bed
from tests.chaos.nursery import CRASHED, REFUSED
from tests.chaos.wire import Trap

_CYCLES = 2
_PATIENCE_S = 20.0


def _die(bed: Bed, name: str, kill: Callable[[Bed], int]) -> None:
    """Let a process of its own run some cycles and die in the midst."""
    bed.engine.stop()
    bed.wire.begin_cycle()
    status = kill(bed)
    bed.wire.trap = None
    if status == -signal.SIGKILL:
        bed.strike(name)
    elif status != 0:
        bed.losses.append(f"a Baton of its own ended with {status}: {_last_words(bed)}")
    bed.judges.look_later()


def _last_words(bed: Bed) -> str:
    notes = sorted(bed.folder.glob("crash-*.txt"))
    return notes[-1].read_text(encoding="utf-8").strip().splitlines()[-1] if notes else ""


def _bear(bed: Bed, do: str = "cycles", **more: object) -> int:
    wish = {"do": do, "folder": str(bed.folder), "overrides": bed.engine.overrides}
    return bed.nursery.bear(**wish, cycles=_CYCLES, sweep=bed.random.random() < 0.4, **more)


def _at_request(applied: bool) -> Callable[[Bed], int]:
    def kill(bed: Bed) -> int:
        writes = bed.random.random() < 0.5
        after = 0 if writes else bed.random.choice((0, 2, 5, 9, 14, 20)) + bed.random.randrange(6)
        bed.wire.trap = trap = Trap(after, applied, writes)
        trap.pid = _bear(bed)
        return bed.nursery.wait(trap.pid)

    return kill


def _at_statement(bed: Bed) -> int:
    return bed.nursery.wait(_bear(bed, statements=int(bed.random.triangular(0, 260, 60))))


def _at_any_instant(bed: Bed) -> int:
    pid = _bear(bed)
    time.sleep(bed.random.random() * 0.5)
    os.kill(pid, signal.SIGKILL)
    return bed.nursery.wait(pid)


def _two_daemons(bed: Bed) -> None:
    """The second one refuses; the first one is killed."""
    bed.engine.stop()
    first = _bear(bed, "serve")
    end, before = time.monotonic() + _PATIENCE_S, bed.wire.requests
    while bed.wire.requests == before and time.monotonic() < end:
        time.sleep(0.005)
    second = bed.nursery.wait(_bear(bed, bed.random.choice(("serve", "cycles"))))
    time.sleep(bed.random.random() * 0.4)
    os.kill(first, signal.SIGKILL)
    bed.nursery.wait(first)
    if second != REFUSED:
        bed.losses.append(
            f"a second daemon was not refused (exit {second}{': ' + _last_words(bed) if second == CRASHED else ''})"
        )
    bed.strike("two daemons")
    bed.judges.look_later()


def _killing(name: str, kill: Callable[[Bed], int]) -> Callable[[Bed], None]:
    return lambda bed: _die(bed, name, kill)


DEATHS: dict[str, Callable[[Bed], None]] = {
    "killed before a request": _killing("killed before a request", _at_request(False)),
    "killed before an answer": _killing("killed before an answer", _at_request(True)),
    "killed at a statement": _killing("killed at a statement", _at_statement),
    "killed at any instant": _killing("killed at any instant", _at_any_instant),
    "two daemons": _two_daemons,
}
