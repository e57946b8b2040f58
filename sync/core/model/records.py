"""Source records as the core sees them: what a connector read, in words that belong to no vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sync.core.model.fixed import fixed


class RecordRef(NamedTuple):
    """Names one record of one connection; written `connection:stream:id`."""

    connection: str
    stream: str
    record_id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.stream}:{self.record_id}"

    @classmethod
    def parse(cls, text: str) -> RecordRef:
        """Read `connection:stream:id` back; raises ValueError on anything else."""
        connection, stream, record_id = text.split(":", 2)
        return cls(connection, stream, record_id)


class Kind(StrEnum):
    """What a record is to a handoff. Every stream of a connector has one kind."""

    PERSON = "person"
    """Somebody who may be handed over (HubSpot contact, Salesforce Lead and Contact)."""
    DEAL = "deal"
    """A Salesforce Opportunity."""
    ROLE = "role"
    """Says that a person belongs to a deal (OpportunityContactRole)."""
    ACCOUNT = "account"
    ACTIVITY = "activity"
    """A call, mail, meeting, message or task."""
    HISTORY = "history"
    """One change of one field of a person or deal, as the CRM recorded it."""
    QUALIFICATION = "qualification"
    """A HubSpot lead object: kept and shown beside its contact, judged by nothing yet."""
    USER = "user"
    """A colleague (Salesforce User, HubSpot owner)."""
    ABSENCE = "absence"
    """A colleague is away (a Salesforce Event shown as out of office). No stream's kind: single rows of one are."""


class KeyRole(StrEnum):
    """What a key of a record is used for."""

    SELF = "self"
    """The record's own `connection:stream:id`."""
    RECORD_ID = "record_id"
    """The id of a record in another stream that is the same person or deal (conversion, contact role, native sync)."""
    EMAIL = "email"
    """A normalised personal e-mail address."""
    SUBJECT = "subject"
    """An activity, history row or qualification hangs on the record of this key; an absence on its colleague."""
    CONTEXT = "context"
    """The record's items draw on the record of this key (a person's or deal's account)."""


class RecordKey(NamedTuple):
    role: KeyRole
    key: str


@fixed
class SourceRecord:
    """One record as a connector delivers it and the store keeps it.

    `values` holds the mapped vendor fields by their API name, untouched. A name that is absent was not readable;
    None is empty. `facts` holds what the connector knows about the record in vendor-free names (see the README of
    this room for the names per kind); instants in it are ISO 8601 in UTC ending in `Z`, dates are `YYYY-MM-DD`.
    `flags` holds our own fields as the CRM has them now, by flag name, canonical (see `flags.py`); None where the
    stream carries no flags.
    """

    ref: RecordRef
    kind: Kind
    modified_at: datetime
    """The CRM's own stamp (aware, UTC)."""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    flags: Mapping[str, Any] | None = None
    deleted: bool = False
