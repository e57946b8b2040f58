"""Fields of the objects that an administrator works with: users, the company, permissions, what is built in the setup.

All of them follow the Object Reference and the Tooling API Reference and are unverified.
"""

from __future__ import annotations

from connectors.simulator.salesforce.admin.setup import USER_PERMISSIONS
from connectors.simulator.salesforce.record_fields import AUDIT, CREATED, address_fields

USER = (
    "Id id ro ! dflt\n"
    + """
Username string(80) !
LastName string(80) ! of=Name
FirstName string(40) of=Name
Name string(121) ro !
Email email(128) !
Alias string(8)
Title string(80)
Department string(80)
CompanyName string(80)
Phone phone(40)
MobilePhone phone(40)
IsActive boolean !
UserRoleId reference >UserRole:UserRole
ProfileId reference >Profile:Profile
UserType picklist(40) ro dflt restricted = Standard*|PowerPartner|CsnOnly|Guest
ManagerId reference >User:Manager
TimeZoneSidKey picklist(40) ! dflt
LocaleSidKey picklist(40) ! dflt
LanguageLocaleKey picklist(40) ! dflt
EmailEncodingKey picklist(40) ! dflt
LastLoginDate datetime ro
FederationIdentifier string(512)
Role__c string(255)
"""
    + AUDIT
)

ORGANIZATION = (
    "Id id ro ! dflt\nName string(80) !\n"
    + address_fields("")
    + """
Phone phone(40)
PrimaryContact string(80)
DefaultLocaleSidKey picklist(40) !
LanguageLocaleKey picklist(40) !
TimeZoneSidKey picklist(40) !
FiscalYearStartMonth int
OrganizationType picklist(40) ro
InstanceName string(5) ro
IsSandbox boolean ro !
NamespacePrefix string(15) ro
TrialExpirationDate datetime ro
"""
    + AUDIT
)

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
BUSINESS_HOURS = (
    "Id id ro ! dflt\nName string(80) !\nIsActive boolean !\nIsDefault boolean !\nTimeZoneSidKey picklist(40) !\n"
    + "".join(f"{day}StartTime time\n{day}EndTime time\n" for day in DAYS)
    + AUDIT
)

HOLIDAY = (
    "Id id ro ! dflt\nName string(80) !\nDescription string(255)\n"
    + """
ActivityDate date
IsAllDay boolean !
StartTimeInMinutes int
EndTimeInMinutes int
IsRecurrence boolean !
RecurrenceType picklist(40)
RecurrenceInterval int
RecurrenceDayOfWeekMask int
RecurrenceDayOfMonth int
RecurrenceInstance picklist(40)
RecurrenceMonthOfYear picklist(40)
RecurrenceStartDate date
RecurrenceEndDateOnly date
"""
    + AUDIT
)

NAMED = "Id id ro ! dflt\nName string(80) !\n"
USER_ROLE = NAMED + "DeveloperName string(80)\nParentRoleId reference >UserRole\n" + AUDIT
PROFILE = NAMED + "UserType picklist(40) ro\nDescription string(255)\n" + AUDIT
RECORD_TYPE = NAMED + "DeveloperName string(80)\nSobjectType picklist(40) !\nIsActive boolean !\n" + AUDIT
GROUP = (
    NAMED + "DeveloperName string(80)\nType picklist(40) ! = Regular|Queue|Role\nEmail email(255)\n"
    "OwnerId reference >User:Owner ro\n" + AUDIT
)

GROUP_MEMBER = (
    "Id id ro ! dflt\nGroupId reference >Group:Group oncreate !\nUserOrGroupId reference >User oncreate !\n"
    "SystemModstamp datetime ro ! dflt\n"
)

