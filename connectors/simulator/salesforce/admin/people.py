"""Who is in an org from the start: its administrator, the integration user, their profiles, and how they log in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.setup import USER_PERMISSIONS, PermissionSet, setup_id
from connectors.simulator.salesforce.change import insert_row, update_row
from connectors.simulator.salesforce.drift import define_record_types
from connectors.simulator.salesforce.oauth import Client
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.value import show_instant
from connectors.simulator.salesforce.world import read_record

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

INTEGRATION_USER = to18("0055g00000Integ")
ADMIN_USER = to18("0055g00000Admin")
ADMIN_KEY, ADMIN_SECRET = "sim-admin-key", "sim-admin-secret"
OUTSIDE = "outside@example.com"
ADMIN_PROFILE, STANDARD_PROFILE = "System Administrator", "Standard User"
OPEN_PROFILE, MINIMUM_PROFILE = "Simulated Integration", "Minimum Access - API Only Integrations"
STANDARD_PERMISSIONS = frozenset({"ApiEnabled", "ActivitiesAccess", "EditTask", "EditEvent", "RunReports", "ViewRoles"})
RECORD_TYPES = (
    {"name": "New Business", "developer_name": "New_Business"},
    {"name": "Partner", "developer_name": "Partner"},
)
PARTNER_CHOICES = {
    "Lead": {"LeadSource": ("Partner Referral", "Other")},
    "Opportunity": {"LeadSource": ("Partner Referral", "Other"), "Type": ("New Business",)},
}


def furnish_people(org: SalesforceOrg, stamp: str, *, blank: bool) -> None:
    """Profiles with their permission sets, the administrator and the integration user."""
    integration = MINIMUM_PROFILE if blank else OPEN_PROFILE
    ids = {name: _profile(org, name, stamp, blank=blank) for name in (ADMIN_PROFILE, STANDARD_PROFILE, integration)}
    org.standard_profile = ids[STANDARD_PROFILE]
    people = (
        (ADMIN_USER, "Admin", "admin", ids[ADMIN_PROFILE], "admin@example.com"),
        (INTEGRATION_USER, "Integration", "integ", ids[integration], org.credentials.username),
    )
    for user, last, alias, profile, mail in people:
        names = {"LastName": last, "FirstName": "Simulated", "Alias": alias, "ProfileId": profile}
        add_row(org, "User", {"Id": user, "Username": mail, "Email": mail, "IsActive": True, **names}, stamp)
    org.credentials.clients[ADMIN_KEY] = Client(ADMIN_SECRET, ADMIN_USER)


def _profile(org: SalesforceOrg, name: str, stamp: str, *, blank: bool) -> str:
    profile = add_row(org, "Profile", {"Name": name}, stamp)
    made = PermissionSet(setup_id("0PS", name), f"X{profile[:15]}", name, profile)
    if name in (ADMIN_PROFILE, OPEN_PROFILE):
        made.user_permissions = set(USER_PERMISSIONS - {"ApiUserOnly"})
    elif name == STANDARD_PROFILE:
        made.user_permissions = set(STANDARD_PERMISSIONS)
    else:
        made.user_permissions = {"ApiEnabled", "ApiUserOnly"}
    if name != MINIMUM_PROFILE:
        made.grant_all(org.data.objects.values())
    if name == STANDARD_PROFILE and blank:
        made.objects = {one: {"read", "create", "edit"} for one in made.objects}
    if name == OPEN_PROFILE:
        # What a deployed field shows nobody, a field that a test defines shows this user: see `drift.define_fields`.
        made.user_permissions -= {"CustomizeApplication", "ModifyMetadata", "ModifyAllData", "AssignPermissionSets"}
    org.setup.sets[made.id] = made
    return profile


def close_org(org: SalesforceOrg, stamp: str) -> None:
    """What makes a blank org strict: private sharing, and record types that offer not every value."""
    for name in ("Lead", "Contact", "Account", "Opportunity"):
        org.setup.sharing[name] = "Private"
    for name in ("Task", "Event", "EmailMessage"):
        org.setup.sharing[name] = "ControlledByParent"
    for name, choices in PARTNER_CHOICES.items():
        kind = org.data.objects[name.lower()]
        define_record_types(org, kind, RECORD_TYPES, stamp, ADMIN_USER)
        types = {row["DeveloperName"]: row["Id"] for row in _types_of(org, name)}
        org.setup.default_types[name] = types["New_Business"]
        org.setup.choices[types["Partner"]] = dict(choices)
    org.setup.touch()


def organise(org: SalesforceOrg, people: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Put people (`id`, `key`, `team`) into roles under the integration user's, with an app of their own to log in by.

    Every fifth lead and opportunity becomes one of a partner. Nothing of it moves a stamp.
    """
    stamp = show_instant(org.clock.now())
    top = add_row(org, "UserRole", {"Name": "営業統括", "DeveloperName": "Head_of_Sales"}, stamp)
    roles = {team: _role(org, team, top, stamp) for team in dict.fromkeys(one["team"] for one in people)}
    users = org.data.tables["User"]
    users.put({**users.rows[org.user_id], "UserRoleId": top})
    for one in people:
        users.put({**users.rows[to18(one["id"])], "UserRoleId": roles[one["team"]], "ProfileId": org.standard_profile})
        org.credentials.clients[f"sim-{one['key']}-key"] = Client(f"sim-{one['key']}-secret", to18(one["id"]))
    for name in PARTNER_CHOICES:
        partner = next((row["Id"] for row in _types_of(org, name) if row["DeveloperName"] == "Partner"), None)
        table = org.data.tables[name]
        for row in list(table.rows.values())[::5] if partner else ():
            table.put({**row, "RecordTypeId": partner})
    return {"roles": roles}


