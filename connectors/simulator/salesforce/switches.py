"""What an org does where it is configurable, random or undocumented. Every default is the fact sheet's best guess."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from connectors.simulator.salesforce.change import MAX_TRACKED
from connectors.simulator.salesforce.record_id import to18


@dataclass(slots=True)
class Switches:
    """Changeable while the org runs (control action `switch`). Durations are simulated time."""

    page_cap: int | None = None
    """No page is longer than this, whatever was asked."""
    short_pages: bool = False
    """Pages are of random length up to the one asked, as with wide rows."""
    child_page: int = 500
    """Rows of a child query before it needs its own locator."""
    locator_minutes: float = 2 * 24 * 60.0
    """Life of a query locator; before v56 it was 15 minutes."""
    queryall_next: Literal["query", "queryAll"] = "query"
    """Path in the nextRecordsUrl of a queryAll."""
    unknown_field: Literal["request", "row"] = "request"
    """What an unknown field fails in Collections."""
    wrong_type: Literal["request", "row"] = "request"
    """What a value of the wrong JSON type fails in Collections."""
    duplicate_id: Literal["second", "request", "apply"] = "second"
    """One id twice in a Collections call: the second row fails, the call fails, or both are done in order."""
    identical_update_bumps: bool = True
    """Writing the values that are there moves the stamps."""
    reparent_bumps: bool = False
    """Merge and conversion move SystemModstamp of the children they re-parent."""
    convert_sets_what: bool = True
    """A converted lead's activities get the opportunity or account as WhatId."""
    edit_converted: bool = False
    """The integration user may edit converted leads."""
    completes_tasks: bool = True
    """CompletedDateTime is set when a task is saved closed."""
    archives_activities: bool = False
    """Closed tasks and past events are archived after 365 days: then only queryAll sees them."""
    visible_after: float = 0.0
    """Seconds by which every world event commits late."""
    late_share: float = 0.0
    """Share of world events that commit late by chance."""
    late_seconds: float = 900.0
    """Those commit up to this much later."""
    covered_cut: Literal["minute", "second"] = "minute"
    """How `latestDateCovered` is cut."""
    covered_held: bool = True
    """`latestDateCovered` is held back to the start of transactions that still run."""
    replication_in_composite: bool = True
    """getUpdated and getDeleted may be subrequests of a composite call."""
    delete_log_days: float = 15.0
    """How long getDeleted remembers; a full log is purged earlier, and then the start of a call is refused."""
    trigger_passes: int | None = None
    """The org has triggers on what we write: a Collections call survives fewer failing rows than this (3 in the Apex
    guide); otherwise every row of it fails with "Too many batch retries"."""
    undeleted_stays_logged: bool = False
    """getDeleted still lists a record that was taken out of the bin again."""
    hidden_row: Literal["INVALID_CROSS_REFERENCE_KEY", "INSUFFICIENT_ACCESS_OR_READONLY", "ENTITY_IS_DELETED"] = (
        "INVALID_CROSS_REFERENCE_KEY"
    )
    """Row error of a write to a record that the user cannot see."""
    no_access_status: Literal[400, 403] = 400
    """HTTP status of INSUFFICIENT_ACCESS… for a single record."""
    precondition: Literal["LastModifiedDate", "SystemModstamp"] = "LastModifiedDate"
    """What If-Unmodified-Since compares."""
    precondition_body: bool = True
    """A 412 has the error array as body; otherwise none."""
    wording: Literal["sampled", "other"] = "sampled"
    """Texts of INVALID_QUERY_LOCATOR and JSON_PARSER_ERROR, whose exact words are not known."""
    expired_body: Literal["array", "empty", "html"] = "array"
    """Body of the 401 of an expired session."""
    daily_limit: int = 115_000
    enforce_limit: bool = True
    limit_grace: int = 0
    """Calls beyond the daily limit that are still answered: it is a soft one."""
    per_app_usage: int = 0
    """Calls a day that the admin allows the connected app; Sforce-Limit-Info tells its usage too. 0: no such limit."""
    assignment_owner: str | None = None
    """Owner given to leads that are written without `Sforce-Auto-Assign: FALSE`."""
    duplicate_rules: tuple[str, ...] = ()
    """Objects whose e-mail duplicates are refused without `allowSave=true`."""
    tracked_lead_fields: tuple[str, ...] = ("Status",)
    """Fields besides the owner that LeadHistory tracks, at most 20."""
    tracked_opportunity_fields: tuple[str, ...] = ()
    """Fields that OpportunityFieldHistory tracks, at most 20; `Owner` is one."""
    absent_objects: tuple[str, ...] = ()
    """Objects that this org does not have."""
    trim_text: bool = True
    """Blanks around text are cut off."""
    deploy_polls: int = 2
    """A deployment is done at the poll after these: Pending at the first, InProgress at the next."""
    deploy_seconds: float = 30.0
    """And in any case this much later."""
    fields_max: int = 500
    """Custom fields of one object: 500 to 800 by edition."""
    picklists_in_record_types: bool = True
    """The values of a newly deployed picklist are in every record type."""
    values_in_record_types: bool = False
    """So are values that are added to a picklist later."""
    translation_workbench: bool = True
    """Translations can be deployed: the Translation Workbench is on."""
    integration_licence: bool = True
    """The integration user's licence allows object permissions (permission set licence "Salesforce API Integration")."""
    assigned_set_deletable: bool = False
    """A permission set may be deleted while users have it."""
    isblank_of_picklist: bool = True
    """ISBLANK takes a picklist; else a formula needs TEXT() or ISPICKVAL."""
    limits_refusal: Literal[403, 404] = 403
    """What /limits answers without "View Setup and Configuration"."""
    activity_permissions: bool = False
    """Object permissions on Task and Event exist; else "Access Activities" alone opens them."""

    bulk_polls: int = 2
    """Questions after which a bulk query job is done."""
    bulk_outcome: Literal["complete", "fail_once", "fail", "abort"] = "complete"
    """How such jobs end; `fail_once`: the first of the org fails."""
    bulk_jobs: int = 10_000
    """Query jobs in 24 hours."""
    bulk_days: float = 7.0
    """How long a job and its result are kept."""
    bulk_page: int | None = None
    """No page of a bulk result has more rows, whatever was asked."""
    bulk_unsupported: tuple[str, ...] = ()
    """Objects that the Bulk API does not take."""

    def change(self, values: dict[str, Any]) -> dict[str, Any]:
        """Set several by name and return all. Raises ValueError, changing nothing, for what no org takes."""
        known = {one.name for one in fields(self)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown switch {unknown[0]!r}; known: {', '.join(sorted(known))}")
        taken = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        for name in ("tracked_lead_fields", "tracked_opportunity_fields"):
            if len(taken.get(name, ())) > MAX_TRACKED:
                raise ValueError(f"field history tracking takes at most {MAX_TRACKED} fields of an object")
        for name, value in taken.items():
            setattr(self, name, tuple(value) if isinstance(getattr(self, name), tuple) else value)
        return asdict(self)


def alternatives() -> dict[str, tuple[Any, ...]]:
    """Every switch that can matter to a client, with its values to try: the default first."""
    return {
        "page_cap": (None, 200, 7),
        "short_pages": (False, True),
        "child_page": (500, 2),
        "locator_minutes": (2880.0, 15.0, 0.0),
        "queryall_next": ("query", "queryAll"),
        "unknown_field": ("request", "row"),
        "wrong_type": ("request", "row"),
        "duplicate_id": ("second", "request", "apply"),
        "identical_update_bumps": (True, False),
        "reparent_bumps": (False, True),
        "convert_sets_what": (True, False),
        "edit_converted": (False, True),
        "completes_tasks": (True, False),
        "archives_activities": (False, True),
        "visible_after": (0.0, 60.0, 900.0),
        "late_share": (0.0, 0.3),
        "late_seconds": (900.0, 60.0),
        "covered_cut": ("minute", "second"),
        "covered_held": (True, False),
        "replication_in_composite": (True, False),
        "delete_log_days": (15.0, 0.1),
        "trigger_passes": (None, 3, 1),
        "undeleted_stays_logged": (False, True),
        "hidden_row": ("INVALID_CROSS_REFERENCE_KEY", "INSUFFICIENT_ACCESS_OR_READONLY", "ENTITY_IS_DELETED"),
        "no_access_status": (400, 403),
        "precondition": ("LastModifiedDate", "SystemModstamp"),
        "precondition_body": (True, False),
        "wording": ("sampled", "other"),
        "expired_body": ("array", "empty", "html"),
        "daily_limit": (115_000, 15_000),
        "enforce_limit": (True, False),
        "limit_grace": (0, 1000),
        "per_app_usage": (0, 50_000),
        "assignment_owner": (None, to18("0055g00000Admin")),
        "duplicate_rules": ((), ("Lead", "Contact")),
        "tracked_lead_fields": (("Status",), ()),
        "tracked_opportunity_fields": ((), ("Owner", "StageName", "Amount")),
        "absent_objects": ((), ("OpportunityFieldHistory", "EmailMessage")),
        "trim_text": (True, False),
        "activity_permissions": (False, True),
        "deploy_polls": (2, 0, 5),
        "deploy_seconds": (30.0, 0.0),
        "fields_max": (500, 30),
        "picklists_in_record_types": (True, False),
        "values_in_record_types": (False, True),
        "translation_workbench": (True, False),
        "integration_licence": (True, False),
        "assigned_set_deletable": (False, True),
        "isblank_of_picklist": (True, False),
        "limits_refusal": (403, 404),
        "bulk_polls": (2, 0),
        "bulk_outcome": ("complete", "fail_once", "fail", "abort"),
        "bulk_jobs": (10_000, 0),
        "bulk_days": (7.0, 0.0),
        "bulk_page": (None, 2),
        "bulk_unsupported": ((), ("Lead", "Task")),
    }
