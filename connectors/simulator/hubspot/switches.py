"""What a portal does where the vendor is configurable, random or undocumented. Every default is the fact sheet's."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

DEFAULT_SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.leads.read",
    "crm.objects.leads.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.deals.read",
    "crm.schemas.leads.write",
    "sales-email-read",
)


@dataclass(slots=True)
class Switches:
    """Changeable while the portal runs (control action `switch`). Durations are simulated seconds."""

    limits: Literal["simulated", "off"] = "simulated"
    """`off` for a clock that is driven or runs fast: the limiters count simulated time."""
    burst_max: int = 190
    burst_max_oauth: int = 110
    burst_seconds: int = 10
    association_max: int = 150
    search_per_second: int = 5
    daily_max: int = 625_000
    retry_after: bool = False
    """Send Retry-After with a 429. No recorded 429 carries it."""
    index_lag: tuple[float, float] = (0.0, 30.0)
    """Search sees a write this much later, uniform. (0, 0) = at once."""
    property_delay: tuple[float, float] = (0.25, 0.7)
    """A property made over the API is usable after this; real seconds count too, so a frozen clock cannot hang it."""
    reorder: bool = True
    """Batch answers come back in another order than asked."""
    noop_bumps: bool = False
    """A write that changes nothing moves the modified date."""
    rollups: bool = False
    """Logging an activity recounts hidden properties of the contact (`num_notes`, `notes_last_contacted` …), which
    moves its modified date, as in a real portal."""
    unknown_in_update: Literal["partial", "fail"] = "partial"
    """Unknown ids in batch/update: 207 with the rest done, or 404 with nothing done."""
    dated_partial_status: Literal[200, 207] = 200
    """Status of a partly failed batch on dated paths, whose specification lists no 207."""
    association_page: int = 500
    """Associations of one record per answer; the rest comes by `after`."""
    merge_new_id: bool = True
    """The survivor of a merge gets a new id; both old ids lead to it."""
    search_body_max: int | None = None
    """Refuse search bodies above this many characters. HubSpot documents 3,000; longer ones work in practice."""
    leads_enabled: bool = True
    """The lead object needs Sales Hub Professional; without it every call answers 403."""
    versions: tuple[str, ...] = ("v1", "v3", "v4", "2026-03", "2026-09")
    """Path versions that are answered; the rest is 404."""

    def change(self, values: dict[str, Any]) -> None:
        """Set several switches by name. Raises KeyError for a name that does not exist."""
        known = {one.name for one in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise KeyError(f"no such switch: {name}")
            setattr(self, name, tuple(value) if isinstance(value, list) else value)
