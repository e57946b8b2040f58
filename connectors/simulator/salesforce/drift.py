"""What an administrator changes in the setup while clients run: fields and record types come, go and get other names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.change import insert_row
from connectors.simulator.salesforce.definition import define_field, make_field
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.schema import Field, ObjectType

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

MASTER = "012000000000000AAA"
"""Id of the record type "Master" in every org."""


def define_fields(org: SalesforceOrg, kind: ObjectType, specs: Sequence[Mapping[str, Any]]) -> None:
    """Add or change custom fields; existing rows get null, or false for a checkbox.

    Every profile may read and edit them; `readable` and `editable` of a spec are the integration user's.
    """
    add_fields(org, kind, [define_field(dict(spec)) for spec in specs])
    for spec in specs:
        item = kind.fields[str(spec["name"]).lower()]
        for one in org.setup.sets.values():
            if one.profile:
                one.fields[f"{kind.name}.{item.name}"] = (True, True)
        read = bool(spec.get("readable", True))
        set_field_access(org, org.user_id, kind, item, read=read, edit=bool(spec.get("editable", True)) and read)


def set_field_access(org: SalesforceOrg, user: str, kind: ObjectType, item: Field, *, read: bool, edit: bool) -> None:
    """Field-level security of one user: granted by the profile, or taken from all that the user has."""
    profile = (org.data.tables["User"].rows.get(user) or {}).get("ProfileId") or org.standard_profile
    name = f"{kind.name}.{item.name}"
    for one in org.setup.sets_of(user, profile):
        old = one.fields.get(name, (False, False))
        one.fields[name] = (read, edit) if one.profile else (old[0] and read, old[1] and edit)
    org.setup.touch()
    org.touch_schema(kind)


def add_fields(org: SalesforceOrg, kind: ObjectType, made: Sequence[Field]) -> None:
    kind.add(made)
    rows = org.data.tables[kind.name].rows
    for item in made:
        for row in rows.values():
            row.setdefault(item.name, item.default if item.defaulted else None)
    org.touch_schema(kind)


def delete_fields(org: SalesforceOrg, kind: ObjectType, names: Sequence[str]) -> None:
    """Delete custom fields with their values. Raises ValueError for a standard or unknown one."""
    for name in names:
        item = _custom(kind, name)
        del kind.fields[name.lower()]
        org.setup.forget_field(f"{kind.name}.{item.name}")
        for row in org.data.tables[kind.name].rows.values():
            row.pop(item.name, None)
    org.touch_schema(kind)


def rename_fields(org: SalesforceOrg, kind: ObjectType, names: Mapping[str, str]) -> None:
    """Give custom fields another API name, old to new; values stay, and no stamp moves. Raises ValueError."""
    for old, new in names.items():
        item = _custom(kind, old)
        if new.lower() in kind.fields:
            raise ValueError(f"{kind.name} has a field {new!r} already")
        before, item.name = item.name, new
        for one in org.setup.sets.values():
            if f"{kind.name}.{before}" in one.fields:
                one.fields[f"{kind.name}.{new}"] = one.fields.pop(f"{kind.name}.{before}")
        del kind.fields[old.lower()]
        kind.add([item])
        for row in org.data.tables[kind.name].rows.values():
            row[new] = row.pop(before, None)
    org.setup.touch()
    org.touch_schema(kind)


def _custom(kind: ObjectType, name: str) -> Field:
    item = kind.fields.get(name.lower())
    if item is None or not item.custom:
        raise ValueError(f"{kind.name} has no custom field {name!r}")
    return item


def define_record_types(
    org: SalesforceOrg, kind: ObjectType, types: Sequence[Mapping[str, Any]], stamp: str, by: str
) -> None:
    """Give an object record types: `{name, developer_name?, id?, active?}`. The first one makes RecordTypeId appear."""
    if "recordtypeid" not in kind.fields:
        item = make_field("RecordTypeId", "reference", label="Record Type ID")
        item.refers_to, item.relationship = ("RecordType",), "RecordType"
        add_fields(org, kind, [item])
    table = org.data.objects["recordtype"]
    for one in types:
        name = str(one.get("developer_name") or one["name"])
        values = {"Name": one["name"], "DeveloperName": name, "SobjectType": kind.name}
        identity = {"Id": to18(one["id"])} if one.get("id") else {}
        insert_row(org, table, {**values, **identity, "IsActive": bool(one.get("active", True))}, stamp, by)
    org.touch_schema(kind)


def describe_record_types(org: SalesforceOrg, kind: ObjectType) -> list[dict[str, Any]]:
    """`recordTypeInfos` of a describe: those of the object, and the master."""
    rows = [row for row in org.data.tables["RecordType"].rows.values() if row["SobjectType"] == kind.name]
    infos = [_info(row["Name"], row["DeveloperName"], row["Id"], active=row["IsActive"]) for row in rows]
    return [*infos, _info("Master", "Master", MASTER, active=True, master=True)] if infos else []


def _info(name: str, developer_name: str, record_id: str, *, active: bool, master: bool = False) -> dict[str, Any]:
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": master,
        "developerName": developer_name,
        "master": master,
        "name": name,
        "recordTypeId": record_id,
        "urls": {},
    }
