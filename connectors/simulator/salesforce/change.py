"""How a row changes, whoever changes it: stamps, derived fields, history rows, activity roll-up.

Sources: Object Reference (Task, Event, Opportunity, OpportunityHistory, LeadHistory), fact sheet sections 2.4 and 2.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.value import show_instant

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

CLOSED_TASK = frozenset({"Completed", "完了"})
STAGES = {
    "Prospecting": (10.0, False, False, "Pipeline"),
    "Qualification": (10.0, False, False, "Pipeline"),
    "Needs Analysis": (20.0, False, False, "Pipeline"),
    "Value Proposition": (50.0, False, False, "Pipeline"),
    "Id. Decision Makers": (60.0, False, False, "Pipeline"),
    "Perception Analysis": (70.0, False, False, "BestCase"),
    "Proposal/Price Quote": (75.0, False, False, "BestCase"),
    "Negotiation/Review": (90.0, False, False, "Forecast"),
    "Closed Won": (100.0, True, True, "Closed"),
    "Closed Lost": (0.0, True, False, "Omitted"),
    "受注": (100.0, True, True, "Closed"),
    "失注": (0.0, True, False, "Omitted"),
}
CATEGORY_NAMES = {"BestCase": "Best Case", "MostLikely": "Most Likely", "Forecast": "Commit"}
PERSONS = frozenset({"Lead", "Contact", "User"})
ACTIVITIES = frozenset({"Task", "Event"})
SNAPSHOT = ("StageName", "Amount", "CloseDate", "Probability")
"""What OpportunityHistory keeps of every opportunity, tracked or not."""
MAX_TRACKED = 20
ARCHIVE_DAYS = 365
HISTORIES = {"Lead": ("LeadHistory", "LeadId"), "Opportunity": ("OpportunityFieldHistory", "OpportunityId")}


def insert_row(org: SalesforceOrg, kind: ObjectType, values: Mapping[str, Any], stamp: str, by: str) -> Row:
    """Add a row; values are in stored form and win over defaults, stamps and derived fields."""
    row: Row = {item.name: item.default if item.defaulted else None for item in kind.fields.values()}
    stamps = {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
    stamps |= {"CreatedById": by, "LastModifiedById": by, "OwnerId": by}
    row.update({name: value for name, value in stamps.items() if name in row})
    row.update(_zone_defaults(org) if kind.name == "User" else {})
    row.update(values)
    if row.get("RecordTypeId", "") is None:
        row["RecordTypeId"] = org.setup.default_types.get(kind.name)
    row["Id"] = values.get("Id") or org.new_id(kind)
    derive(org, kind, row, {}, values)
    org.data.tables[kind.name].put(row)
    _write_birth(org, kind, row, by)
    if kind.name in ACTIVITIES:
        roll_up(org, row)
    return row


def update_row(
    org: SalesforceOrg, kind: ObjectType, old: Row, values: Mapping[str, Any], stamp: str, by: str | None
) -> Row:
    """Replace a row. `by` None is the system itself: only SystemModstamp moves."""
    row = {**old, **values}
    if "SystemModstamp" not in values:
        row["SystemModstamp"] = max(stamp, old["SystemModstamp"]) if by is None else stamp
    if by is not None:
        row.setdefault("LastModifiedDate", None)
        row["LastModifiedDate"] = values.get("LastModifiedDate", stamp)
        row["LastModifiedById"] = values.get("LastModifiedById", by)
    derive(org, kind, row, old, values)
    org.data.tables[kind.name].put(row)
    if by is not None:
        _write_history(org, kind, row, old, stamp, by)
    if kind.name in ACTIVITIES and by is not None:
        roll_up(org, row)
    return row


def _zone_defaults(org: SalesforceOrg) -> dict[str, Any]:
    locale = {"LocaleSidKey": org.locale, "LanguageLocaleKey": org.locale, "EmailEncodingKey": "UTF-8"}
    return {"TimeZoneSidKey": str(org.zone), "IsActive": True, **locale}


def derive(org: SalesforceOrg, kind: ObjectType, row: Row, old: Row, given: Mapping[str, Any]) -> None:
    """Fill what the org computes; what an event gives explicitly stays."""
    if kind.name in PERSONS:
        parts = (row["LastName"], row["FirstName"]) if org.locale == "ja" else (row["FirstName"], row["LastName"])
        row["Name"] = " ".join(part for part in parts if part)
    if kind.name == "Task":
        _derive_task(row, old, given, sets_completed=org.switches.completes_tasks)
    if kind.name == "Event":
        _derive_event(org, row, given)
    if kind.name in ACTIVITIES and "AccountId" not in given:
        row["AccountId"] = _account_of(org, row)
    if kind.name == "Opportunity":
        _derive_opportunity(row, old, given)


def _derive_task(row: Row, old: Row, given: Mapping[str, Any], *, sets_completed: bool) -> None:
    row["IsClosed"] = given.get("IsClosed", row["Status"] in CLOSED_TASK)
    row["IsHighPriority"] = row["Priority"] in ("High", "高")
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif not old.get("IsClosed") and "CompletedDateTime" not in given and sets_completed:
        row["CompletedDateTime"] = row["LastModifiedDate"]


def _derive_event(org: SalesforceOrg, row: Row, given: Mapping[str, Any]) -> None:
    if row["StartDateTime"] is None and row["ActivityDateTime"] is not None:
        row["StartDateTime"] = row["ActivityDateTime"]
    start = _read(row["StartDateTime"])
    if start is None:
        return
    if "EndDateTime" in given and row["EndDateTime"]:
        row["DurationInMinutes"] = int((_instant(row["EndDateTime"]) - start).total_seconds() // 60)
    elif row["DurationInMinutes"] is not None:
        row["EndDateTime"] = show_instant(start + timedelta(minutes=row["DurationInMinutes"]))
    row["ActivityDateTime"] = None if row["IsAllDayEvent"] else row["StartDateTime"]
    row["ActivityDate"] = given.get("ActivityDate") or start.astimezone(org.zone).date().isoformat()
    if row["EndDateTime"]:
        row["EndDate"] = _instant(row["EndDateTime"]).astimezone(org.zone).date().isoformat()


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.000%z")


def _read(text: str | None) -> datetime | None:
    return _instant(text) if text else None


def _account_of(org: SalesforceOrg, row: Row) -> str | None:
    for link in ("WhatId", "WhoId"):
        found = org.data.target(row.get(link))
        if found is not None:
            kind, target = found
            account = target["Id"] if kind.name == "Account" else target.get("AccountId")
            if account:
                return account
    return None


def _derive_opportunity(row: Row, old: Row, given: Mapping[str, Any]) -> None:
    probability, closed, won, category = STAGES.get(row["StageName"], (None, False, False, "Pipeline"))
    if row["StageName"] != old.get("StageName"):
        if given.get("Probability") is None and probability is not None:
            row["Probability"] = probability
        row["IsClosed"], row["IsWon"] = given.get("IsClosed", closed), given.get("IsWon", won)
        row["ForecastCategory"] = category
        row["ForecastCategoryName"] = CATEGORY_NAMES.get(category, category)
        row["LastStageChangeDate"] = given.get("LastStageChangeDate") or row["LastModifiedDate"]
    if row["Amount"] is not None and row["Probability"] is not None:
        row["ExpectedRevenue"] = round(row["Amount"] * row["Probability"] / 100, 2)
    if row["CloseDate"]:
        year, month = int(row["CloseDate"][:4]), int(row["CloseDate"][5:7])
        row["FiscalYear"], row["FiscalQuarter"] = year, (month + 2) // 3


def roll_up(org: SalesforceOrg, activity: Row) -> None:
    """An activity moves LastActivityDate of the records it hangs on, which bumps their SystemModstamp only."""
    counts = activity.get("IsClosed", True) or "StartDateTime" in activity
    for link in ("WhoId", "WhatId"):
        found = org.data.target(activity.get(link))
        if found is None:
            continue
        kind, target = found
        last = max(
            filter(None, (target["LastActivityDate"], activity["ActivityDate"] if counts else None)), default=None
        )
        bumped = {**target, "LastActivityDate": last}
        bumped["SystemModstamp"] = max(target["SystemModstamp"], activity["SystemModstamp"])
        org.data.tables[kind.name].put(bumped)


def archive_activities(org: SalesforceOrg, now: datetime) -> None:
    """Closed tasks and past events of more than a year ago: the system archives them, then only queryAll sees them."""
    last = (now.astimezone(org.zone) - timedelta(days=ARCHIVE_DAYS)).date().isoformat()
    for name in ("Task", "Event"):
        kind, table = org.data.objects[name.lower()], org.data.tables[name]
        old = [row for row in table.rows.values() if not row["IsArchived"] and (row["ActivityDate"] or "9") < last]
        for row in old:
            if row.get("IsClosed", True):
                update_row(org, kind, row, {"IsArchived": True}, show_instant(now), None)


def _write_birth(org: SalesforceOrg, kind: ObjectType, row: Row, by: str) -> None:
    if kind.name == "Lead" or (kind.name == "Opportunity" and org.switches.tracked_opportunity_fields):
        add_field_history(org, kind, row["Id"], "created", None, None, row["CreatedDate"], by)
    if kind.name == "Opportunity":
        _add_opportunity_history(org, row, {}, row["CreatedDate"], by)


def _write_history(org: SalesforceOrg, kind: ObjectType, row: Row, old: Row, stamp: str, by: str) -> None:
    tracked = {
        "Lead": ("Owner", *org.switches.tracked_lead_fields),
        "Opportunity": org.switches.tracked_opportunity_fields,
    }
    for name, before, after in _tracked_changes(org, kind, tracked.get(kind.name, ()), row, old):
        add_field_history(org, kind, row["Id"], name, before, after, stamp, by)
    if kind.name == "Opportunity" and any(row[name] != old[name] for name in SNAPSHOT):
        _add_opportunity_history(org, row, old, stamp, by)


def _tracked_changes(
    org: SalesforceOrg, kind: ObjectType, tracked: Sequence[str], row: Row, old: Row
) -> Iterator[tuple[str, Any, Any]]:
    """Field history tracking is switched on per field. An owner changes in two rows: by name and by id."""
    for name in tracked:
        if name == "Owner":
            if row["OwnerId"] != old["OwnerId"]:
                yield name, _name_of(org, old["OwnerId"]), _name_of(org, row["OwnerId"])
                yield name, old["OwnerId"], row["OwnerId"]
        elif row.get(name) != old.get(name):
            keeps = _keeps_values(kind.fields[name.lower()])
            yield name, old.get(name) if keeps else None, row.get(name) if keeps else None


def _keeps_values(item: Field) -> bool:
    """Of long texts and multi-select picklists only that they changed (source: Field History Tracking)."""
    return item.type != "multipicklist" and not (item.type == "textarea" and item.length > 255)


def _name_of(org: SalesforceOrg, record_id: str | None) -> str | None:
    found = org.data.target(record_id)
    return found[1].get("Name") if found else record_id


def add_field_history(
    org: SalesforceOrg, of: ObjectType, record_id: str, name: str, before: Any, after: Any, stamp: str, by: str
) -> None:
    """One row of LeadHistory or OpportunityFieldHistory."""
    history, link = HISTORIES[of.name]
    kind = org.data.objects[history.lower()]
    values = {link: record_id, "Field": name, "OldValue": before, "NewValue": after, "CreatedDate": stamp}
    values["DataType"] = "EntityId" if name == "Owner" and after and after[:3] in ("005", "00G") else "Text"
    row: Row = {item.name: item.default if item.defaulted else None for item in kind.fields.values()}
    row |= {**values, "Id": org.new_id(kind), "CreatedById": by}
    org.data.tables[history].put(row)


def _add_opportunity_history(org: SalesforceOrg, row: Row, old: Row, stamp: str, by: str) -> None:
    kind = org.data.objects["opportunityhistory"]
    copied = ("StageName", "Amount", "ExpectedRevenue", "CloseDate", "Probability", "ForecastCategory")
    made: Row = {item.name: item.default if item.defaulted else None for item in kind.fields.values()}
    made |= {name: row[name] for name in copied}
    made |= {"Id": org.new_id(kind), "OpportunityId": row["Id"], "CreatedById": by}
    made |= {"CreatedDate": stamp, "SystemModstamp": stamp}
    made |= {"PrevAmount": old.get("Amount"), "PrevCloseDate": old.get("CloseDate")}
    org.data.tables["OpportunityHistory"].put(made)