def _role(org: SalesforceOrg, team: str, top: str, stamp: str) -> str:
    name = {"Name": team, "DeveloperName": f"Role_{len(org.data.tables['UserRole'].rows)}", "ParentRoleId": top}
    return add_row(org, "UserRole", name, stamp)


def _types_of(org: SalesforceOrg, name: str) -> list[Row]:
    return [row for row in org.data.tables["RecordType"].rows.values() if row["SobjectType"] == name]


def revoke(org: SalesforceOrg, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Take from a user (default: the integration user) a `permission_set`, an `object`, or a `permission` of the system."""
    user = to18(asked.get("user") or org.user_id)
    profile = (org.data.tables["User"].rows.get(user) or {}).get("ProfileId") or org.standard_profile
    held = org.setup.sets_of(user, profile)
    if "permission_set" in asked:
        lost = {one.id for one in held if one.name == asked["permission_set"]}
        kept = {key: pair for key, pair in org.setup.assignments.items() if pair[0] != user or pair[1] not in lost}
        org.setup.assignments = kept
    for one in held:
        one.objects.pop(str(asked.get("object")), None)
        one.user_permissions.discard(str(asked.get("permission")))
    org.setup.touch()
    for kind in org.data.objects.values():
        org.touch_schema(kind)
    return {"left": [one.label for one in org.setup.sets_of(user, profile)]}


def give_away(org: SalesforceOrg, records: Sequence[str]) -> dict[str, Any]:
    """Records go to somebody whom nobody stands above: no longer shared with the integration user."""
    stamp = show_instant(org.clock.now())
    users = org.data.tables["User"].rows.values()
    outside = next((row["Id"] for row in users if row["Username"] == OUTSIDE), None)
    names = {
        "Username": OUTSIDE,
        "Email": OUTSIDE,
        "LastName": "Outside",
        "IsActive": True,
        "ProfileId": org.standard_profile,
    }
    outside = outside or add_row(org, "User", names, stamp)
    for record_id in records:
        found = org.data.target(to18(record_id))
        if found is None:
            raise ValueError(f"no record {record_id}")
        update_row(org, found[0], found[1], {"OwnerId": outside}, stamp, ADMIN_USER)
    return {"owner": outside}


def add_row(org: SalesforceOrg, object_name: str, record: dict[str, Any], stamp: str) -> str:
    kind = org.data.objects[object_name.lower()]
    return insert_row(org, kind, read_record(kind, record), stamp, ADMIN_USER)["Id"]
