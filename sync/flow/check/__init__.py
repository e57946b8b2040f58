"""`check`: look at everything that could keep Baton from working, and say what to do. Reads only.

`seen` reads, with few calls; the other modules judge what was seen and ask nobody. Texts are the command's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.flow.check.account import find_account, find_budget, find_time
from sync.flow.check.clock import find_calendars, find_clocks
from sync.flow.check.content import find_choices, find_items, find_scope
from sync.flow.check.finding import KINDS, Finding, Group, Kind, Severity, in_order
from sync.flow.check.people import find_contacts, find_people
from sync.flow.check.probe import choose, probe, tell
from sync.flow.check.schema import find_schema, find_sharing
from sync.flow.check.seen import Seen, look
from sync.flow.context import Context
from sync.ports import Tenant
from sync.store.probes import Probed

__all__ = [
    "KINDS",
    "Finding",
    "Group",
    "Kind",
    "Known",
    "Seen",
    "Severity",
    "choose",
    "find_all",
    "in_order",
    "look",
    "probe",
]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a connection without asking it."""

    pinned: Tenant | None = None
    """Whose data the store has."""
    probed: Probed | None = None
    planned: int = 0
    """Calls of a day on which nothing changes."""


def find_all(context: Context, seen: list[Seen], known: Mapping[str, Known], now: datetime) -> list[Finding]:
    """Everything that can be said of what was seen. `now`: this machine's clock."""
    found: list[Finding] = [*find_time(seen, now), *find_items(context.mapping)]
    for one in seen:
        told = known[one.connection]
        found += find_account(context, one, told.pinned)
        found += find_schema(context, one)
        found += find_sharing(context, one)
        found += find_choices(context, one)
        found += find_scope(one)
        found += find_budget(one, told.planned)
        if one.account is not None:
            found += tell(one.connection, told.probed) if told.probed else [Finding("unprobed", one.connection)]
    found += find_people(context, seen)
    found += find_contacts(context, seen)
    found += find_clocks(context, seen)
    found += find_calendars(context, max((one.at for one in seen if one.at), default=now))
    return in_order(found)
