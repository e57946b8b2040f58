"""How often somebody tried to reach the person, and whether a lead was given up too early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sync.core.calendar import due
from sync.core.mapping.activity import Activity
from sync.core.mapping.normalise.tables import fold
from sync.core.model.handoff import AttemptFinding, Colleague
from sync.core.model.records import SourceRecord
from sync.core.rules.contact import Contact, has_connected
from sync.core.rules.evidence import Evidence

_TRIES = frozenset({"call", "email", "message"})
SAME_WITHIN = timedelta(minutes=5)
"""So far apart may two CRMs date one and the same activity."""


def judge_attempts(evidence: Evidence, started_at: datetime | None) -> AttemptFinding:
    """The attempts of the present round, and whether they were too few when the lead was closed as unresponsive.

    `started_at` is the start of the first published clock: a lead that is given up later than the policy's `within` after
    it was not given up early, however often it was tried.
    """
    count, policy = count_attempts(evidence), evidence.rules.attempts
    if policy is None:
        return AttemptFinding(count)
    given_up = _given_up_at(evidence, policy.unresponsive_statuses)
    early = False
    if given_up is not None and started_at is not None and count < policy.at_least:
        until = due(evidence.rules.is_clock.calendar, started_at, policy.within)
        early = until is not None and given_up <= until
    return AttemptFinding(count, policy.at_least, early)


def count_attempts(evidence: Evidence) -> int:
    """Calls, mails and messages of colleagues to the person, whatever came of them, until they were reached: by a call that
    connected or a meeting. What both CRMs hold counts once."""
    weighed = list(_genuine(evidence))
    if not weighed:
        return 0
    weighed.sort(key=lambda one: (one[0], one[1].ref))
    reached = next((at for at, activity, _ in weighed if _reaches(activity)), None)
    tries = (
        (at, activity, contact)
        for at, activity, contact in weighed
        if activity.type in _TRIES and activity.direction != "inbound" and (reached is None or at <= reached)
    )
    return len(once(tries))


def once(
    weighed: Iterable[tuple[datetime, Activity, Contact]],
) -> list[tuple[datetime, Activity, Contact]]:
    """Without what another CRM holds of an activity that is there already (in order of time): the same kind, the same
    colleague by e-mail or one of the two unknown, within five minutes."""
    kept: list[tuple[datetime, Activity, Contact]] = []
    taken: set[int] = set()
    for at, activity, contact in weighed:
        twin = next(
            (n for n in range(len(kept) - 1, -1, -1) if n not in taken and _is_twin(kept[n], (at, activity, contact))),
            None,
        )
        if twin is None:
            kept.append((at, activity, contact))
        else:
            taken.add(twin)
    return kept


def _is_twin(first: tuple[datetime, Activity, Contact], other: tuple[datetime, Activity, Contact]) -> bool:
    if other[0] - first[0] > SAME_WITHIN or first[1].type != other[1].type:
        return False
    return first[1].ref.connection != other[1].ref.connection and _same_person(first[2].actor, other[2].actor)


def _same_person(one: Colleague | None, other: Colleague | None) -> bool:
    if one is None or other is None:
        return True
    return one.ref == other.ref or bool(one.email and one.email == other.email)


def _genuine(evidence: Evidence) -> Iterator[tuple[datetime, Activity, Contact]]:
    for activity, contact in zip(evidence.activities, evidence.contacts, strict=True):
        if contact.counts and contact.at is not None and contact.at <= evidence.now:
            yield contact.at, activity, contact


def _reaches(activity: Activity) -> bool:
    return activity.type == "meeting" or (activity.type == "call" and has_connected(activity))


def _given_up_at(evidence: Evidence, statuses: frozenset[str]) -> datetime | None:
    """When the anchor Lead got its present status, if that says that nobody could be reached."""
    lead = evidence.anchor
    if not evidence.is_lead(lead) or _status(evidence, lead) not in {fold(each) for each in statuses}:
        return None
    changes = [c.at for c in evidence.changes if c.subject == lead.ref and c.field == "status" and c.at is not None]
    known = [at for at in changes if at <= evidence.now]
    stream = evidence.stream_of(lead)
    return max(known) if known else evidence.written_at(lead, stream.stage_field or "" if stream is not None else "")


def _status(evidence: Evidence, record: SourceRecord) -> str:
    stream = evidence.stream_of(record)
    value = record.values.get(stream.stage_field or "") if stream is not None else None
    return fold(value.strip()) if isinstance(value, str) else ""
