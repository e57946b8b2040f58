"""The org as it is before anyone adds a field to it: standard objects, and the custom fields of the shipped mapping.

Types, lengths and flags follow describe recordings of a scratch org (API v59) where there is one (Lead, Contact,
Account, Opportunity, OpportunityContactRole, Event); the rest follows the Object Reference and is unverified.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from connectors.simulator.salesforce.admin.setup import GRANTING, USER_PERMISSIONS
from connectors.simulator.salesforce.definition import parse_fields
from connectors.simulator.salesforce.schema import Field, ObjectType

ID = "Id id ro ! dflt\nIsDeleted boolean ro !\n"
CREATED = "CreatedDate datetime ro ! dflt\nCreatedById reference >User:CreatedBy ro ! dflt\n"
AUDIT = (
    CREATED
    + "LastModifiedDate datetime ro ! dflt\nLastModifiedById reference >User:LastModifiedBy ro ! dflt\n"
    + "SystemModstamp datetime ro ! dflt\n"
)
VIEWED = "LastActivityDate date ro\nLastViewedDate datetime ro\nLastReferencedDate datetime ro\n"

HANDOFF = """
SQL_Date__c date
SQL_Reason__c textarea(2000)
Budget_Status__c picklist(255) = secured|expected|none|unknown
Budget_Amount__c string(255)
Desired_Timing__c string(255)
Decision_Maker__c string(255)
Decision_Process__c textarea(2000)
Pain__c textarea(2000)
Purpose__c textarea(2000)
Competitors__c string(255)
Contact_History__c textarea(2000)
Engaged_Content__c string(255)
NG_Topics__c textarea(2000)
Next_Action__c string(255)
Handoff_Memo__c textarea(2000)
FS_Decision__c picklist(255) = accepted|returned
Return_Reason__c picklist(255) = incomplete|not_qualified|duplicate|wrong_owner|other
Waiver_Items__c string(255)
Waiver_Reason__c string(255)
Waiver_Until__c date
Waiver_Approved__c boolean
"""


def _address(prefix: str) -> str:
    whole = f"{prefix}Address"
    return (
        f"{prefix}Street textarea(255) of={whole}\n{prefix}City string(40) of={whole}\n"
        f"{prefix}State string(80) of={whole}\n{prefix}PostalCode string(20) of={whole}\n"
        f"{prefix}Country string(80) of={whole}\n{prefix}Latitude double(18.15) of={whole}\n"
        f"{prefix}Longitude double(18.15) of={whole}\n"
        f"{prefix}GeocodeAccuracy picklist(40) restricted of={whole} = Address|Block|Street|City|State|Unknown\n"
        f"{whole} address\n"
    )


PERSON = """
LastName string(80) ! of=Name
FirstName string(40) of=Name
Salutation picklist(40) of=Name = Mr.|Ms.|Mrs.|Dr.|Prof.
Name string(121) ro !
Title string(128)
Phone phone(40)
MobilePhone phone(40)
Fax phone(40)
Email email(80)
EmailBouncedReason string(255)
EmailBouncedDate datetime
Description textarea(32000)
LeadSource picklist(255) = Web|Phone Inquiry|Partner Referral|Purchased List|Other
OwnerId reference >{owners}:Owner ! dflt
Jigsaw string(20)
IndividualId reference
PhotoUrl url(255) ro
"""

LEAD = (
    ID
    + "MasterRecordId reference >Lead:MasterRecord ro\n"
    + PERSON.format(owners="Group,User")
    + _address("")
    + """
Company string(255) !
Website url(255)
Status picklist(255) ! dflt = Open - Not Contacted*|Working - Contacted|Closed - Converted|Closed - Not Converted
Industry picklist(255) = Agriculture|Banking|Construction|Education|Manufacturing|Retail|Technology|Other
Rating picklist(255) = Hot|Warm|Cold
AnnualRevenue currency(18.0)
NumberOfEmployees int
IsConverted boolean oncreate !
ConvertedDate date ro
ConvertedAccountId reference >Account:ConvertedAccount ro
ConvertedContactId reference >Contact:ConvertedContact ro
ConvertedOpportunityId reference >Opportunity:ConvertedOpportunity ro
IsUnreadByOwner boolean !
Department__c string(80)
"""
    + AUDIT
    + VIEWED
    + HANDOFF
)

CONTACT = (
    ID
    + "MasterRecordId reference >Contact:MasterRecord ro\nAccountId reference >Account:Account\n"
    + PERSON.format(owners="User")
    + _address("Mailing")
    + _address("Other")
    + """
HomePhone phone(40)
OtherPhone phone(40)
AssistantPhone phone(40)
AssistantName string(40)
ReportsToId reference >Contact:ReportsTo
Department string(80)
Birthdate date
IsEmailBounced boolean ro !
"""
    + AUDIT
    + VIEWED
    + HANDOFF
)

ACCOUNT = (
    ID
    + "MasterRecordId reference >Account:MasterRecord ro\nName string(255) !\n"
    + _address("Billing")
    + _address("Shipping")
    + """
Type picklist(40) = Prospect|Customer - Direct|Customer - Channel|Channel Partner / Reseller|Other
ParentId reference >Account:Parent
Phone phone(40)
Fax phone(40)
AccountNumber string(40)
Website url(255)
Industry picklist(40) = Agriculture|Banking|Construction|Education|Manufacturing|Retail|Technology|Other
AnnualRevenue currency(18.0)
NumberOfEmployees int
Description textarea(32000)
Rating picklist(40) = Hot|Warm|Cold
OwnerId reference >User:Owner ! dflt
AccountSource picklist(40) = Web|Phone Inquiry|Partner Referral|Purchased List|Other
"""
    + AUDIT
    + VIEWED
)

OPPORTUNITY = (
    ID
    + """
