"""Models of `mappings/titles.yaml` and `mappings/placeholders.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from sync.core.mapping.normalise.tables import RANKS, Tables, compile_tables
from sync.settings.check import Section, Wrong, suggest
from sync.settings.mapping import NORMALISERS
from sync.settings.value import LINE, Line, names_of


def _flatten(value: object) -> list[object]:
    """A list inside a list is a repeated YAML anchor."""
    if not isinstance(value, list):
        raise Wrong("is no list of words", "write `- word` lines or [word, word]")
    flat: list[object] = []
    for word in value:
        flat += _flatten(word) if isinstance(word, list) else [word]
    return flat


def _read_rank(value: object) -> str:
    if value not in RANKS:
        raise Wrong(f"{str(value)!r} is no rank", suggest(value, RANKS))
    return str(value)


def _read_list_name(value: object, info: ValidationInfo) -> str:
    """Word lists are named after an item, a normaliser, or `common`; `words` holds a shared list,
    `endings` what is taken off before comparing."""
    known = {*names_of(info).items, *NORMALISERS, "common", "words", "endings"}
    if value not in known:
        raise Wrong(f"{str(value)!r} is neither an item nor a kind of value", suggest(value, known))
    return str(value)


_WORD = {"anyOf": [LINE, {"type": "array", "items": LINE}]}
Words = Annotated[list[Line], BeforeValidator(_flatten), WithJsonSchema({"type": "array", "items": _WORD})]
Rank = Annotated[str, BeforeValidator(_read_rank)]
ListName = Annotated[str, BeforeValidator(_read_list_name)]


class TitlesFile(Section):
    ranks: dict[Rank, Words]
    """Rank to words that name it, longest match first."""
    no_rank: Words = Field(default=[])
    """Words that contain one of those and name no line rank."""
    step_down: Words = Field(default=[])
    """Behind a rank: one step down (代理, 補佐)."""
    step_down_before: Words = Field(default=[])
    """In front of a rank: one step down (副)."""
    not_when_followed_by: Words = Field(default=[])
    """Followed by one of these a word names somebody else (社長室)."""
    not_when_preceded_by: Words = Field(default=[])
    """Preceded by one of these it is past or somebody else's (元社長)."""


class PlaceholdersFile(Section):
    placeholders: dict[ListName, Words] = Field(default={})
    """Words that are no answer, per item, kind of value, or `common`."""
    declared_none: dict[ListName, Words] = Field(default={})
    """Words that mean 「特になし」, for the items where that is an answer."""
    vague: dict[ListName, Words] = Field(default={})
    """Texts that tell FS nothing, per item or `common`; `endings` are taken off first."""


def compile_files(titles: TitlesFile, placeholders: PlaceholdersFile) -> Tables:
    return compile_tables(titles.model_dump(), placeholders.model_dump())
