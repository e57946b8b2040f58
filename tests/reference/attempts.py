"""§13 of the page: how often somebody tried to reach a person, and who was given up too early."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.reference import spans
from tests.reference.linking import Handoff
from tests.reference.values import key
from tests.reference.view import View, moment
from tests.reference.world import Act


def count_attempts(view: View, handoff: Handoff) -> int:
    """Until somebody was reached, each once."""
    acts = sorted(view.contacts(handoff), key=moment)
    reached = [moment(a) for a in acts if a.type == "meeting" or (a.type == "call" and a.answered)]
    kept: list[tuple[Act, bool]] = []
    for act in acts:
        if act.type not in ("call", "email", "message") or act.direction == "inbound":
            continue
        if reached and moment(act) > reached[0]:
            continue
        for place, (other, paired) in enumerate(kept):
            if not paired and is_twin(view, other, act):
                kept[place] = (other, True)
                break
        else:
            kept.append((act, False))
    return len(kept)


def is_twin(view: View, one: Act, other: Act) -> bool:
    if one.type != other.type or one.connection == other.connection:
        return False
    if moment(other) - moment(one) > timedelta(minutes=5):
        return False
    known = [view.raw.colleagues[a.owner][0] for a in (one, other) if view.role(a.owner) is not None and a.owner]
    return len(set(known)) < 2


def gave_up_early(view: View, handoff: Handoff, policy: dict[str, Any], started: datetime | None) -> bool:
    anchor = handoff.anchor
    if anchor.stream != "Lead" or started is None:
        return False
    status = view.edition.streams["Lead"]["stage_field"]
    if key(anchor.values.get(status) or "") not in {key(s) for s in policy["unresponsive_statuses"]}:
        return False
    changes = [c.at for c in view.changes_by_subject[anchor.ref] if c.field == "status"]
    given_up = max(changes, default=view.written(anchor, status))
    in_time = given_up <= spans.deadline(started, policy["within"], None)
    return in_time and count_attempts(view, handoff) < policy["at_least"]
