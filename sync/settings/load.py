"""Read the operator's folder: every file, every problem at once, then the compiled whole."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from sync import resources
from sync.core.model.records import Kind
from sync.errors import ConfigError, Problem
from sync.settings.absence import read_absences
from sync.settings.baton import BatonFile
from sync.settings.calendar import AbsencesByOwner, find_calendar_problems
from sync.settings.check import clear_secrets, problems_of, suggest
from sync.settings.clock import find_clock_problems, find_pass_problems
from sync.settings.compilation import compile_settings
from sync.settings.definition import DefinitionFile
from sync.settings.document import Document, read_document
from sync.settings.item import find_item_problems
from sync.settings.mapping import ConnectionFile, HandoffFile
from sync.settings.running import find_running_problems
from sync.settings.table import PlaceholdersFile, TitlesFile
from sync.settings.value import Names
from sync.settings.version import DEFINITION, Place, Written, find_passed_over, find_places, find_repeated
from sync.settings.whole import ConnectionSettings, Files, Settings


class Vendor(Protocol):
    """What must be known of a kind of system to check a connection to it."""

    @property
    def settings(self) -> type[BaseModel]: ...

    @property
    def streams(self) -> Mapping[str, Kind]: ...


Vendors = Mapping[str, Callable[[], Vendor]]
"""Kind of connection → how to get to know it (a vendor's library is imported only when used)."""

_Model = TypeVar("_Model", bound=BaseModel)
_SHIPPED = "(shipped) "
_HANDOFF = "mappings/handoff.yaml"
_RECORDS = (Kind.PERSON, Kind.DEAL, Kind.ACCOUNT)
_FILES = ("config/baton.yaml", DEFINITION, _HANDOFF, "mappings/titles.yaml", "mappings/placeholders.yaml")


@dataclass(slots=True)
class _Reading:
    """The files of one folder and what is wrong with them so far."""

    folder: Path
    instead: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Files to read in the place of the folder's own."""
    problems: list[Problem] = field(default_factory=list[Problem])
    unreadable: bool = False

    def document(self, name: str) -> Document | None:
        if name in self.instead:
            return self.read(self.instead[name], str(self.instead[name]))
        own = self.folder / name
        shipped = resources.shipped(name)
        if not own.is_file() and not shipped.is_file():
            self.problems.append(Problem(str(own), "does not exist", "copy and adapt the one of a shipped connection"))
            return None
        try:
            return (
                read_document(own, name) if own.is_file() else read_document(shipped, f"{_SHIPPED}{name}", shipped=True)
            )
        except ConfigError as error:
            self.problems += error.problems
            self.unreadable = True
            return None

    def read(self, path: Path, name: str) -> Document | None:
        try:
            return read_document(path, name)
        except ConfigError as error:
            self.problems += error.problems
            return None

    def model(self, document: Document | None, model: type[_Model], names: Names) -> _Model | None:
        if document is None:
            return None
        try:
            return model.model_validate(document.data, context=names)
        except ValidationError as error:
            self.problems += problems_of(error, document, model)
            return None

    def settle(self) -> None:
        """Raise what is wrong. A shipped file that misses names of a file which is no YAML is no news."""
        found = dict.fromkeys(p for p in self.problems if not (self.unreadable and p.path.startswith(_SHIPPED)))
        if found:
            raise ConfigError(list(found))


def load_settings(
    folder: Path,
    vendors: Vendors,
    overrides: Mapping[str, Any] | None = None,
    instead: Mapping[str, Path] | None = None,
) -> Settings:
    """Read, check and compile. `overrides` replaces settings of config/baton.yaml (`{"mode": "write"}`); `instead` reads
    some files (`config/definition.yaml`) from elsewhere.

    Raises ConfigError with all problems of all files. Reads no secret.
    """
    if not folder.is_dir():
        raise ConfigError(Problem(str(folder), "is no folder", "name your folder with --config DIR"))
    reading = _Reading(folder, instead or {})
    baton = reading.document("config/baton.yaml")
    baton = baton.with_overrides(overrides or {}) if baton else None
    definition, handoff = reading.document(DEFINITION), reading.document(_HANDOFF)
    connections = _connection_documents(reading, baton)
    _notice_misnamed(reading, connections)
    names = _names(baton, definition, handoff, connections)

    baton_file = reading.model(baton, BatonFile, names)
    definition_file = reading.model(definition, DefinitionFile, names)
    handoff_file = reading.model(handoff, HandoffFile, names)
    kept = [] if reading.instead else [*_read_kept(reading, baton, handoff, connections)]
    mapping_files = {name: reading.model(doc, ConnectionFile, names) for name, doc in connections.items()}
    titles = reading.model(reading.document("mappings/titles.yaml"), TitlesFile, names)
    placeholders = reading.model(reading.document("mappings/placeholders.yaml"), PlaceholdersFile, names)
    options = _connection_options(reading, baton, vendors)
    _check_connection_names(reading, connections, mapping_files)
    _check_streams(reading, {c.name: c.kind for c in options}, connections, mapping_files, vendors)
    if baton and baton_file:
        _check_running(reading, baton, baton_file, mapping_files)
    if definition and definition_file:
        own = Written(DEFINITION, definition, definition_file, handoff, handoff_file)
        _check_versions(reading, [own, *kept], mapping_files)
    absences = _absences(reading, baton_file)
    reading.settle()
    assert baton_file and definition_file and handoff_file and titles and placeholders
    mappings = {name: file for name, file in mapping_files.items() if file}
    files = Files(baton_file, definition_file, handoff_file, titles, placeholders, mappings, absences)
    return compile_settings(folder, files, options, kept)


def _read_kept(
    reading: _Reading, baton: Document | None, shared: Document | None, connections: Mapping[str, Document | None]
) -> Iterator[Written]:
    """The further versions, each with its own names; what is wrong with them is noted."""
    reading.problems += find_passed_over(reading.folder)
    for place in find_places(reading.folder):
        definition = reading.read(place.definition, place.file)
        own = _own_handoff(reading, place)
        names = _names(baton, definition, own or shared, connections)
        definition_file = reading.model(definition, DefinitionFile, names)
        handoff_file = reading.model(own, HandoffFile, names)
        if definition and definition_file:
            yield Written(place.file, definition, definition_file, own, handoff_file)


def _own_handoff(reading: _Reading, place: Place) -> Document | None:
    if place.handoff is None:
        return None
    return reading.read(place.handoff, place.file.replace("definition.yaml", place.handoff.name))


def _absences(reading: _Reading, file: BatonFile | None) -> AbsencesByOwner:
    if file is None or file.absences.file is None:
        return {}
    absences, problems = read_absences(reading.folder / file.absences.file, file.absences.file)
    reading.problems += problems
    return absences


def _connection_documents(reading: _Reading, baton: Document | None) -> dict[str, Document | None]:
    if baton is None:
        return {}
    wanted = [name for name, section in baton.section("connections").items() if section not in (None, "none")]
    return {str(name): reading.document(f"mappings/{name}.yaml") for name in wanted}


def _names(
    baton: Document | None,
    definition: Document | None,
    handoff: Document | None,
    connections: Mapping[str, Document | None],
) -> Names:
    items = handoff.section("items") if handoff else {}
    sections = {str(item): section for item, section in items.items() if isinstance(section, dict)}
    inputs = handoff.section("inputs") if handoff else {}
    tables = {**{item: s.get("options") for item, s in sections.items()}, **inputs}
    return Names(
        items=frozenset(str(item) for item in items),
        kinds={item: section.get("as") for item, section in sections.items()},
        dated=frozenset(item for item, section in sections.items() if section.get("as") in ("date", "datetime")),
        options={
            str(name): frozenset(str(value) for value in table)
            for name, table in tables.items()
            if isinstance(table, dict) and table
        },
        roles=frozenset(str(role) for role in (definition.section("roles") if definition else {})),
        calendars=frozenset(str(name) for name in (baton.section("calendars") if baton else {})),
        streams=frozenset(f"{name}.{s}" for name, doc in connections.items() if doc for s in doc.section("streams")),
        records=frozenset(
            f"{name}.{stream}"
            for name, doc in connections.items()
            for stream, section in (doc.section("streams") if doc else {}).items()
            if isinstance(section, dict) and section.get("kind") in _RECORDS
        ),
    )


def _connection_options(reading: _Reading, baton: Document | None, vendors: Vendors) -> tuple[ConnectionSettings, ...]:
    """Check each connection with its connector's own model."""
    found: list[ConnectionSettings] = []
    for name, section in (baton.section("connections") if baton else {}).items():
        if baton is None or not isinstance(section, dict):
            continue
        at = ("connections", str(name))
        kind = section.get("kind")
        reading.problems += (secrets := clear_secrets(baton, section, at))
        if not isinstance(kind, str) or kind not in vendors:
            hint = suggest(kind, vendors)
            reading.problems.append(Problem(baton.place((*at, "kind")), f"{kind!r} is no kind of connection", hint))
            continue
        model, options = vendors[kind]().settings, {key: value for key, value in section.items() if key != "kind"}
        try:
            model.model_validate(options)
        except ValidationError as error:
            hidden = {problem.path for problem in secrets}
            reading.problems += [p for p in problems_of(error, baton, model, at) if p.path not in hidden]
            continue
        url = str(section.get("url", ""))
        found.append(ConnectionSettings(str(name), kind, url, options, baton, reading.folder))
    return tuple(found)


def _check_connection_names(
    reading: _Reading, documents: Mapping[str, Document | None], files: Mapping[str, ConnectionFile | None]
) -> None:
    for name, file in files.items():
        document = documents[name]
        if file and document and file.connection != name:
            message = f"connection: {file.connection!r} is not the connection that this file is read for"
            reading.problems.append(Problem(document.place(("connection",)), message, f"write `connection: {name}`"))


def _check_streams(
    reading: _Reading,
    kinds: Mapping[str, str],
    documents: Mapping[str, Document | None],
    files: Mapping[str, ConnectionFile | None],
    vendors: Vendors,
) -> None:
    """A mapping names only streams that its connector can read, for what they are."""
    for name, kind in kinds.items():
        file, document, known = files.get(name), documents.get(name), vendors[kind]().streams
        for stream, section in file.streams.items() if file else ():
            place = document.place(("streams", stream)) if document else name
            if stream not in known:
                problem = Problem(place, f"streams.{stream}: {kind} has no such stream", suggest(stream, known))
                reading.problems.append(problem)
            elif known[stream] is not section.kind:
                message = f"streams.{stream}.kind: {section.kind.value!r} is not what it holds"
                reading.problems.append(Problem(place, message, f"write `kind: {known[stream].value}`"))


def _check_running(
    reading: _Reading, baton: Document, file: BatonFile, connections: Mapping[str, ConnectionFile | None]
) -> None:
    reading.problems += find_clock_problems(baton, file)
    reading.problems += find_running_problems(baton, file, connections)
    reading.problems += find_calendar_problems(baton, file.calendars, file.flags.enforce_from)


def _check_versions(
    reading: _Reading, versions: Sequence[Written], connections: Mapping[str, ConnectionFile | None]
) -> None:
    reading.problems += find_repeated([(one.definition, one.definition_file) for one in versions])
    for one in versions:
        reading.problems += find_pass_problems(one.definition, one.definition_file)
        if one.handoff and one.handoff_file:
            reading.problems += find_item_problems(one.handoff, one.handoff_file, connections)


def _notice_misnamed(reading: _Reading, connections: Mapping[str, Document | None]) -> None:
    """A file that is nearly called like one of ours would be passed over in silence."""
    known = {*_FILES, *(f"mappings/{name}.yaml" for name in connections)}
    for room in ("config", "mappings"):
        for path in sorted((reading.folder / room).glob("*.y*ml")):
            name = f"{room}/{path.name}"
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if name not in known and close and not resources.shipped(name).is_file():
                reading.problems.append(Problem(name, "is no file that Baton reads", f"did you mean {close[0]}?"))
