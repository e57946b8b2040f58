"""What `baton check` asks of a CRM: facts about an account, its objects and a sample of its records. Nothing is judged here.

Beside `sync.ports`, and for the same reason vendor-free: a connector's source may answer it (`Inspects`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from sync.core.model.records import RecordRef, SourceRecord
from sync.errors import BatonError
from sync.ports import StreamSpec


class Sort(StrEnum):
    """What sort of values a field takes."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field as the user that Baton signs in as sees it."""

    name: str
    sort: Sort
    label: str = ""
    length: int | None = None
    """Characters; of numbers: digits before the point. None: no limit that matters."""
    writable: bool = True
    guarded: bool = True
    """Whether a right to this field can be given and withheld; required fields go with the record."""
    choices: tuple[str, ...] | None = None
    """Values that are offered; None where there is no list."""
    closed: bool = False
    """Whether values beside the list are refused."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """One object of a CRM, as this user sees it."""

    stream: str
    fields: Mapping[str, FieldFacts]
    """Those that may be read."""
    own: Mapping[str, str] = field(default_factory=dict[str, str])
    """Flag → the name that its field has, or should have, on this object."""
    editable: bool = True
    """Whether the user may change such records at all."""
    unread_facts: tuple[str, ...] = ()
    """Fields that the judgement rests on (owner, dates, directions) and that cannot be read."""
    record_types: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=dict[str, Mapping[str, tuple[str, ...]]]
    )
    """Record type → of our own fields with a list, what it offers; without those of which nobody tells."""
    sees_all: bool | None = None
    """Whether the user sees every such record whoever owns it; None: nobody tells."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account, and as whom Baton signs in."""

    user: str
    """As people there find it: a user name, an app."""
    edition: str = ""
    lacking: tuple[str, ...] = ()
    """Scopes or permissions without which something does not work."""
    rights_known: bool = True
    """Whether the account tells which rights the user has."""
    rights_by_field: bool = False
    """Whether rights differ by field, so that the user could be kept from all fields but ours."""
    native_sync: bool = False
    """The vendors' own sync between the two CRMs runs here, or ran."""
    fiscal_year_start: int | None = None
    """Month."""


class Held(StrEnum):
    """How a value has to be for a record to be counted."""

    ONE_OF = "one_of"
    NONE_OF = "none_of"
    """Records without a value count too."""


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    held: Held
    values: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """Which records of a stream to count: all conditions hold."""

    stream: str
    conditions: tuple[Condition, ...] = ()
    open: bool = False
    """Not closed, not converted."""
    with_role: bool = False
    """Deals: those that a contact role ties to anybody."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the user may do with one record."""

    ref: RecordRef
    reads: bool
    edits: bool
    gone: bool = False
    """Deleted, or converted: nobody could write it."""


@runtime_checkable
class Inspects(Protocol):
    """A source that can tell about its account. All of it reads; nothing is changed. Raises AuthError, TransientError."""

    def inspect_account(self, specs: Sequence[StreamSpec]) -> AccountFacts: ...

    def inspect_objects(self, specs: Sequence[StreamSpec]) -> Mapping[str, ObjectFacts | BatonError]:
        """By stream; StreamUnavailable where the tenant lets nobody read it."""
        ...

    def sample(self, specs: Sequence[StreamSpec], size: int) -> Mapping[str, Sequence[SourceRecord] | BatonError]:
        """The newest records of each stream, `size` at most, deleted and converted ones apart. `specs` as `available`
        gave them."""
        ...

    def count(self, asked: Sequence[Counted]) -> Sequence[int | None]:
        """In the order of the question; None where the CRM does not tell."""
        ...

    def find_access(self, refs: Sequence[RecordRef]) -> Sequence[Access]:
        """Of records of one connection, 200 a stream at most; empty where rights do not differ by record."""
        ...
