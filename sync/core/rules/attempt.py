"""How often somebody tried to reach the person."""

from __future__ import annotations

from sync.core.rules.evidence import Evidence

_TRIES = frozenset({"call", "email", "message"})


def count_attempts(evidence: Evidence) -> int:
    """Calls, mails and messages of colleagues to the person in the present round, whatever came of them."""
    return sum(
        contact.counts and contact.at is not None and contact.at <= evidence.now
        for activity, contact in zip(evidence.activities, evidence.contacts, strict=True)
        if activity.type in _TRIES and activity.direction != "inbound"
    )
