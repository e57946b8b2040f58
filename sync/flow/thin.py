"""Once a day: are enough contacts on record to hold anybody to a deadline? Where they are not, nobody is accused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import Connection as Transaction

from sync.core.model.handoff import Case, Judgement
from sync.core.model.records import Kind
from sync.core.reconcile.version import Directories, judge_in_force
from sync.core.rules.definition import ThinPolicy
from sync.errors import BugError
from sync.flow.aside import Aside, Row, logged_of
from sync.flow.case import load_batch, load_directories
from sync.flow.context import Context
from sync.flow.unenforced import Count, Standing, read_count, write_count
from sync.store import agenda, summaries
from sync.store import streams as stream_store
from sync.store.store import next_number, read_note, write_note

_BATCH = 250
"""As many as are judged at once: with their records they are the most that is held."""
_FIRST = "first_count"
_FRESH = timedelta(hours=24)
"""A stream that was last read before that tells too little of who was contacted."""
_log = structlog.get_logger("baton.thin")

_Group = tuple[str, str]


def look_for_thin_evidence(context: Context, now: datetime, aside: Aside) -> None:
    """Count once per local day, and at once under new rules; handoffs of a team for which it changed are judged again.

    While a stream of activities has not been read to its end for a day, a count may stop a clock, and nothing of it is
    left once all is read: what was not read is no want of records.
    """
    policies = {clock.id: clock.thin for clock in context.rules.clocks if clock.thin is not None}
    if not policies:
        return
    today = now.astimezone(context.rules.is_clock.calendar.zone).date()
    with context.store.read() as tx:
        before = read_count(tx)
        as_before = before is not None and before.rules_hash == context.rules_hash
        of_today = as_before and before is not None and before.day == today
        if of_today and before is not None and before.before is None:
            return
        whole = _is_whole(context, tx, now)
        if of_today and not whole:
            return
        stopped: frozenset[_Group] = before.stopped if before is not None else frozenset()
        certain = before.before if before is not None and before.before is not None else stopped
        standings = _count(policies, _known(context, tx, now, aside), certain, certain | stopped, now)
        changed = [one for one in standings if one.stopped != ((one.clock, one.team) in stopped)]
        groups = {(one.clock, one.team) for one in changed}
        # Those that are pending are judged now in any case.
        settled = _kept(tx, now) if groups else ()
        touched = {handoff for handoff, clock, team, *_ in settled if (clock, team) in groups}
    with context.store.write() as tx:
        write_count(tx, Count(today, context.rules_hash, standings, None if whole else certain))
        agenda.mark_dirty(tx, sorted(touched))
    for one in changed:
        _log.warning(
            "thin_evidence", clock=one.clock, team=one.team, stopped=one.stopped, contacted=one.contacted,
            counted=one.counted, days=policies[one.clock].over.days,
            message=_TOLD[one.stopped],
        )  # fmt: skip


def begin_first_count(context: Context) -> int | None:
    """Where nothing was counted under these rules yet, the number up to which handoffs must have been judged for their
    summaries to be counted; None elsewhere.

    Who would be accused meanwhile is judged behind the count: once accused, it would stay so.
    """
    if all(clock.thin is None for clock in context.rules.clocks):
        return None
    with context.store.read() as tx:
        count, begun = read_count(tx), (read_note(tx, _FIRST) or "").split()
    if count is not None and count.rules_hash == context.rules_hash:
        return None
    if begun[:1] == [context.rules_hash]:
        return int(begun[1])
    with context.store.write() as tx:
        number = next_number(tx)
        write_note(tx, _FIRST, f"{context.rules_hash} {number}")
    return number


_TOLD = {
    True: "deadlines are not enforced: no activities are on record",
    False: "deadlines are enforced again",
}


def _count(
    policies: Mapping[str, ThinPolicy],
    rows: Iterable[Row],
    before: Collection[_Group],
    known: Iterable[_Group],
    now: datetime,
) -> tuple[Standing, ...]:
    found: dict[_Group, list[bool]] = {group: [] for group in known if group[0] in policies}
    for _, clock, team, start, settled_at, contacted in rows:
        policy = policies.get(clock)
        # What nobody has is nobody's want of records.
        if policy is not None and team and settled_at <= now and start >= now - policy.over:
            found.setdefault((clock, team), []).append(contacted)
    standings: list[Standing] = []
    for group, contacts in sorted(found.items()):
        contacted, counted = sum(contacts), len(contacts)
        stopped = policies[group[0]].stops(contacted, counted, stopped=group in before)
        standings.append(Standing(*group, contacted, counted, stopped))
    return tuple(standings)


def _is_whole(context: Context, tx: Transaction, now: datetime) -> bool:
    """Whether what is on record was read: an outage, or a first reading that takes its time, is no want of records."""
    standings = {(s.connection, s.stream): s for s in stream_store.read_standings(tx)}
    for key, stream in context.mapping.streams.items():
        if stream.kind is not Kind.ACTIVITY:
            continue
        standing = standings.get(key)
        if standing is None and key[0] in context.unreachable:
            return False  # it never was reached
        if standing is None or standing.switched_off is not None:
            continue
        if standing.last_success is None or standing.last_success < now - _FRESH:
            return False
    return True


def _known(context: Context, tx: Transaction, now: datetime, aside: Aside) -> Iterator[Row]:
    """As the latest judgements left it, and of what changed or came due since as it is now."""
    yield from _kept(tx, now)
    directories, pending = load_directories(context, tx), agenda.read_pending(tx, now)
    while marks := dict(islice(pending, _BATCH)):
        known = aside.known(marks)
        yield from (row for rows in known.values() for row in rows)
        yield from _judged(context, tx, now, marks.keys() - known.keys(), directories)


def _kept(tx: Transaction, now: datetime) -> Iterator[Row]:
    for handoff, summary in summaries.read_logged(tx, now):
        for clock, told in summary["clocks"].items():
            if "logged" in told:
                team, settled_at, contacted = told["logged"]
                start = datetime.fromisoformat(told["start"])
                yield handoff, clock, team, start, datetime.fromisoformat(settled_at), contacted


def _judged(
    context: Context, tx: Transaction, now: datetime, ids: Collection[str], directories: Directories
) -> Iterator[Row]:
    """As judgements would say it now; nothing of them is kept."""
    for case in load_batch(tx, ids).cases.values() if ids else ():
        judgement = _judge(context, case, directories, now)
        if judgement is not None:
            yield from logged_of(judgement)


def _judge(context: Context, case: Case, directories: Directories, now: datetime) -> Judgement | None:
    # On no record, so that no texts are composed which nobody would read.
    unseen = replace(case, shown_on=())
    try:
        return judge_in_force(unseen, context.editions, directories, now, whole=False)
    except BugError:
        raise
    except Exception:
        # The judgement that follows parks and reports it.
        return None