PERMISSION_SET = (
    NAMED
    + "Label string(80) !\nDescription string(255)\nProfileId reference >Profile:Profile ro\n"
    + "IsOwnedByProfile boolean ro !\nIsCustom boolean ro !\nType picklist(40) ro\nNamespacePrefix string(15) ro\n"
    + "".join(f"Permissions{name} boolean !\n" for name in sorted(USER_PERMISSIONS))
    + AUDIT
)
PERMISSION_SET_ASSIGNMENT = (
    "Id id ro ! dflt\nPermissionSetId reference >PermissionSet:PermissionSet oncreate !\n"
    "AssigneeId reference >User:Assignee oncreate !\nIsActive boolean ro !\n" + AUDIT
)
USER_PERMISSION_ACCESS = (
    "Id id ro ! dflt\nLastCacheUpdate datetime ro\n"
    + "".join(f"Permissions{name} boolean ro !\n" for name in sorted(USER_PERMISSIONS))
    + CREATED
)
OBJECT_PERMISSIONS = (
    "Id id ro ! dflt\nParentId reference >PermissionSet:Parent oncreate !\nSobjectType picklist(40) oncreate !\n"
    + "".join(
        f"Permissions{name} boolean !\n"
        for name in ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    )
    + AUDIT
)
FIELD_PERMISSIONS = (
    "Id id ro ! dflt\nParentId reference >PermissionSet:Parent oncreate !\nSobjectType picklist(40) oncreate !\n"
    "Field picklist(255) oncreate !\nPermissionsRead boolean !\nPermissionsEdit boolean !\n" + AUDIT
)
SETUP_ENTITY_ACCESS = (
    "Id id ro ! dflt\nParentId reference >PermissionSet:Parent oncreate !\n"
    "SetupEntityId reference >CustomPermission:SetupEntity oncreate !\nSetupEntityType picklist(40) ro\n" + AUDIT
)
CUSTOM_PERMISSION = (
    "Id id ro ! dflt\nDeveloperName string(80) ro !\nMasterLabel string(80) ro !\nDescription string(255) ro\n"
    "NamespacePrefix string(15) ro\n" + AUDIT
)
LIST_VIEW = (
    NAMED + "DeveloperName string(80) ro\nSobjectType picklist(40) ro\nNamespacePrefix string(15) ro\n"
    "IsSoqlCompatible boolean ro !\n" + AUDIT
)
ENTITY_DEFINITION = (
    "Id string(80) ro ! dflt\nDurableId string(255) ro\nQualifiedApiName string(70) ro\nDeveloperName string(70) ro\n"
    "Label string(255) ro\nPluralLabel string(255) ro\nKeyPrefix string(3) ro\nNamespacePrefix string(15) ro\n"
    "InternalSharingModel picklist(40) ro\nExternalSharingModel picklist(40) ro\nIsQueryable boolean ro !\n"
    "IsCustomizable boolean ro !\nIsFlowEnabled boolean ro !\n" + AUDIT
)
FIELD_DEFINITION = (
    "Id string(80) ro ! dflt\nDurableId string(255) ro\nQualifiedApiName string(70) ro\nDeveloperName string(70) ro\n"
    "Label string(255) ro\nMasterLabel string(255) ro\nDataType string(255) ro\nLength int ro\nPrecision int ro\n"
    "Scale int ro\nIsNillable boolean ro !\nNamespacePrefix string(15) ro\nDescription string(1000) ro\n"
    "EntityDefinitionId string(80) >EntityDefinition:EntityDefinition ro\n" + AUDIT
)
CUSTOM_FIELD = (
    "Id id ro ! dflt\nDeveloperName string(80)\nTableEnumOrId string(80)\nNamespacePrefix string(15) ro\n"
    "FullName string(255)\nMetadata anyType nofilter\nDescription string(1000) ro\nInlineHelpText string(510) ro\n"
    "EntityDefinitionId string(80) >EntityDefinition:EntityDefinition ro\n" + AUDIT
)
VALIDATION_RULE = (
    "Id id ro ! dflt\nValidationName string(80) ro\nActive boolean ro !\nDescription string(1000) ro\n"
    "ErrorDisplayField string(80) ro\nErrorMessage string(255) ro\nFullName string(255)\n"
    "Metadata anyType nofilter\nEntityDefinitionId string(80) >EntityDefinition:EntityDefinition ro\n" + AUDIT
)
APEX_TRIGGER = (
    NAMED + "TableEnumOrId string(80) ro\nStatus picklist(40) ro\nIsValid boolean ro !\n"
    "UsageBeforeInsert boolean ro !\nUsageAfterInsert boolean ro !\nUsageBeforeUpdate boolean ro !\n"
    "UsageAfterUpdate boolean ro !\n" + AUDIT
)
WORKFLOW_RULE = NAMED + "TableEnumOrId string(80) ro\n" + AUDIT
FLOW = (
    "Id id ro ! dflt\nDurableId string(255) ro\nApiName string(255) ro\nLabel string(255) ro\nIsActive boolean ro !\n"
    "ProcessType picklist(40) ro\nTriggerType picklist(40) ro\nRecordTriggerType picklist(40) ro\n"
    "TriggerObjectOrEventLabel string(255) ro\nTriggerObjectOrEventId string(255) ro\n" + AUDIT
)

USER_RECORD_ACCESS = """
UserId reference >User:User ro !
RecordId reference ro !
HasReadAccess boolean ro !
HasEditAccess boolean ro !
HasDeleteAccess boolean ro !
HasTransferAccess boolean ro !
HasAllAccess boolean ro !
MaxAccessLevel picklist(40) ro = None|Read|Edit|Delete|Transfer|All
"""
