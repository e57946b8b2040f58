"""A backfill: everything read the cheapest way, linked and judged in batches, and written in small steps that a person
has seen the first of.

It stands in the store (`sync/store/backfills.py`): every page is kept together with where to go on, every batch is judged
in its own transaction, what is to be written is held in the outbox. Killed anywhere, it goes on from there. A daemon beside
it gets its turn between slices of some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.budget import Purpose, calling_for
from sync.flow.backfill_reading import read_everything, read_on
from sync.flow.backfill_run import Pacing, Run, Step, Watcher, in_slices, setting_aside
from sync.flow.backfill_writing import write
from sync.flow.context import Context
from sync.flow.cycle import close, start, work
from sync.flow.judge import judge_dirty
from sync.flow.link import link_dirty
from sync.flow.report import CycleReport, Tally
from sync.store import agenda, approval, dirty_records, ledger, outbox
from sync.store.backfills import Backfill, Phase
from sync.store.lock import take_turn


@dataclass(frozen=True, slots=True)
class Result:
    """How it stands now."""

    backfill: Backfill
    reports: Sequence[CycleReport]
    """Of the backfill itself, and of the incremental pass behind it."""
    written: int
    """Records that this call wrote."""
    left: Mapping[tuple[str, str], int]
    """Records that are still to be written, by connection and stream."""
    observed: int
    """Changes that were left alone, because nothing happened to their handoffs in the span."""
    shown: Sequence[str] = ()
    """Some of the records that were written first."""

    @property
    def is_done(self) -> bool:
        return self.backfill.phase is Phase.DONE and not any(report.partial for report in self.reports)


@setting_aside()
def run_backfill(
    context: Context,
    backfill: Backfill,
    pacing: Pacing,
    watch: Watcher = lambda _progress: None,
    *,
    go_on: bool = False,
) -> Result:
    """Go on from where it stands to where a person is asked to look (`go_on`: who has looked), or to the end.

    The context must be prepared. Raises AuthError for none of its connections: what is refused is left out and told.
    """
    with take_turn(context.store):
        run = Run(start(context, "backfill"), backfill, pacing, watch)
    if go_on and backfill.phase is Phase.LOOKING:
        run.save(replace(backfill, phase=Phase.WRITING, looked=True))
    finished = read_everything(run) if run.backfill.phase is Phase.READING else True
    if finished:
        read_on(run)
        _judge_everything(run)
    written, shown = (0, list[str]()) if not finished else write(run)
    with take_turn(context.store):
        reports = [close(run.cycle)]
    if run.backfill.phase is Phase.DONE:
        reports.append(_pass_again(run))
    with take_turn(context.store), context.store.read() as tx:
        left, states = approval.count_backfill(tx), ledger.count_by_state(tx)
    observed = sum(n for (_, state), n in states.items() if state is outbox.State.OBSERVED)
    return Result(run.backfill, reports, written, left, observed, shown)


def _judge_everything(run: Run) -> None:
    in_slices(run, Step.LINK, "link", _count_dirty, lambda now, enough: link_dirty(run.context, now, enough))
    in_slices(run, Step.JUDGE, "judge", _count_pending, lambda now, enough: _judge(run, now, enough))
    # Evidence that was read again may belong to other handoffs as well.
    in_slices(run, Step.LINK, "link", _count_dirty, lambda now, enough: link_dirty(run.context, now, enough))
    in_slices(run, Step.JUDGE, "judge", _count_pending, lambda now, enough: _judge(run, now, enough))


def _judge(run: Run, now: datetime, enough: Callable[[], bool]) -> Tally:
    with calling_for(Purpose.RECONCILE):
        return judge_dirty(run.context, now, run.cycle.run_id, enough)


def _count_dirty(run: Run) -> int:
    with run.context.store.read() as tx:
        return dirty_records.count(tx)


def _count_pending(run: Run) -> int:
    with run.context.store.read() as tx:
        return agenda.count_pending(tx, run.cycle.now, run.context.rules_hash)


def _pass_again(run: Run) -> CycleReport:
    """The incremental pass at the end: what changed meanwhile, by the gate and at the pace of every day."""
    with take_turn(run.context.store):
        run.cycle = start(run.context, "once")
    read_on(run)
    with take_turn(run.context.store):
        work(run.cycle)
        return close(run.cycle)
