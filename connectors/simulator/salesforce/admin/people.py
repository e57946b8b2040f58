"""Who is in an org from the start: its administrator, the integration user, their profiles, and how they log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.simulator.salesforce.admin.setup import USER_PERMISSIONS, PermissionSet, setup_id
from connectors.simulator.salesforce.change import insert_row
from connectors.simulator.salesforce.oauth import Client
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.world import read_record

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

INTEGRATION_USER = to18("0055g00000Integ")
ADMIN_USER = to18("0055g00000Admin")
ADMIN_KEY, ADMIN_SECRET = "sim-admin-key", "sim-admin-secret"
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


def close_org(org: SalesforceOrg) -> None:
    """What makes a blank org strict: private sharing."""
    for name in ("Lead", "Contact", "Account", "Opportunity"):
        org.setup.sharing[name] = "Private"
    for name in ("Task", "Event", "EmailMessage"):
        org.setup.sharing[name] = "ControlledByParent"
    org.setup.touch()


def add_row(org: SalesforceOrg, object_name: str, record: dict[str, Any], stamp: str) -> str:
    kind = org.data.objects[object_name.lower()]
    return insert_row(org, kind, read_record(kind, record), stamp, ADMIN_USER)["Id"]
