"""Versions of the definition: which one is in force on which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.rules.definition import RuleSet


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of the definition, compiled: all that a handoff is judged by."""

    mapping: MappingSpec
    rules: RuleSet
    tables: Tables

    @property
    def version(self) -> str:
        return self.rules.definition.version

    @property
    def first_day(self) -> date:
        return self.rules.definition.effective_from


Editions = Sequence[Edition]
"""At least one, in the order of their first days."""


def in_force(editions: Editions, day: date) -> Edition:
    """The latest version whose first day has come by this local day; before the first one, the first."""
    begun = [edition for edition in editions if edition.first_day <= day]
    return begun[-1] if begun else editions[0]


def next_start(editions: Editions, day: date) -> date | None:
    """The first day of the next version after this day; None when there is none."""
    return next((edition.first_day for edition in editions if edition.first_day > day), None)


def named(editions: Editions, version: str | None) -> Edition | None:
    return next((edition for edition in editions if edition.version == version), None)
