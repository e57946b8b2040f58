"""Everything the operator decided, checked and compiled. Secrets stay references until something is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.rules.definition import RuleSet
from sync.core.rules.edition import Edition, in_force
from sync.errors import ConfigError, Problem
from sync.settings.baton import BatonFile, ScheduleSection
from sync.settings.calendar import AbsencesByOwner
from sync.settings.definition import DefinitionFile
from sync.settings.document import Document
from sync.settings.mapping import ConnectionFile, HandoffFile
from sync.settings.secret import find_exposed, resolve
from sync.settings.service import ServiceSection
from sync.settings.table import PlaceholdersFile, TitlesFile
from sync.settings.version import DEFINITION, Version


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One connection as configured: sound, with its secrets still references."""

    name: str
    kind: str
    url: str
    references: Mapping[str, Any] = field(repr=False)
    document: Document = field(repr=False)
    folder: Path = field(repr=False)

    def resolved(self) -> Mapping[str, Any]:
        """The connector's settings with the secrets themselves: for opening the connection, never to be kept.

        Raises ConfigError with every reference that has nothing behind it.
        """
        problems: list[Problem] = []
        found = self._resolve(dict(self.references), ("connections", self.name), problems)
        if problems:
            raise ConfigError(problems)
        return found

    def _resolve(self, node: Any, at: tuple[str | int, ...], problems: list[Problem]) -> Any:
        if isinstance(node, dict):
            return {key: self._resolve(value, (*at, key), problems) for key, value in node.items()}
        if isinstance(node, list):
            return [self._resolve(value, (*at, index), problems) for index, value in enumerate(node)]
        if not isinstance(node, str):
            return node
        try:
            return resolve(node, self.document.place(at), self.folder)
        except ConfigError as error:
            problems += error.problems
            return None


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a folder, each sound by itself and with the others."""

    baton: BatonFile
    definition: DefinitionFile
    handoff: HandoffFile
    titles: TitlesFile
    placeholders: PlaceholdersFile
    connections: Mapping[str, ConnectionFile]
    absences: AbsencesByOwner


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the operator decided, checked and compiled."""

    folder: Path
    language: str
    environment: str
    """`sandbox` or `production`; writing to a production org needs the latter."""
    mode: str
    """`observe`, `pilot` or `write`."""
    pilot_owners: frozenset[str]
    pilot_teams: frozenset[str]
    schedule: ScheduleSection
    retention: timedelta
    service: ServiceSection | None
    """Where the daemon shows how it is."""
    webhook: str | None = field(repr=False)
    """Reference to the address that alerts are posted to."""
    behind: timedelta
    """How far a stream may be behind before somebody is told."""
    mapping: MappingSpec
    rules: RuleSet
    tables: Tables = field(repr=False)
    connections: tuple[ConnectionSettings, ...]
    store_reference: str = field(repr=False)
    files: Files = field(repr=False)
    """As written, for showing what was decided."""
    kept: tuple[Version, ...] = field(default=(), repr=False)
    """Further versions of the definition."""

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version of the definition, in the order of their first days."""
        own = Version(Edition(self.mapping, self.rules, self.tables), DEFINITION, self.files.handoff.preset)
        return tuple(sorted((own, *self.kept), key=lambda version: version.edition.first_day))

    @property
    def editions(self) -> tuple[Edition, ...]:
        """The same, as they are judged by."""
        return tuple(version.edition for version in self.versions)

    def rules_in_force(self, day: date) -> Edition:
        """The version of the definition in force on a local day."""
        return in_force(self.editions, day)

    @property
    def exposed(self) -> Mapping[Path, int]:
        """File that holds a secret and that others on this machine can read → its mode."""
        named = [text for one in self.connections for text in _texts(one.references)]
        return find_exposed([*named, self.store_reference, *([self.webhook] if self.webhook else [])], self.folder)

    @property
    def store_url(self) -> str:
        """Where the store is; a relative SQLite path lies in the operator's folder. Raises ConfigError."""
        url = resolve(self.store_reference, "config/baton.yaml: store", self.folder)
        head, slashes, path = url.partition("sqlite:///")
        if slashes and not head and path and not path.startswith(("/", ":")):
            return f"sqlite:///{(self.folder / path).resolve()}"
        return url


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping | list):
        for inner in node.values() if isinstance(node, Mapping) else node:
            yield from _texts(inner)
