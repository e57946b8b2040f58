"""The second half of a backfill: the first records and a stop for a look, then so many a minute."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sync.budget import Purpose, calling_for
from sync.flow.backfill_request import count_held
from sync.flow.backfill_run import Run, Step, find_pause, sleep_until
from sync.flow.connect import read_clock
from sync.flow.context import Mode
from sync.flow.deliver import deliver
from sync.flow.spending import keep_count
from sync.store import approval
from sync.store.backfills import Phase, write_backfill
from sync.store.lock import take_turn

_MINUTE = 60.0


def write(run: Run) -> tuple[int, list[str]]:
    """The first records and a stop; after the look the rest, so many a minute. Returns how many records, and some of the
    first."""
    if run.context.mode is Mode.OBSERVE:
        run.save(replace(run.backfill, phase=Phase.DONE))
        return 0, []
    if not run.backfill.looked and run.backfill.phase is not Phase.LOOKING:
        total = _held(run)
        written = _release(run, run.pacing.first, Phase.LOOKING)
        run.tell(Step.WRITE, written, total)
        _end_written(run)
        return written, _shown(run) if written else []
    if run.backfill.phase is Phase.LOOKING:
        written = _release(run, 0)  # what a run that was killed let go, and did not send
        _end_written(run)
        return written, _shown(run)
    return _write_rest(run), []


def _end_written(run: Run) -> None:
    """In a turn: whoever judges beside us must not hold anything for a backfill that is over."""
    with take_turn(run.context.store):
        if not _held(run):
            run.save(replace(run.backfill, phase=Phase.DONE))


def _write_rest(run: Run) -> int:
    clock, total, written, started = run.pacing.clock, _held(run), 0, run.pacing.clock()
    while left := _held(run):
        begun = clock()
        done = _release(run, run.pacing.writes_per_minute)
        written += done
        run.tell(Step.WRITE, written, total, written / max(clock() - started, 0.001))
        if (pause := find_pause(run, _waiting(run))) is not None:
            sleep_until(run, *pause)
        elif not done and _held(run) >= left:
            break
        elif _held(run):
            run.pacing.sleep(max(_MINUTE - (clock() - begun), 0.0))
    _end_written(run)
    return written


def _held(run: Run) -> int:
    return count_held(run.context)


def _waiting(run: Run) -> dict[str, int]:
    """By connection what is held, or was let go and could not be sent."""
    with run.context.store.read() as tx:
        found = Counter(approval.count_let_go(tx))
        for (name, _), n in approval.count_backfill(tx).items():
            found[name] += n
    return dict(found)


def _release(run: Run, limit: int, phase: Phase | None = None) -> int:
    """Let so many records go, of every connection its share, and send them. What was let go before and could not be sent
    counts: behind an outage there is no flood. `phase`: kept together with them."""
    with take_turn(run.context.store):
        run.cycle.now = max(run.cycle.now, read_clock(run.context))
        with run.context.store.write() as tx:
            held, stuck = Counter[str](), approval.count_let_go(tx)
            for (name, _), n in approval.count_backfill(tx).items():
                held[name] += n if name in run.context.connections else 0
            left = max(limit - sum(n for name, n in stuck.items() if name in run.context.connections), 0)
            names = sorted(+held, key=lambda one: held[one])
            for number, name in enumerate(names):
                left -= approval.release_backfill(tx, name, left // (len(names) - number))
            if phase is not None:
                run.backfill = replace(run.backfill, phase=phase)
                write_backfill(tx, run.backfill)
        with calling_for(Purpose.RECONCILE):
            tally = deliver(run.context, run.cycle.now, run.cycle.run_id)
        run.join("deliver", tally)
        with run.context.store.write() as tx:
            keep_count(tx, run.cycle.spenders)
    return tally.counts.get("delivered", 0)


def _shown(run: Run) -> list[str]:
    with run.context.store.read() as tx:
        return [str(ref) for ref in approval.read_let_go(tx, run.backfill.begun_at, 10)]