AccountId reference >Account:Account
IsPrivate boolean !
Name string(120) !
Description textarea(32000)
StageName picklist(255) ! = Prospecting|Qualification|Needs Analysis|Value Proposition|Id. Decision Makers|Perception Analysis|Proposal/Price Quote|Negotiation/Review|Closed Won|Closed Lost
Amount currency(18.2)
Probability percent(3.0) dflt
ExpectedRevenue currency(18.2) ro
TotalOpportunityQuantity double(18.2)
CloseDate date !
Type picklist(255) = Existing Business|New Business
RecordTypeId reference >RecordType:RecordType
NextStep string(255)
LeadSource picklist(255) = Web|Phone Inquiry|Partner Referral|Purchased List|Other
IsClosed boolean ro !
IsWon boolean ro !
ForecastCategory picklist(40) ro restricted = Omitted|Pipeline|BestCase|MostLikely|Forecast|Closed
ForecastCategoryName picklist(255) dflt restricted = Omitted|Pipeline|Best Case|Commit|Closed
CampaignId reference
HasOpportunityLineItem boolean ro !
OwnerId reference >User:Owner ! dflt
LastStageChangeDate datetime ro
FiscalQuarter int ro
FiscalYear int ro
ContactId reference >Contact oncreate
"""
    + AUDIT
    + VIEWED
    + HANDOFF
)

ROLE = (
    ID
    + """
OpportunityId reference >Opportunity:Opportunity oncreate !
ContactId reference >Contact:Contact !
Role picklist(40) = Business User|Decision Maker|Economic Buyer|Economic Decision Maker|Evaluator|Executive Sponsor|Influencer|Technical Buyer|Other
IsPrimary boolean !
"""
    + AUDIT
)

ACTIVITY = """
WhoId reference >Contact,Lead:Who
WhatId reference >Account,Opportunity:What
Subject combobox(255) = Call|Email|Send Letter|Send Quote|Other
ActivityDate date
Description textarea(32000)
OwnerId reference >{owners}:Owner ! dflt
AccountId reference >Account:Account ro
IsArchived boolean ro !
IsRecurrence boolean oncreate !
IsReminderSet boolean !
ReminderDateTime datetime
"""

TASK = (
    ID
    + ACTIVITY.format(owners="Group,User")
    + """
Status picklist(255) ! dflt = Not Started*|In Progress|Completed|Waiting on someone else|Deferred
Priority picklist(255) ! dflt = High|Normal*|Low
IsHighPriority boolean ro !
IsClosed boolean ro !
TaskSubtype picklist(40) oncreate restricted dflt = Task*|Email|ListEmail|Cadence|Call|LinkedIn
CallDurationInSeconds int
CallType picklist(40) restricted = Internal|Inbound|Outbound
CallDisposition string(255)
CallObject string(255)
CompletedDateTime datetime ro
"""
    + AUDIT
)

EVENT = (
    ID
    + ACTIVITY.format(owners="Calendar,User")
    + """
Location string(255)
IsAllDayEvent boolean !
ActivityDateTime datetime
DurationInMinutes int
StartDateTime datetime
EndDateTime datetime
EndDate date ro
IsPrivate boolean !
ShowAs picklist(40) restricted dflt = Busy*|OutOfOffice|Free
IsChild boolean ro !
IsGroupEvent boolean ro !
GroupEventType picklist(40) ro restricted dflt = 0*|1|2|3
EventSubtype picklist(40) oncreate restricted dflt = Event*
IsRecurrence2 boolean ro !
"""
    + AUDIT
)

EMAIL = (
    ID
    + """
ParentId reference >Case:Parent oncreate
ActivityId reference >Task:Activity oncreate
RelatedToId reference >Account,Opportunity,Contact,Lead:RelatedTo
FromAddress email(1000)
FromName string(1000)
ToAddress string(4000)
CcAddress string(4000)
Subject string(3000)
TextBody textarea(32000)
MessageDate datetime
Status picklist(40) restricted = 0|1|2|3|4|5
Incoming boolean !
IsOpened boolean ro !
FirstOpenedDate datetime ro
LastOpenedDate datetime ro
IsBounced boolean ro !
HasAttachment boolean ro !
ThreadIdentifier string(255)
MessageIdentifier string(255)
"""
    + AUDIT
)

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

LEAD_HISTORY = (
    ID
    + "LeadId reference >Lead:Lead ro !\n"
    + CREATED
    + "Field picklist(255) ro !\nDataType picklist(255) ro\nOldValue anyType ro nofilter\nNewValue anyType ro nofilter\n"
)

OPPORTUNITY_FIELD_HISTORY = LEAD_HISTORY.replace(
    "LeadId reference >Lead:Lead", "OpportunityId reference >Opportunity:Opportunity"
)

OPPORTUNITY_HISTORY = (
    ID
    + "OpportunityId reference >Opportunity:Opportunity ro !\n"
    + CREATED
    + """
StageName picklist(255) ro
Amount currency(18.2) ro
ExpectedRevenue currency(18.2) ro
CloseDate date ro
Probability percent(3.0) ro
ForecastCategory picklist(40) ro
PrevAmount currency(18.2) ro
PrevCloseDate date ro
SystemModstamp datetime ro ! dflt
"""
)

ORGANIZATION = (
    "Id id ro ! dflt\nName string(80) !\n"
    + _address("")
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
