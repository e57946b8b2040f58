"""Judging handoffs that changed, are due or were last judged under other rules; some hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sync.core.model.flags import SlaState
from sync.core.model.handoff import Case, Judgement
from sync.core.model.records import RecordRef
from sync.core.reconcile.version import Directories, judge_in_force
from sync.core.rules.batch import arrivals_of
from sync.core.rules.edition import Editions
from sync.core.rules.repeated import OFTEN, comparable_texts
from sync.errors import BatonError, BugError, RunProblem, Shortfall, UnsafePlan
from sync.flow.aside import Aside
from sync.flow.case import Batch, load_batch, load_directories
from sync.flow.change import find_changes, save_changes
from sync.flow.context import Context, Mode
from sync.flow.pull import read_evidence
from sync.flow.report import Tally, place
from sync.flow.restraint import load_restraints
from sync.flow.seal import Seal, open_seal
from sync.flow.summary import summarise
from sync.flow.thin import begin_first_count, look_for_thin_evidence
from sync.store import agenda, arrivals, outbox, settlement, texts
from sync.store.backfills import Backfill, read_backfill
from sync.store.settlement import Settled
from sync.store.store import read_note, write_note

BATCH = 250
"""What more of them take up at once has to be walked through by the collector, and stays with the process."""
FAILURES_AT_MOST = 20
FAILURE_SHARE = 0.01
_NO_END = datetime.max.replace(tzinfo=UTC)
RETRY_CONFIRMATION = timedelta(minutes=5)
_RUNNING = frozenset(
    {
        SlaState.WAITING,
        SlaState.AT_RISK,
        SlaState.PAUSED,
        SlaState.UNVERIFIED,
        SlaState.BREACHED,
        SlaState.MET_LATE,
    }
)
"""What a call changes that is moved to its person or away; in HubSpot that moves no stamp, so it is looked for."""


_ACCUSING = frozenset({SlaState.BREACHED, SlaState.UNVERIFIED})
"""What is said of a clock only where enough contacts are on record."""


@dataclass(slots=True)
class _Judged:
    """Outcome of one batch before it is kept."""

    judgements: dict[str, Judgement] = field(default_factory=dict[str, Judgement])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """Handoff → type and place of the error; never a value."""
    unconfirmed: set[str] = field(default_factory=set[str])


def judge_dirty(
    context: Context, now: datetime, run: int | None = None, enough: Callable[[], bool] = lambda: False
) -> Tally:
    """Judge everything that needs it and keep findings, memory and intended writes. `enough`: the rest is left for the
    next time.

    Raises UnsafePlan, with nothing of the batch kept, when more than 20 judgements (or more than one and 1%) fail.
    """
    tally = Tally()
    _note_mode(context, now)
    first = begin_first_count(context)
    aside = Aside(counting=first is not None)
    if first is not None and not _judge_all(context, now, run, tally, enough, aside, first):
        return tally
    look_for_thin_evidence(context, now, aside)
    aside.counting = False
    _judge_all(context, now, run, tally, enough, aside)
    return tally


def _judge_all(
    context: Context, now: datetime, run: int | None, tally: Tally, enough: Callable[[], bool], aside: Aside,
    first: int | None = None,
) -> bool:  # fmt: skip
    """Whether that was all. `first`: what contacts are on record has never been counted under these rules, and is counted
    when all that was marked up to this number is judged; who would be accused is put aside until then."""
    directories: Directories | None = None
    while True:
        with context.store.read() as tx:
            ids = agenda.claim(tx, now, context.rules_hash, BATCH, first)
            if ids and directories is None:
                directories = load_directories(context, tx)
        if not ids or directories is None:
            return True
        if enough():
            return False
        _judge_or_part(context, ids, directories, now, run, tally, len(ids), aside)


def _judge_or_part(
    context: Context,
    ids: Sequence[str],
    directories: Directories,
    now: datetime,
    run: int | None,
    tally: Tally,
    of: int,
    aside: Aside,
) -> None:
    """Judge these handoffs, some `of` so many. When one of them breaks what is done around the judgement as well, it is looked for by halves
    and parked, so that it never stops the others, now or after the next start."""
    counted, told = dict(tally.counts), len(tally.problems)
    try:
        _judge_batch(context, ids, directories, now, run, tally, aside)
    except BatonError:
        raise
    except Exception as error:
        tally.counts = counted
        del tally.problems[told:]
        if len(ids) > 1:
            half = len(ids) // 2
            for some in (ids[:half], ids[half:]):
                _judge_or_part(context, some, directories, now, run, tally, of, aside)
            return
        failed = {ids[0]: place(error)}
        tally.add("judge_failed")
        _stop_when_too_many_fail(_Judged(failed=failed), tally, of)
        with context.store.write() as tx:
            settlement.park(tx, failed, context.rules_hash)
        tally.problems += [RunProblem(Shortfall.JUDGE_FAILED, i, where) for i, where in failed.items()]


def _note_mode(context: Context, now: datetime) -> None:
    """A change of mode judges everything again: what was only observed may be written now, and the other way round."""
    mode = context.mode.value
    if context.mode is Mode.PILOT:
        mode += f": {' '.join(sorted(context.pilot_owners))} / {' '.join(sorted(context.pilot_teams))}"
    with context.store.read() as tx:
        before = read_note(tx, "mode")
    if before == mode:
        return
    with context.store.write() as tx:
        write_note(tx, "mode", mode)
        if before is not None:
            outbox.supersede_unsent(tx, now)
            agenda.mark_all_dirty(tx)


def _judge_batch(
    context: Context, ids: Collection[str], directories: Directories, now: datetime, run: int | None, tally: Tally,
    aside: Aside,
) -> None:  # fmt: skip
    with context.store.read() as tx:
        batch = load_batch(tx, ids)
        known, backfill = load_restraints(tx, batch.records), read_backfill(tx)
    judged = _Judged()
    asked = {i for i, h in batch.stored.items() if aside.asks(i, h.dirty_seq, batch.cases[i].unenforced)}
    _judge_cases(
        context.editions, {i: case for i, case in batch.cases.items() if i not in asked}, directories, now, judged
    )
    batch = _join(context, batch, directories, now, judged)
    accused = _take_accused(judged) if aside.counting else dict[str, Judgement]()
    asking = _asking(judged, {*judged.judgements, *asked})
    if asking and backfill is not None and backfill.is_trusted:
        batch = _trust(context, batch, asking, backfill, directories, now, judged)
        asking = _asking(judged, asking)
    if asking:
        batch = _confirm(context, batch, asking, directories, now, judged, tally)
    tally.add("judged", len(judged.judgements))
    tally.add("judge_failed", len(judged.failed))
    _stop_when_too_many_fail(judged, tally)
    changes = find_changes(batch, judged.judgements, known)
    with context.store.write() as tx:
        marks = _mark_texts(open_seal(tx), batch, judged.judgements)
        mark = agenda.mark_dirty(tx, accused)
        settlement.settle(tx, [_settled(context, batch, i, judged, now) for i in ids if i not in accused])
        directory = directories[context.rules.definition.version]
        save_changes(tx, context, changes, batch, directory, known.undone, now, run, tally, backfill)
        agenda.mark_dirty(tx, texts.save(tx, batch.texts, marks, OFTEN))
    if accused:
        aside.keep(mark, accused, next(iter(batch.cases.values())).unenforced)
    tally.problems += [RunProblem(Shortfall.JUDGE_FAILED, i, where) for i, where in judged.failed.items()]


def _join(context: Context, batch: Batch, directories: Directories, now: datetime, judged: _Judged) -> Batch:
    """Keep how people came. Those of these handoffs that turn out to be of another batch are judged on it at once, others
    later."""
    clocks = context.rules.clocks
    arrived = {i: arrivals_of(batch.cases[i], judgement, clocks) for i, judgement in judged.judgements.items()}
    came = {i: own for i, own in arrived.items() if own or batch.arrived.get(i)}
    if all(arrivals.are_same(own, batch.arrived.get(i, {})) for i, own in came.items()):
        return batch
    with context.store.write() as tx:
        moved = arrivals.save(tx, batch.arrived, came)
        agenda.mark_dirty(tx, moved - batch.cases.keys())
        known = arrivals.read(tx, came)
    cases = {i: replace(batch.cases[i], batches=known.get(i, {})) for i in moved & batch.cases.keys()}
    _judge_cases(context.editions, cases, directories, now, judged)
    return replace(batch, cases={**batch.cases, **cases}, arrived=known)


def _take_accused(judged: _Judged) -> dict[str, Judgement]:
    """Those that would be accused: whether anybody may be is known when all are counted. Nothing of them is kept in the
    store now."""
    accused = {
        i: judgement
        for i, judgement in judged.judgements.items()
        if judgement.needs_confirmation or any(clock.state in _ACCUSING for clock in judgement.clocks)
    }
    for handoff in accused:
        del judged.judgements[handoff]
    return accused


def _asking(judged: _Judged, among: Collection[str]) -> set[str]:
    """Those whose evidence must be read again. Of whom there is no judgement that was known before."""
    found = judged.judgements
    return {i for i in among if i not in judged.failed and (i not in found or found[i].needs_confirmation)}


def _mark_texts(seal: Seal, batch: Batch, judgements: Mapping[str, Judgement]) -> dict[str, dict[str, str]]:
    """By handoff and item: by what its text can be recognised in other handoffs of the same owner."""
    return {
        handoff: {
            item: seal.mark("text", item, typed.owner, typed.text)
            for item, typed in comparable_texts(batch.cases[handoff], judgement).items()
        }
        for handoff, judgement in judgements.items()
    }


def _judge_cases(
    editions: Editions, cases: Mapping[str, Case], directories: Directories, now: datetime, judged: _Judged
) -> None:
    for handoff, case in cases.items():
        try:
            judged.judgements[handoff] = judge_in_force(case, editions, directories, now, whole=False)
        except BugError:
            raise
        except Exception as error:
            # One handoff that breaks the rules' code must not keep the others from being judged: it is parked,
            # reported, and counted against the limit above which everything stops.
            judged.judgements.pop(handoff, None)
            judged.failed[handoff] = place(error)


def _confirm(
    context: Context, batch: Batch, asking: Collection[str], directories: Directories, now: datetime, judged: _Judged,
    tally: Tally,
) -> Batch:  # fmt: skip
    """Read the evidence of handoffs that would be accused again, and judge those on what it says now."""
    subjects = {i: _subjects(batch.cases[i]) for i in asking}
    failed = read_evidence(context, {ref for refs in subjects.values() for ref in refs}, tally, signs=True)
    with context.store.read() as tx:
        reloaded = load_batch(tx, asking)
    cases: dict[str, Case] = {}
    for handoff, case in reloaded.cases.items():
        unread = {ref.connection for ref in subjects[handoff]} & set(failed)
        read = dict.fromkeys(sorted(context.connections.keys() - unread), now)
        memory = replace(case.memory, confirm_failed=True, read_at={**case.memory.read_at, **read})
        if not unread:
            memory = replace(case.memory, confirm_failed=False, confirmed_at=now, read_at={})
        cases[handoff] = replace(case, memory=memory)
        judged.unconfirmed |= {handoff} if unread else set()
    tally.add("confirmed", len(cases) - len(judged.unconfirmed))
    tally.add("unconfirmed", len(judged.unconfirmed))
    _judge_cases(context.editions, cases, directories, now, judged)
    # What changed in the evidence meanwhile is linked later; the marks judged now are those of the first loading.
    return replace(batch, cases={**batch.cases, **cases})


def _trust(
    context: Context, batch: Batch, asking: Collection[str], backfill: Backfill, directories: Directories, now: datetime,
    judged: _Judged,
) -> Batch:  # fmt: skip
    """All evidence was read whole by the backfill, after the deadlines of most: of these that is the second reading."""
    read_at = backfill.evidence_at
    cases = {
        i: replace(case, memory=replace(case.memory, confirm_failed=False, confirmed_at=read_at, read_at={}))
        for i in asking
        for case in (batch.cases[i],)
        if read_at is not None and (case.memory.confirmed_at is None or case.memory.confirmed_at < read_at)
    }
    _judge_cases(context.editions, cases, directories, now, judged)
    return replace(batch, cases={**batch.cases, **cases})


def _subjects(case: Case) -> set[RecordRef]:
    """People and deals whose activities are this handoff's evidence."""
    return {*case.membership.members, *case.membership.aliases}


