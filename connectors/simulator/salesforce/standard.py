"""The org as it is before anyone adds a field to it: its objects with their fields, prefixes and what may be done with them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from connectors.simulator.salesforce.admin.setup import GRANTING
from connectors.simulator.salesforce.definition import parse_fields
from connectors.simulator.salesforce.record_fields import (
    ACCOUNT,
    CONTACT,
    EMAIL,
    EVENT,
    LEAD,
    LEAD_HISTORY,
    OPPORTUNITY,
    OPPORTUNITY_FIELD_HISTORY,
    OPPORTUNITY_HISTORY,
    ROLE,
    TASK,
)
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.setup_fields import (
    APEX_TRIGGER,
    BUSINESS_HOURS,
    CUSTOM_FIELD,
    CUSTOM_PERMISSION,
    ENTITY_DEFINITION,
    FIELD_DEFINITION,
    FIELD_PERMISSIONS,
    FLOW,
    GROUP,
    GROUP_MEMBER,
    HOLIDAY,
    LIST_VIEW,
    OBJECT_PERMISSIONS,
    ORGANIZATION,
    PERMISSION_SET,
    PERMISSION_SET_ASSIGNMENT,
    PROFILE,
    RECORD_TYPE,
    SETUP_ENTITY_ACCESS,
    USER,
    USER_PERMISSION_ACCESS,
    USER_RECORD_ACCESS,
    USER_ROLE,
    VALIDATION_RULE,
    WORKFLOW_RULE,
)

TABLES = {
    "Lead": ("00Q", LEAD),
    "Contact": ("003", CONTACT),
    "Account": ("001", ACCOUNT),
    "Opportunity": ("006", OPPORTUNITY),
    "OpportunityContactRole": ("00K", ROLE),
    "Task": ("00T", TASK),
    "Event": ("00U", EVENT),
    "EmailMessage": ("02s", EMAIL),
    "User": ("005", USER),
    "UserRole": ("00E", USER_ROLE),
    "Profile": ("00e", PROFILE),
    "RecordType": ("012", RECORD_TYPE),
    "Group": ("00G", GROUP),
    "GroupMember": ("011", GROUP_MEMBER),
    "LeadHistory": ("017", LEAD_HISTORY),
    "OpportunityFieldHistory": ("017", OPPORTUNITY_FIELD_HISTORY),
    "OpportunityHistory": ("008", OPPORTUNITY_HISTORY),
    "Organization": ("00D", ORGANIZATION),
    "BusinessHours": ("01m", BUSINESS_HOURS),
    "Holiday": ("0C0", HOLIDAY),
    "UserRecordAccess": ("000", USER_RECORD_ACCESS),
    "UserPermissionAccess": ("0Pu", USER_PERMISSION_ACCESS),
    "PermissionSet": ("0PS", PERMISSION_SET),
    "PermissionSetAssignment": ("0Pa", PERMISSION_SET_ASSIGNMENT),
    "ObjectPermissions": ("110", OBJECT_PERMISSIONS),
    "FieldPermissions": ("01k", FIELD_PERMISSIONS),
    "SetupEntityAccess": ("0J0", SETUP_ENTITY_ACCESS),
    "CustomPermission": ("0CP", CUSTOM_PERMISSION),
    "ListView": ("00B", LIST_VIEW),
    "EntityDefinition": ("4ie", ENTITY_DEFINITION),
    "FieldDefinition": ("4fe", FIELD_DEFINITION),
    "CustomField": ("00N", CUSTOM_FIELD),
    "ValidationRule": ("03d", VALIDATION_RULE),
    "ApexTrigger": ("01q", APEX_TRIGGER),
    "WorkflowRule": ("01Q", WORKFLOW_RULE),
    "FlowDefinitionView": ("3dd", FLOW),
}

CHILDREN = {
    "Lead": {"Tasks": ("Task", "WhoId"), "Events": ("Event", "WhoId"), "Histories": ("LeadHistory", "LeadId")},
    "Contact": {
        "Tasks": ("Task", "WhoId"),
        "Events": ("Event", "WhoId"),
        "OpportunityContactRoles": ("OpportunityContactRole", "ContactId"),
    },
    "Account": {
        "Contacts": ("Contact", "AccountId"),
        "Opportunities": ("Opportunity", "AccountId"),
        "Tasks": ("Task", "WhatId"),
        "Events": ("Event", "WhatId"),
        "Emails": ("EmailMessage", "RelatedToId"),
    },
    "Opportunity": {
        "OpportunityContactRoles": ("OpportunityContactRole", "OpportunityId"),
        "OpportunityHistories": ("OpportunityHistory", "OpportunityId"),
        "Histories": ("OpportunityFieldHistory", "OpportunityId"),
        "Tasks": ("Task", "WhatId"),
        "Events": ("Event", "WhatId"),
        "Emails": ("EmailMessage", "RelatedToId"),
    },
}

READ_ONLY = {
    "LeadHistory",
    "OpportunityFieldHistory",
    "OpportunityHistory",
    "Organization",
    "BusinessHours",
    "Holiday",
    "Profile",
    "UserRecordAccess",
    "UserPermissionAccess",
    "CustomPermission",
    "ListView",
    "EntityDefinition",
    "FieldDefinition",
    "CustomField",
    "ValidationRule",
    "ApexTrigger",
    "WorkflowRule",
    "FlowDefinitionView",
}
NOT_REPLICATEABLE = {"BusinessHours", "GroupMember", "EmailMessage", "UserRecordAccess"}
REPLICATEABLE = {
    "LeadHistory",
    "OpportunityFieldHistory",
    "OpportunityHistory",
    "Organization",
    "Holiday",
    "Profile",
}
LABELS = {"OpportunityContactRole": "Opportunity Contact Role", "EmailMessage": "Email Message", "UserRole": "Role"}


def standard_objects() -> dict[str, ObjectType]:
    """Fresh objects by name; every org changes its own copy."""
    return {name: _make_object(name, *entry) for name, entry in TABLES.items()}


def _make_object(name: str, prefix: str, table: str) -> ObjectType:
    label = LABELS.get(name, name)
    made = ObjectType(name, prefix, label, label if name == "OpportunityContactRole" else _plural(label))
    made.createable = made.updateable = made.deletable = name not in READ_ONLY
    made.deletable = made.deletable and name != "User"
    made.replicateable = (
        name not in NOT_REPLICATEABLE and name not in GRANTING and name not in READ_ONLY - REPLICATEABLE
    )
    made.mergeable = name in ("Lead", "Contact", "Account")
    made.add(replace(item) for item in _parsed(table))
    for relationship, child in CHILDREN.get(name, {}).items():
        made.children[relationship.lower()] = child
        made.child_names[relationship.lower()] = relationship
    return made


@cache
def _parsed(table: str) -> tuple[Field, ...]:
    return tuple(parse_fields(table))


def _plural(label: str) -> str:
    return label.removesuffix("y") + "ies" if label.endswith("y") else label + "s"
