"""Signs of a contact that Baton may not read, or cannot tie to the handoff: traces of it in what it does read.

A sign accuses nobody and praises nobody: when the contact was exactly, whose it was and whether it was one, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync.core.mapping.activity import Activity, read_instant
from sync.core.model.handoff import Sign
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.contact import is_native_copy
from sync.core.rules.definition import ClockPolicy, StopKind
from sync.core.rules.evidence import Evidence
from sync.core.rules.twin import SAME_WITHIN

_COPIED = frozenset({"call", "email"})


def find_sign(evidence: Evidence, policy: ClockPolicy, since: datetime) -> Sign | None:
    """The earliest one from `since` to now."""
    if policy.stop is StopKind.DECIDED:
        return None
    unread = _unread(evidence, policy)
    found = list(_copies(evidence, unread)) if evidence.rules.definition.native_sync_users else []
    if unread:
        found += [*_stamps(evidence, unread), *_remembered(evidence, policy, unread)]
    return min((sign for sign in found if since <= sign.at <= evidence.now), default=None)


def _unread(evidence: Evidence, policy: ClockPolicy) -> frozenset[str]:
    """Connections of which the clock rests on a stream of activities that nobody lets us read."""
    if not evidence.case.unread:
        return frozenset()
    streams = evidence.mapping.streams
    off = [one for one in evidence.case.unread if one in streams and streams[one].kind is Kind.ACTIVITY]
    return frozenset(one[0] for one in off if not policy.evidence or one in policy.evidence)


def _stamps(evidence: Evidence, unread: frozenset[str]) -> Iterator[Sign]:
    """When the CRM says that people were last contacted, unless what can be read explains it."""
    for person in evidence.members:
        stamp = contacted_at(person)
        if stamp is not None and person.ref.connection in unread and not _is_explained(evidence, person.ref, stamp):
            # One ahead tells of a meeting to come, which was agreed by now.
            yield Sign(min(stamp, evidence.now), person.ref)


def _remembered(evidence: Evidence, policy: ClockPolicy, unread: frozenset[str]) -> Iterator[Sign]:
    """The stamp tells of the latest contact alone: what it told before stays, unless the stamp itself went back."""
    sign = evidence.case.memory.signs.get(policy.id)
    if sign is None or sign.ref.connection not in unread or _is_explained(evidence, sign.ref, sign.at):
        return
    if sign.ref in evidence.case.membership.aliases:
        yield sign
        return
    person = evidence.case.records.get(sign.ref)
    stamp = contacted_at(person) if person is not None and not person.deleted else None
    if stamp is not None and stamp >= sign.at:
        yield sign


def _copies(evidence: Evidence, unread: frozenset[str]) -> Iterator[Sign]:
    """Done calls and mails that the native sync copied from the other side, where nobody can say whether their original
    counts: it may be among what cannot be read, or hang on a person who is not joined to the handoff."""
    for copy in evidence.activities:
        if copy.at is None or copy.type not in _COPIED or copy.status != "done" or copy.automated:
            continue
        if not is_native_copy(copy, evidence.directory, evidence.rules):
            continue
        stray = all(person.ref.connection == copy.ref.connection for person in evidence.members)
        others = unread - {copy.ref.connection}
        originals = (one for one in evidence.activities if one.type == copy.type and one.ref.connection in others)
        if stray or (others and not any(_is_near(one, copy.at) for one in originals)):
            yield Sign(copy.at, copy.ref, stray)


def contacted_at(person: SourceRecord) -> datetime | None:
    """The CRM's own word for when somebody was last in contact with them."""
    return read_instant(person.facts, "contacted_at")


def _is_explained(evidence: Evidence, person: RecordRef, stamp: datetime) -> bool:
    """By something that its CRM holds and we can read. Tasks are no contact to a CRM."""
    own = (one for one in evidence.activities if one.ref.connection == person.connection and one.type != "task")
    return any(_is_near(one, stamp) for one in own)


def _is_near(activity: Activity, at: datetime) -> bool:
    return activity.at is not None and abs(activity.at - at) <= SAME_WITHIN
