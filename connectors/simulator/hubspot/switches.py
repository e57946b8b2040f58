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
    daily_headers: bool = True
    """Answers to static tokens tell the account's counter; otherwise only account-info does."""
    retry_after: bool = False
    """Send Retry-After with a 429. No recorded 429 carries it."""
    index_lag: tuple[float, float] = (0.0, 30.0)
    """Search sees a write this much later, uniform. (0, 0) = at once."""
    property_delay: tuple[float, float] = (0.25, 0.7)
    """A property made over the API is usable after this; real seconds count too, so a frozen clock cannot hang it."""
    properties_max: int = 1000
    """Custom properties of one object."""
    reorder: bool = True
    """Batch answers come back in another order than asked."""
    noop_bumps: bool = False
    """A write that changes nothing moves the modified date."""
    rollups: bool = False
    """An activity that comes to a contact or goes recounts hidden properties of it (`num_notes`, `notes_last_contacted`
    …), which moves its modified date, as in a real portal (unverified: that deleting one takes the date back)."""
    restore_bumps: bool = True
    """Restoring from the recycle bin moves the modified date."""
    association_bumps: bool = False
    """Adding or removing an association moves the modified dates of both ends."""
    unknown_in_update: Literal["partial", "fail", "fail_400"] = "partial"
    """Unknown ids in batch/update: 207 with the rest done, or 404 or 400 with nothing done."""
    merged_in_update: bool = False
    """Ids that were merged away work in batch/update as they do in a single update."""
    bad_value_in_update: Literal["whole", "partial"] = "whole"
    """A bad value in batch/update: 400 for all of it, or 207 with the rest done."""
    refusal_shape: Literal["both", "message", "errors"] = "both"
    """Where a 400 names the refused properties: in the message (older), in `errors` (newer), or in both."""
    unique_clash: Literal[400, 409] = 400
    """A value of a unique property that another record has."""
    delete_unknown: Literal[204, 404] = 204
    """Archiving an id that never was."""
    page_too_big: Literal["refuse", "cap"] = "refuse"
    """A page size above the maximum: 400, or the maximum."""
    wall_category: bool = False
    """The 400 past 10,000 results names VALIDATION_ERROR instead of being the generic one."""
    no_associations: Literal["error", "empty", "silent"] = "error"
    """An input without association: an entry of `errors` (207), a result without targets, or nothing at all."""
    lead_deals_one_way: bool = False
    """Deals do not know the leads that are associated with them."""
    disorder: float = 0.0
    """Search sorts by a date only roughly: rows stand this many seconds off their place."""
    loose_window: float = 0.0
    """Search also gives rows modified up to this many seconds after the end of the asked window."""
    merged_in_archived: bool = False
    """Records that were merged away are listed with `archived=true`."""
    email_scope: bool = True
    """E-mails need `sales-email-read` besides the contact scope."""
    lead_schema_scope: bool = True
    """Changing lead definitions needs `crm.schemas.leads.write`; otherwise any schema scope does."""
    credentials_body: Literal["json", "empty"] = "json"
    """Body of a 401."""
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


def alternatives() -> dict[str, tuple[Any, ...]]:
    """Every switch that can matter to a client, with its values to try: the default first."""
    return {
        "limits": ("simulated", "off"),
        "burst_max": (190, 100, 5),
        "burst_max_oauth": (110, 5),
        "burst_seconds": (10, 1),
        "association_max": (150, 5),
        "search_per_second": (5, 1),
        "daily_max": (625_000, 250_000),
        "daily_headers": (True, False),
        "retry_after": (False, True),
        "index_lag": ((0.0, 30.0), (0.0, 0.0), (60.0, 900.0)),
        "property_delay": ((0.25, 0.7), (0.0, 0.0)),
        "properties_max": (1000, 20),
        "reorder": (True, False),
        "noop_bumps": (False, True),
        "rollups": (False, True),
        "restore_bumps": (True, False),
        "association_bumps": (False, True),
        "unknown_in_update": ("partial", "fail", "fail_400"),
        "merged_in_update": (False, True),
        "bad_value_in_update": ("whole", "partial"),
        "refusal_shape": ("both", "message", "errors"),
        "unique_clash": (400, 409),
        "delete_unknown": (204, 404),
        "page_too_big": ("refuse", "cap"),
        "wall_category": (False, True),
        "no_associations": ("error", "empty", "silent"),
        "lead_deals_one_way": (False, True),
        "disorder": (0.0, 3600.0),
        "loose_window": (0.0, 3600.0),
        "merged_in_archived": (False, True),
        "email_scope": (True, False),
        "lead_schema_scope": (True, False),
        "credentials_body": ("json", "empty"),
        "dated_partial_status": (200, 207),
        "association_page": (500, 2),
        "merge_new_id": (True, False),
        "search_body_max": (None, 3000),
        "leads_enabled": (True, False),
        "versions": (("v1", "v3", "v4", "2026-03", "2026-09"), ("v3", "2026-03", "2026-09"), ("v1", "v3", "v4")),
    }
