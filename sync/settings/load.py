"""Read the operator's folder: every file, every problem at once, then the compiled whole."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from sync import resources
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.model.records import Kind
from sync.core.rules.definition import RuleSet
from sync.core.rules.edition import Edition, in_force
from sync.core.rules.expression import Expression, fields_of
from sync.core.rules.version import RULE_VERSION
from sync.errors import ConfigError, Problem
from sync.settings.absence import read_absences
from sync.settings.baton import BatonFile, ScheduleSection
from sync.settings.calendar import AbsencesByOwner, compile_calendars, find_calendar_problems
from sync.settings.check import clear_secrets, problems_of, suggest
from sync.settings.clock import find_clock_problems, find_pass_problems
from sync.settings.definition import DefinitionFile, compile_definition, decisive
from sync.settings.document import Document, read_document
from sync.settings.item import find_item_problems
from sync.settings.mapping import ConnectionFile, HandoffFile, compile_mapping
from sync.settings.policy import compile_attempts, compile_clocks
from sync.settings.running import find_running_problems
from sync.settings.secret import find_exposed, resolve
from sync.settings.service import ServiceSection
from sync.settings.table import PlaceholdersFile, TitlesFile, compile_files
from sync.settings.value import Names
from sync.settings.version import Place, Version, find_passed_over, find_places, find_repeated


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
_DEFINITION, _HANDOFF = "config/definition.yaml", "mappings/handoff.yaml"
_RECORDS = (Kind.PERSON, Kind.DEAL, Kind.ACCOUNT)
_FILES = ("config/baton.yaml", _DEFINITION, _HANDOFF, "mappings/titles.yaml", "mappings/placeholders.yaml")


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
        own = Version(Edition(self.mapping, self.rules, self.tables), _DEFINITION, self.files.handoff.preset)
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


@cache
def _read_shipped(path: Path, name: str) -> Document:
    """A shipped file: it does not change while the process runs, and reading YAML with its lines is slow."""
    return read_document(path, f"{_SHIPPED}{name}", shipped=True)


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
    definition, handoff = reading.document(_DEFINITION), reading.document(_HANDOFF)
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
        reading.problems += find_clock_problems(baton, baton_file)
        reading.problems += find_running_problems(baton, baton_file, mapping_files)
        reading.problems += find_calendar_problems(baton, baton_file.calendars, baton_file.flags.enforce_from)
    if definition and definition_file:
        own = _Edition(_DEFINITION, definition, definition_file, handoff, handoff_file)
        reading.problems += find_repeated([(one.definition, one.definition_file) for one in (own, *kept)])
        for one in (own, *kept):
            reading.problems += find_pass_problems(one.definition, one.definition_file)
            if one.handoff and one.handoff_file:
                reading.problems += find_item_problems(one.handoff, one.handoff_file, mapping_files)
    absences = _absences(reading, baton_file)
    reading.settle()
    assert baton_file and definition_file and handoff_file and titles and placeholders
    mappings = {name: file for name, file in mapping_files.items() if file}
    files = Files(baton_file, definition_file, handoff_file, titles, placeholders, mappings, absences)
    return _compile(folder, files, options, kept)


@dataclass(frozen=True, slots=True)
class _Edition:
    """What one version of the definition is written in."""

    file: str
    definition: Document
    definition_file: DefinitionFile
    handoff: Document | None
    """Its own list of items."""
    handoff_file: HandoffFile | None


def _read_kept(
    reading: _Reading, baton: Document | None, shared: Document | None, connections: Mapping[str, Document | None]
) -> Iterator[_Edition]:
    """The further versions, each with its own names; what is wrong with them is noted."""
    reading.problems += find_passed_over(reading.folder)
    for place in find_places(reading.folder):
        definition = reading.read(place.definition, place.file)
        own = _own_handoff(reading, place)
        names = _names(baton, definition, own or shared, connections)
        definition_file = reading.model(definition, DefinitionFile, names)
        handoff_file = reading.model(own, HandoffFile, names)
        if definition and definition_file:
            yield _Edition(place.file, definition, definition_file, own, handoff_file)


def _own_handoff(reading: _Reading, place: Place) -> Document | None:
    if place.handoff is None:
        return None
    return reading.read(place.handoff, place.file.replace("definition.yaml", place.handoff.name))


def _compile(
    folder: Path, files: Files, connections: tuple[ConnectionSettings, ...], kept: Iterable[_Edition]
) -> Settings:
    baton = files.baton
    calendars = compile_calendars(baton.calendars, files.absences, booked_count=baton.absences.events)
    is_clock, fs_clock, *measured = clocks = compile_clocks(baton.clocks, calendars)
    others = [(one.file, _files_of(files, one)) for one in kept]
    conditions = [when for each in (files, *(own for _, own in others)) for when in _conditions(each)]
    asked = fields_of([*conditions, *(when for clock in clocks for when in clock.conditions)],
                      [field for clock in clocks for field in clock.start_fields])  # fmt: skip
    rules = RuleSet(
        definition=compile_definition(files.definition, baton.flags.enforce_from, is_clock.calendar.zone),
        is_clock=is_clock,
        fs_clock=fs_clock,
        task_types=frozenset(baton.clocks.task_types),
        language=baton.language,
        rules_hash=_hash_rules(files),
        requirements=tuple(each.compile() for each in files.handoff.requirements),
        chosen=baton.flags.chosen,
        measured_clocks=tuple(measured),
        attempts=compile_attempts(baton.clocks),
        shows_at_risk=baton.flags.at_risk,
    )
    tables = compile_files(files.titles, files.placeholders)
    mapping = compile_mapping(files.handoff, files.connections, asked)
    return Settings(
        folder=folder,
        language=baton.language,
        environment=baton.environment,
        mode=baton.mode,
        pilot_owners=frozenset(owner.strip().casefold() for owner in baton.pilot.owners),
        pilot_teams=frozenset(team.strip().casefold() for team in baton.pilot.teams),
        schedule=baton.schedule,
        retention=baton.retention,
        service=baton.service,
        webhook=baton.alerts.webhook,
        behind=baton.behind,
        mapping=mapping,
        rules=rules,
        tables=tables,
        connections=connections,
        store_reference=baton.store,
        files=files,
        kept=tuple(_compile_kept(file, own, mapping, rules, tables, asked) for file, own in others),
    )


def _files_of(files: Files, one: _Edition) -> Files:
    """All files as this version has them: its own, and the folder's beside them."""
    handoff = one.handoff_file or files.handoff
    items = handoff.items.keys()
    connections = {name: _only_items(file, items) for name, file in files.connections.items()}
    return replace(files, definition=one.definition_file, handoff=handoff, connections=connections)


