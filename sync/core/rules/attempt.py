"""How often somebody tried to reach the person, and whether a lead was given up too early."""

from __future__ import annotations

from datetime import datetime

from sync.core.calendar import due
from sync.core.mapping.activity import Activity
from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.model.handoff import AttemptFinding
from sync.core.model.records import SourceRecord
from sync.core.rules.contact import has_connected
from sync.core.rules.evidence import Evidence
from sync.core.rules.twin import genuine_contacts, once

_TRIES = frozenset({"call", "email", "message"})


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
    weighed = genuine_contacts(evidence)
    if not weighed:
        return 0
    reached = next((at for at, activity, _ in weighed if _reaches(activity)), None)
    tries = (
        (at, activity, contact)
        for at, activity, contact in weighed
        if activity.type in _TRIES and activity.direction != "inbound" and (reached is None or at <= reached)
    )
    return len(once(tries))


def _reaches(activity: Activity) -> bool:
    return activity.type == "meeting" or (activity.type == "call" and has_connected(activity))


def _given_up_at(evidence: Evidence, statuses: frozenset[str]) -> datetime | None:
    """When the anchor Lead got its present status, if that says that nobody could be reached."""
    lead = evidence.anchor
    if not evidence.is_lead(lead) or _status(evidence, lead) not in fold_all(statuses):
        return None
    changes = [c.at for c in evidence.changes if c.subject == lead.ref and c.field == "status" and c.at is not None]
    known = [at for at in changes if at <= evidence.now]
    stream = evidence.stream_of(lead)
    return max(known) if known else evidence.written_at(lead, stream.stage_field or "" if stream is not None else "")


def _status(evidence: Evidence, record: SourceRecord) -> str:
    stream = evidence.stream_of(record)
    value = record.values.get(stream.stage_field or "") if stream is not None else None
    return fold(value.strip()) if isinstance(value, str) else ""
