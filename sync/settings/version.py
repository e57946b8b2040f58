"""Further versions of the definition: `config/definitions/*.yaml`, and folders there that bring a list of items along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.core.rules.edition import Edition
from sync.errors import Problem
from sync.settings.definition import DefinitionFile
from sync.settings.document import Document
from sync.settings.mapping import HandoffFile

DEFINITION, KEPT = "config/definition.yaml", "config/definitions"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version is written."""

    file: str
    """The definition inside the operator's folder."""
    definition: Path
    handoff: Path | None
    """Its own list of items; None: that of the folder."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one version of the definition is written in."""

    file: str
    definition: Document
    definition_file: DefinitionFile
    handoff: Document | None
    """Its own list of items."""
    handoff_file: HandoffFile | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the definition, compiled."""

    edition: Edition
    file: str
    preset: str


def find_places(folder: Path) -> list[Place]:
    """Versions beside the one in config/definition.yaml, in the order of their names."""
    return [
        Place(
            f"{KEPT}/{path.name}/definition.yaml",
            path / "definition.yaml",
            path / "handoff.yaml" if (path / "handoff.yaml").is_file() else None,
        )
        if path.is_dir()
        else Place(f"{KEPT}/{path.name}", path, None)
        for path in _entries(folder)
        if path.is_dir() or path.suffix == ".yaml"
    ]


def find_passed_over(folder: Path) -> Iterator[Problem]:
    """Files that look like a version and would not be read."""
    for path in _entries(folder):
        if path.is_file() and path.suffix in (".yml", ".YAML", ".json"):
            hint = f"call it {path.stem}.yaml, or put it elsewhere"
            yield Problem(f"{KEPT}/{path.name}", "is no version that Baton reads", hint)


def find_repeated(known: Sequence[tuple[Document, DefinitionFile]]) -> Iterator[Problem]:
    """Versions that cannot be told apart, by their name or by their first day."""
    for number, (document, file) in enumerate(known):
        for name in ("version", "effective_from"):
            value = getattr(file, name)
            twin = next((d.name for d, f in known[:number] if getattr(f, name) == value), None)
            if twin is not None:
                message = f"{name}: {str(value)!r} is also that of {twin}"
                hint = "give every version its own, or drop one of the two files"
                yield Problem(document.place((name,)), message, hint)


def _entries(folder: Path) -> list[Path]:
    room = folder / KEPT
    return sorted(path for path in room.iterdir() if not path.name.startswith(".")) if room.is_dir() else []
