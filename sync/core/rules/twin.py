"""What both CRMs hold of one and the same activity counts once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from sync.core.mapping.activity import Activity
from sync.core.model.handoff import Colleague

if TYPE_CHECKING:  # the evidence holds the rules, which hold conditions, which count contacts
    from sync.core.rules.contact import Contact
    from sync.core.rules.evidence import Evidence

SAME_WITHIN = timedelta(minutes=5)
"""So far apart may two CRMs date one and the same activity."""

Weighed: TypeAlias = "tuple[datetime, Activity, Contact]"


def genuine_contacts(evidence: Evidence) -> list[Weighed]:
    """The genuine contacts by now, in order of time, with what two CRMs hold of one twice."""
    found = list(_genuine(evidence))
    found.sort(key=lambda one: (one[0], one[1].ref))
    return found


def once(weighed: Iterable[Weighed]) -> list[Weighed]:
    """Without what another CRM holds of an activity that is there already (in order of time): the same kind, the same
    colleague by e-mail or one of the two unknown, within five minutes, and not one in each direction."""
    kept: list[Weighed] = []
    taken: set[int] = set()
    for one in weighed:
        twin = _find_twin(kept, taken, one)
        if twin is None:
            kept.append(one)
        else:
            taken.add(twin)
    return kept


def _find_twin(kept: list[Weighed], taken: set[int], one: Weighed) -> int | None:
    for n in range(len(kept) - 1, -1, -1):
        if one[0] - kept[n][0] > SAME_WITHIN:
            return None
        if n not in taken and _is_twin(kept[n], one):
            return n
    return None


def _genuine(evidence: Evidence) -> Iterator[Weighed]:
    for activity, contact in zip(evidence.activities, evidence.contacts, strict=True):
        if contact.counts and contact.at is not None and contact.at <= evidence.now:
            yield contact.at, activity, contact


def _is_twin(first: Weighed, other: Weighed) -> bool:
    if first[1].type != other[1].type or first[1].ref.connection == other[1].ref.connection:
        return False
    directions = {first[1].direction, other[1].direction}
    if "inbound" in directions and "outbound" in directions:
        return False
    return _same_person(first[2].actor, other[2].actor)


def _same_person(one: Colleague | None, other: Colleague | None) -> bool:
    if one is None or other is None:
        return True
    return one.ref == other.ref or bool(one.email and one.email == other.email)
