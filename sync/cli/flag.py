"""Flags as people read them: labels, choices in words, instants in the company's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync.cli.catalogue import TEXTS
from sync.cli.show import local, printable
from sync.core.mapping.sealed import is_sealed
from sync.core.mapping.spec import MappingSpec
from sync.core.model.flags import FLAG_FIELDS, FLAG_NAMES, FlagType
from sync.wording import Say

_FIELDS = {flag.name: flag for flag in FLAG_FIELDS}
_WORDS = {
    "status": "handoff_status", "sql_verdict": "verdict", "next_actor": "actor", "is_sla": "sla", "fs_sla": "sla",
    "unmet_criteria": "rule",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FlagTeller:
    say: Say
    language: str
    mapping: MappingSpec
    zone: ZoneInfo

    def changes(self, old: Mapping[str, Any], new: Mapping[str, Any], indent: str) -> list[str]:
        """A line per flag that changes, in the order of the fields; a text for people is told line by line."""
        names = [name for name in FLAG_NAMES if name in new]
        return [line for name in names for line in self._change(name, old.get(name), new[name], indent)]

    def _change(self, name: str, old: Any, new: Any, indent: str) -> list[str]:
        if _FIELDS[name].type is FlagType.LONG_TEXT and new and not is_sealed(new):
            return [f"{indent}{self.label(name)}:", *(f"{indent}  {line}" for line in _edited(old, new))]
        return [f"{indent}{self.label(name)}: {self.value(name, old)} → {self.value(name, new)}"]

    def label(self, name: str) -> str:
        return _FIELDS[name].label(self.language)

    def value(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return self.say("empty")
        if is_sealed(value):
            return self.say("hidden")
        if _FIELDS[name].type is FlagType.INSTANT:
            return local(_instant(str(value)), self.zone)
        parts = str(value).split(";") if _FIELDS[name].type is FlagType.MULTI_CHOICE else [str(value)]
        return self.say("separator").join(printable(self._word(name, part)) for part in parts)

    def _word(self, name: str, part: str) -> str:
        key = f"{_WORDS.get(name, '')}.{part}"
        if key in TEXTS:
            return self.say(key)
        item = self.mapping.items.get(part)
        return item.label.in_(self.language) if item and _FIELDS[name].type is FlagType.MULTI_CHOICE else part


def _edited(old: Any, new: Any) -> list[str]:
    """The lines that go (-) and those that stand then (+ where they are new)."""
    before, after = str(old or "").split("\n") if old else [], str(new).split("\n")
    gone = [f"- {printable(line)}" for line in before if line not in after]
    return gone + [f"{' ' if line in before else '+'} {printable(line)}" for line in after]


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