def _only_items(file: ConnectionFile, items: Collection[str]) -> ConnectionFile:
    """Without fields of items that an older list does not have."""
    streams = {
        name: stream.model_copy(update={"items": {item: at for item, at in stream.items.items() if item in items}})
        for name, stream in file.streams.items()
    }
    return file.model_copy(update={"streams": streams})


def _compile_kept(
    file: str, files: Files, mapping: MappingSpec, rules: RuleSet, tables: Tables, asked: Mapping[Any, Any]
) -> Version:
    """Clocks and connections are those of the folder; a version without a list of items of its own shares the mapping."""
    zone = rules.is_clock.calendar.zone
    own = replace(
        rules,
        definition=compile_definition(files.definition, files.baton.flags.enforce_from, zone),
        rules_hash=_hash_rules(files),
        requirements=tuple(each.compile() for each in files.handoff.requirements),
    )
    read = compile_mapping(files.handoff, files.connections, asked)
    return Version(Edition(mapping if read == mapping else read, own, tables), file, files.handoff.preset)


def _conditions(files: Files) -> list[Expression]:
    """Every condition of the files: what they look at has to be read."""
    return [
        *(each.when for each in files.handoff.requirements),
        *(each.when for each in files.definition.scope.exclude),
    ]


def _hash_rules(files: Files) -> str:
    """Of everything that can change a verdict; labels, questions and places to type are wording, and a preset that is
    not chosen decides nothing."""
    parts = {
        "rule_version": RULE_VERSION,
        "definition": decisive(files.definition),
        "clocks": _clocks(files.baton),
        "absence_events": files.baton.absences.events,
        "absences": {owner: [astuple(one) for one in found] for owner, found in files.absences.items()},
        "handoff": files.handoff.model_dump(
            exclude={"items": {"__all__": {"label", "ask", "fix_at"}}, "preset": True, "presets": True}
        ),
        "required": files.handoff.required.model_dump(),
        "connections": {
            name: file.model_dump(exclude={"streams": {"__all__": {"where", "hot"}}})
            for name, file in files.connections.items()
        },
        "tables": [files.titles.model_dump(), files.placeholders.model_dump()],
    }
    packed = orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(packed).hexdigest()[:16]


def _clocks(baton: BatonFile) -> Mapping[str, Any]:
    """Without what people call a clock."""
    told = baton.model_dump(include={"flags", "calendars", "clocks"})
    for clock in told["clocks"].values():
        if isinstance(clock, dict):
            clock.pop("label", None)
    return told


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


def _notice_misnamed(reading: _Reading, connections: Mapping[str, Document | None]) -> None:
    """A file that is nearly called like one of ours would be passed over in silence."""
    known = {*_FILES, *(f"mappings/{name}.yaml" for name in connections)}
    for room in ("config", "mappings"):
        for path in sorted((reading.folder / room).glob("*.y*ml")):
            name = f"{room}/{path.name}"
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if name not in known and close and not resources.shipped(name).is_file():
                reading.problems.append(Problem(name, "is no file that Baton reads", f"did you mean {close[0]}?"))