def _stop_when_too_many_fail(judged: _Judged, tally: Tally, of: int = 0) -> None:
    failed = tally.counts.get("judge_failed", 0)
    seen = max(of, failed + tally.counts.get("judged", 0))
    if failed > FAILURES_AT_MOST or (failed > 1 and failed > FAILURE_SHARE * seen):
        places = ", ".join(sorted(set(judged.failed.values()))[:3])
        raise UnsafePlan(f"{failed} of {seen} handoffs could not be judged ({places}); nothing of this batch was kept")


def _settled(context: Context, batch: Batch, handoff: str, judged: _Judged, now: datetime) -> Settled:
    stored = batch.stored[handoff]
    rules_hash = context.rules_hash
    if handoff in judged.failed:
        return Settled(
            handoff, stored.dirty_seq, stored.memory, None, rules_hash, None, stored.in_scope, False, stored.summary,
            judged.failed[handoff],
        )  # fmt: skip
    judgement = judged.judgements[handoff]
    until = _runs_until(context, judgement, now)
    return Settled(
        id=handoff,
        seen=stored.dirty_seq,
        memory=judgement.memory,
        wake_at=_wake_at(judgement, now, until, handoff in judged.unconfirmed),
        rules_hash=rules_hash,
        status=judgement.status.value,
        in_scope=judgement.in_scope,
        running=until is not None,
        summary=summarise(judgement, context.mapping, stored.membership.anchor, stored.summary),
    )


def _runs_until(context: Context, judgement: Judgement, now: datetime) -> datetime | None:
    """How long contacts that come or go without a stamp matter to its clocks; None: not any more."""
    if not judgement.in_scope:
        return None
    if any(clock.state in _RUNNING for clock in judgement.published_clocks):
        return _NO_END
    patience = {clock.id: clock.confirm_after for clock in context.rules.clocks}
    met = (c for c in judgement.published_clocks if c.state is SlaState.MET and c.due is not None)
    # One whose contact goes away while there is time is waited for again, and nobody may be accused unread.
    return max((at for c in met if c.due is not None and (at := c.due + patience[c.id]) > now), default=None)


def _wake_at(judgement: Judgement, now: datetime, until: datetime | None, unconfirmed: bool) -> datetime | None:
    wake_at = judgement.wake_at
    if until is not None and until is not _NO_END:
        wake_at = min(wake_at or until, until)
    if wake_at is not None and wake_at <= now:
        wake_at = now + timedelta(minutes=1)
    if unconfirmed:
        wake_at = min(wake_at or now + RETRY_CONFIRMATION, now + RETRY_CONFIRMATION)
    return wake_at
