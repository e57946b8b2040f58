"""Fields of the objects that sales people work with, and the custom fields of the shipped mapping on them.

Types, lengths and flags follow describe recordings of a scratch org (API v59) where there is one (Lead, Contact,
Account, Opportunity, OpportunityContactRole, Event); the rest follows the Object Reference and is unverified.
"""

from __future__ import annotations

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


def address_fields(prefix: str) -> str:
    """An address and the parts that it is made of."""
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
    + address_fields("")
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
    + address_fields("Mailing")
    + address_fields("Other")
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
    + address_fields("Billing")
    + address_fields("Shipping")
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
