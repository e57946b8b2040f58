"""Rounds: whether an inquiry opens a new cycle on the same anchor (再パス)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.model.fixed import changed
from sync.core.model.handoff import Case, Membership, Memory
from sync.core.rules.contact import happened_at, is_of_people
from sync.core.rules.evidence import Evidence, created_at

RETURNED = "returned"


def in_round(case: Case) -> Case:
    """The case in the round that is remembered: a cycle later for each, open since the latest."""
    return changed(case, membership=count_rounds(case.membership, case.memory)) if case.memory.rounds else case


def count_rounds(membership: Membership, memory: Memory) -> Membership:
    """The membership of the present round."""
    rounds = memory.rounds
    if not rounds:
        return membership
    opened = max(membership.opened_at, rounds[-1]) if membership.opened_at is not None else rounds[-1]
    return changed(membership, cycle=membership.cycle + len(rounds), opened_at=opened)


def open_rounds(memory: Memory, opened: tuple[datetime, ...]) -> Memory:
    """What is left to remember once later rounds opened: nothing of what the earlier ones were blamed or frozen for."""
    confirmed = memory.confirmed_at
    return changed(
        memory,
        rounds=(*memory.rounds, *opened),
        frozen_at=None,
        missing_at_pass=None,
        states_at_pass=None,
        frozen_definition=None,
        breached_at={},
        held={},
        # A reading of the evidence that came after the opening is one of this round.
        confirmed_at=confirmed if confirmed is not None and confirmed >= opened[-1] else None,
        confirm_failed=False,
        answered_at={},
        read_at={connection: at for connection, at in memory.read_at.items() if at >= opened[-1]},
    )


def find_rounds(evidence: Evidence, inquiries: Iterable[datetime]) -> tuple[datetime, ...]:
    """When rounds opened that are not remembered yet, the earliest first.

    `inquiries` are those known, future ones included. An inquiry opens a round when at that time the Lead was closed,
    FS had returned the handoff, or nothing had happened for long.
    """
    come = {at for at in inquiries if at <= evidence.now}
    latest = _latest_opening(evidence) if come else None
    if latest is None:
        return ()
    known = sorted(at for at in come if latest < at)
    opened: list[datetime] = []
    for at in known:
        if _opens(evidence, at, latest, known):
            opened.append(at)
            latest = at
    return tuple(opened)


def _latest_opening(evidence: Evidence) -> datetime | None:
    opened, made = evidence.case.membership.opened_at, created_at(evidence.anchor)
    return max(opened, made) if opened is not None and made is not None else opened or made


def _opens(evidence: Evidence, at: datetime, latest: datetime, inquiries: Iterable[datetime]) -> bool:
    if evidence.is_deal:
        return _is_returned(evidence, at, latest)
    if evidence.is_lead(evidence.anchor) and (_is_closed(evidence, at, latest) or _is_returned(evidence, at, latest)):
        return True
    since = at - timedelta(days=evidence.rules.definition.silent_days)
    if latest > since:
        return False
    return not any(since < each < at for each in (*inquiries, *_signs_of_life(evidence)))


def _is_closed(evidence: Evidence, at: datetime, latest: datetime) -> bool:
    """Whether the Lead had been closed in the round before: its latest change of status then says so."""
    changes = [
        (change.at, change.new or "")
        for change in evidence.changes
        if change.field == "status" and change.subject == evidence.anchor.ref
        and change.at is not None and latest <= change.at < at
    ]  # fmt: skip
    closed = fold_all(evidence.rules.definition.scope.closed_lead_statuses)
    return bool(changes) and fold(max(changes)[1].strip()) in closed


def _is_returned(evidence: Evidence, at: datetime, latest: datetime) -> bool:
    """Whether FS had returned it in the round before: by the changes of the answer, else by when it was written."""
    stream = evidence.stream
    field = stream.inputs.get("fs_decision") if stream is not None else None
    if field is None:
        return False
    changes = evidence.changes_of(evidence.anchor, field)
    if changes:
        before = [change for change in changes if change.at is not None and latest <= change.at < at]
        return bool(before) and evidence.answer("fs_decision", before[-1].new) == RETURNED
    raw = evidence.anchor.values.get(field)
    return (
        latest <= evidence.written_at(evidence.anchor, field) < at and evidence.answer("fs_decision", raw) == RETURNED
    )


def _signs_of_life(evidence: Evidence) -> Iterator[datetime]:
    """When anything took place or a meeting was booked, by whomever."""
    directory, rules, now = evidence.directory, evidence.rules, evidence.now
    for activity in evidence.activities:
        if (at := happened_at(activity, directory, rules, now)) is not None:
            yield at
        if activity.type == "meeting" and is_of_people(activity, directory, rules) and activity.booked_at is not None:
            yield activity.booked_at
