"""What Baton needs in a CRM before it can write a flag there, in nobody's vendor terms, and the port of who provides it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sync.core.mapping.spec import Text
from sync.core.model.flags import FlagField, FlagType
from sync.errors import Obstacle, Refusal
from sync.ports import Tenant


class InputType(StrEnum):
    """Of fields that people fill in and that no flag has."""

    DAY = "day"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice, and what people read."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class InputField:
    """A field of people's own: Baton reads it, and never writes it."""

    name: str
    """As the mapping names it, in the vendor's terms."""
    of: str
    """Id of the item, or name of the input, that it holds."""
    type: FlagType | InputType
    label: Text
    help: Text
    choices: tuple[Choice, ...] = ()
    length: int = 255
    approval: bool = False
    """Only those who approve exceptions may edit it."""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A field in which an item can be answered, as a rule at the pass tests it."""

    name: str
    type: FlagType | InputType
    """As setup would create it; the org's own field may be of another."""


@dataclass(frozen=True, slots=True)
class PassRule:
    """That nobody passes a record without this item. Tests people's fields alone, never one of ours."""

    item: str
    label: Text
    stage_field: str
    stages: tuple[str, ...]
    """Values of the stage field that mean the pass."""
    any_of: tuple[tuple[Answer, ...], ...]
    """One of these suffices; of each all parts are needed."""
    placeholders: tuple[str, ...]
    """Words that are no answer."""


@dataclass(frozen=True, slots=True)
class View:
    """A list that people work from."""

    name: str
    label: Text
    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    """(flag, its values); of an instant the value is `today`."""
    columns: tuple[str, ...]
    """Flags shown beside what names the record."""
    own: bool = False
    """Only records of the person who looks."""


@dataclass(frozen=True, slots=True)
class RecordOutfit:
    """What the records of one stream need."""

    stream: str
    flags: tuple[FlagField, ...]
    inputs: tuple[InputField, ...] = ()
    """Empty unless asked for."""
    views: tuple[View, ...] = ()
    rules: tuple[PassRule, ...] = ()
    """Empty unless asked for."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """All that is needed in one CRM."""

    connection: str
    language: str
    """Of labels where only one can be given."""
    records: tuple[RecordOutfit, ...]
    reads: Mapping[str, tuple[str, ...]]
    """By stream: mapped fields that are read and never written."""
    choices: Mapping[str, tuple[Choice, ...]]
    """By flag: the values of choices and what they are called."""
    help: Mapping[str, Text]
    """By flag: what people read who wonder what the field is."""

    def texts(self, flag: FlagField) -> tuple[Text, Text]:
        """(label, help) of one of our fields."""
        return Text(flag.label_ja, flag.label_en), self.help[flag.name]


class PieceKind(StrEnum):
    """What setup makes or finds."""

    FIELD = "field"
    GROUP = "group"
    PERMISSION_SET = "permission_set"
    ASSIGNMENT = "assignment"
    LIST_VIEW = "list_view"
    RULE = "rule"
    CUSTOM_PERMISSION = "custom_permission"
    RECORD_TYPE = "record_type"
    """Values of our picklists in a record type."""


class PieceState(StrEnum):
    THERE = "there"
    MISSING = "missing"
    DIFFERENT = "different"
    """There, and lacks something that can be added."""
    SURPLUS = "surplus"
    """Ours, and no longer wanted: it is taken away."""
    BLOCKED = "blocked"
    """Cannot be made as it is: see `Piece.reason`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that setup makes or finds: a field, a permission set, a list view."""

    kind: PieceKind
    name: str
    """In the vendor's terms, unique within its kind: `Lead.Baton_Status__c`."""
    state: PieceState
    label: str = ""
    details: tuple[str, ...] = ()
    """What would be added to it, or what is in the way."""
    reason: Obstacle | None = None
    """Why it is blocked, or cannot be made from here."""
    kept: bool = False
    """Of what is removed: it holds what people typed, and stays unless that is asked for."""


def refusals_of(pieces: Iterable[Piece]) -> list[Refusal]:
    """What keeps those from being made that are blocked."""
    return [
        Refusal(one.reason or Obstacle.FAILED, one.name, " → ".join(one.details))
        for one in pieces
        if one.state is PieceState.BLOCKED
    ]


Tell = Callable[[Piece], None]
"""Told of each piece as soon as it is done, so that a stopped run has said what it did."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A right that an administrator's credentials lack."""

    code: str
    """`customize`, `assign`, `schemas`."""
    named: tuple[str, ...] = ()
    """What the vendor calls it."""


class Administrator(Protocol):
    """Who changes what a CRM looks like. Used by setup alone, never by the daemon, and with credentials of its own."""

    connection: str

    def tenant(self) -> Tenant:
        """Whose CRM this is. Raises AuthError, TransientError."""
        ...

    def lacks(self) -> Sequence[Lack]:
        """Rights that are needed to change anything and that these credentials do not have."""
        ...

    def look(self, outfit: Outfit) -> Sequence[Piece]:
        """Everything that is wanted, and whether it is there. Changes nothing."""
        ...

    def apply(self, outfit: Outfit, tell: Tell) -> None:
        """Make what is missing. Asked again it goes on where it stopped. Raises SetupRefused."""
        ...

    def export(self, outfit: Outfit) -> Mapping[str, bytes]:
        """What an administrator needs who does it without us, for this very CRM: files by path. Changes nothing."""
        ...

    def leftovers(self, outfit: Outfit, *, inputs: bool) -> Sequence[Piece]:
        """All of ours that is there; with `inputs` also the fields that setup made for people, which hold what they typed."""
        ...

    def remove(self, outfit: Outfit, tell: Tell, *, inputs: bool) -> None:
        """Take all of that out again. Asked again it goes on where it stopped. Raises SetupRefused."""
        ...
