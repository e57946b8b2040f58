"""What one cycle of a handoff leaves behind for rates and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from sync.core.model.fixed import fixed


@fixed
class Trace:
    """Instants, ids and states; nothing that people typed but choices of a list. Instants are aware UTC."""

    left_out: str = ""
    """Why it counts in no rate, in a few English words (a company's own reason in its language); empty: it counts."""
    born_at: datetime | None = None
    """When the cycle began."""
    deal_at: datetime | None = None
    """When its opportunity was created; None without one."""
    is_deal: bool = False
    stages: tuple[tuple[datetime, str], ...] = ()
    """When the opportunity entered which stage, as its history tells, the earliest first."""
    stage: str = ""
    """Its present stage."""
    closed: bool = False
    won: bool = False
    accepted: bool = False
    """FS's present answer is that it took the pass."""
    accepted_at: datetime | None = None
    returned: bool = False
    """FS returned the pass, whatever it says now."""
    returned_at: datetime | None = None
    return_reason: str = ""
    """The latest that is on record, canonical where the mapping has a table for it."""
    groups: tuple[str, ...] = ()
    """Role, profile and team names, case-folded, of who had it before the pass."""
    states: str = ""
    """`item=letter` of every item, separated by blanks; the letters are `items.LETTERS`."""
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    """Canonical values of the items that are chosen from a list, and the rank of the title."""
