"""The objects we read, the field that orders their changes, and the fields that their facts need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.core.model.records import Kind


@dataclass(frozen=True, slots=True)
class Stream:
    name: str
    kind: Kind
    fact_fields: tuple[str, ...]
    """Read where the org and the user's rights allow; a fact whose field is missing is absent."""
    stamp: str = "SystemModstamp"


_PERSON = ("CreatedDate", "OwnerId", "MasterRecordId")
_ACTIVITY = ("CreatedDate", "CreatedById", "OwnerId", "WhoId", "WhatId", "Description")

STREAMS: Mapping[str, Stream] = {
    stream.name: stream
    for stream in (
        Stream(
            "Lead",
            Kind.PERSON,
            (*_PERSON, "IsConverted", "ConvertedDate", "ConvertedContactId", "ConvertedOpportunityId"),
        ),
        Stream("Contact", Kind.PERSON, (*_PERSON, "AccountId")),
        Stream("Account", Kind.ACCOUNT, ("Type", "MasterRecordId")),
        Stream("Opportunity", Kind.DEAL, ("CreatedDate", "OwnerId", "IsClosed", "IsWon", "StageName", "AccountId")),
        Stream("OpportunityContactRole", Kind.ROLE, ("ContactId", "OpportunityId", "Role", "IsPrimary")),
        Stream(
            "Task",
            Kind.ACTIVITY,
            (
                *_ACTIVITY,
                "TaskSubtype",
                "Type",
                "CallType",
                "CallDurationInSeconds",
                "CallDisposition",
                "IsClosed",
                "ActivityDate",
                "CompletedDateTime",
            ),
        ),
        Stream(
            "Event",
            Kind.ACTIVITY,
            (
                *_ACTIVITY,
                "StartDateTime",
                "EndDateTime",
                "ActivityDate",
                "IsAllDayEvent",
                "IsChild",
                "IsRecurrence",
                "ShowAs",
            ),
        ),
        Stream(
            "EmailMessage",
            Kind.ACTIVITY,
            ("CreatedDate", "CreatedById", "RelatedToId", "MessageDate", "Status", "Incoming", "IsBounced", "TextBody"),
        ),
        Stream("User", Kind.USER, ("Email", "IsActive", "Role__c", "UserRole.Name", "Profile.Name")),
        # History rows are written once and never change: CreatedDate orders them.
        Stream(
            "LeadHistory",
            Kind.HISTORY,
            ("LeadId", "Field", "OldValue", "NewValue", "CreatedById"),
            stamp="CreatedDate",
        ),
        # Only where the admin tracks fields of opportunities; an org that never did has no such object.
        Stream(
            "OpportunityFieldHistory",
            Kind.HISTORY,
            ("OpportunityId", "Field", "OldValue", "NewValue", "CreatedById"),
            stamp="CreatedDate",
        ),
        Stream("OpportunityHistory", Kind.HISTORY, ("OpportunityId", "StageName", "CreatedById"), stamp="CreatedDate"),
    )
}

ABSENT_IN_MANY_ORGS = frozenset({"RecordType.Name"})
"""An org without record types has no field that leads there: nothing that an admin could open to us."""
