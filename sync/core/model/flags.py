"""Flags: standing statements on a CRM record, by canonical name and value.

Canonical values: text (str), whole numbers (int), instants as `YYYY-MM-DDTHH:MM:SSZ` text, several ids joined by `;`,
None for empty. Connectors translate names and values to their CRM's wire form and back; nobody else does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.core.model.records import Kind


class FlagType(StrEnum):
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    NUMBER = "number"
    INSTANT = "instant"
    TEXT = "text"
    LONG_TEXT = "long_text"


@dataclass(frozen=True, slots=True)
class FlagField:
    """One flag that Baton owns on a record."""

    name: str
    type: FlagType
    label_ja: str
    label_en: str
    choices: tuple[str, ...] = ()
    length: int = 255
    """Characters; of a number: digits."""
    on: frozenset[Kind] = frozenset({Kind.PERSON, Kind.DEAL})
    """Records of these kinds have the field."""
    follows: bool = False
    """Other text in place of its text is no reason to write: it goes along when another flag of the record changes."""
    choice: str = ""
    """The switch in `flags` of config/baton.yaml without which the field exists nowhere; empty: always there."""

    def label(self, language: str) -> str:
        """As people read it: `ja`, else English."""
        return self.label_ja if language == "ja" else self.label_en


class Status(StrEnum):
    """Handoff status; the first that applies, in this order."""

    OUT_OF_SCOPE = "out_of_scope"
    RETURNED = "returned"
    UNDETERMINED = "undetermined"
    PASSED_INCOMPLETE = "passed_incomplete"
    PREPARING = "preparing"
    PASSED = "passed"
    READY = "ready"


class Verdict(StrEnum):
    """Of the SQL criteria together."""

    QUALIFIED = "qualified"
    NOT_QUALIFIED = "not_qualified"
    UNDETERMINED = "undetermined"
    WAIVED = "waived"


class CriterionState(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Actor(StrEnum):
    """Who acts next."""

    IS = "is"
    FS = "fs"
    REVOPS = "revops"
    NONE = "none"


class SlaState(StrEnum):
    WAITING = "waiting"
    AT_RISK = "at_risk"
    MET = "met"
    BREACHED = "breached"
    MET_LATE = "met_late"
    PAUSED = "paused"
    UNVERIFIED = "unverified"
    NONE = "none"


_SLA_CHOICES = tuple(s.value for s in SlaState)

FLAG_FIELDS: tuple[FlagField, ...] = (
    FlagField("status", FlagType.CHOICE, "引き継ぎ状況", "Handoff status", tuple(s.value for s in Status)),
    FlagField("sql_verdict", FlagType.CHOICE, "SQL判定", "SQL verdict", tuple(v.value for v in Verdict)),
    FlagField("missing_items", FlagType.MULTI_CHOICE, "不足項目", "Missing items"),
    FlagField("missing_count", FlagType.NUMBER, "不足項目数", "Missing items (count)", length=4),
    FlagField("unmet_criteria", FlagType.MULTI_CHOICE, "未達のSQL基準", "Unmet SQL criteria"),
    FlagField("next_actor", FlagType.CHOICE, "次の対応者", "Next actor", tuple(a.value for a in Actor)),
    FlagField("note", FlagType.LONG_TEXT, "引き継ぎメモ（自動）", "Handoff note (automatic)", length=2000),
    FlagField("brief", FlagType.LONG_TEXT, "引き継ぎサマリー（自動）", "Handoff brief (automatic)", length=4000,
              on=frozenset({Kind.DEAL}), follows=True),
    FlagField("is_sla", FlagType.CHOICE, "IS初回接触：状況", "IS first contact: SLA", _SLA_CHOICES),
    FlagField("is_due", FlagType.INSTANT, "IS初回接触：期限", "IS first contact: due"),
    FlagField("is_at", FlagType.INSTANT, "IS初回接触：日時", "IS first contact: at"),
    FlagField("fs_sla", FlagType.CHOICE, "FS初回対応：状況", "FS first contact: SLA", _SLA_CHOICES),
    FlagField("fs_due", FlagType.INSTANT, "FS初回対応：期限", "FS first contact: due"),
    FlagField("fs_at", FlagType.INSTANT, "FS初回対応：日時", "FS first contact: at"),
    FlagField("missing_at_pass", FlagType.MULTI_CHOICE, "パス時点の不足項目", "Missing at pass"),
    FlagField("passed_at", FlagType.INSTANT, "パス日時", "Passed at"),
    FlagField("definition", FlagType.TEXT, "適用したパス基準", "Definition version", length=80),
    FlagField("ng_reference", FlagType.LONG_TEXT, "NG事項（参照）", "NG reference", length=32_000,
              on=frozenset({Kind.DEAL}), choice="ng_reference"),
    FlagField("is_minutes", FlagType.NUMBER, "IS初回接触：対応時間（分）", "IS first contact: minutes", length=7, choice="minutes"),
    FlagField("fs_minutes", FlagType.NUMBER, "FS初回対応：対応時間（分）", "FS first contact: minutes", length=7, choice="minutes"),
    FlagField("attempts", FlagType.NUMBER, "接触回数", "Attempts", length=4, choice="attempts"),
)  # fmt: skip

FLAG_NAMES: tuple[str, ...] = tuple(f.name for f in FLAG_FIELDS)
EXACT_NAMES: tuple[str, ...] = tuple(f.name for f in FLAG_FIELDS if f.type is not FlagType.LONG_TEXT and not f.choice)
"""All but the texts for people and what is there by choice: there is exactly one right value of each."""
CHOICES: frozenset[str] = frozenset(f.choice for f in FLAG_FIELDS if f.choice)


def fields_on(kind: Kind, chosen: frozenset[str] = frozenset()) -> tuple[FlagField, ...]:
    """The flags that a record of this kind has a field for, where a company has chosen these (see `FlagField.choice`)."""
    return tuple(flag for flag in FLAG_FIELDS if kind in flag.on and (not flag.choice or flag.choice in chosen))


FlagValue = str | int | None


def carries(value: FlagValue, option: str) -> bool:
    """Whether a value is this option, or has it among several."""
    return isinstance(value, str) and (value == option or option in value.split(";"))


Flags = Mapping[str, FlagValue]
"""A full set: every name of FLAG_NAMES is a key; a flag that the record has no field for is empty."""

NO_FLAGS: Flags = dict.fromkeys(FLAG_NAMES)
