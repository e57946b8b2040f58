"""From sound files to the compiled whole, with the hash of everything in it that can change a verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import orjson

from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.spec import MappingSpec
from sync.core.rules.definition import RuleSet
from sync.core.rules.edition import Edition
from sync.core.rules.expression import Expression, fields_of
from sync.core.rules.version import RULE_VERSION
from sync.settings.baton import BatonFile
from sync.settings.calendar import compile_calendars
from sync.settings.definition import compile_definition, decisive
from sync.settings.mapping import ConnectionFile, compile_mapping
from sync.settings.policy import compile_attempts, compile_clocks
from sync.settings.table import compile_files
from sync.settings.version import Version, Written
from sync.settings.whole import ConnectionSettings, Files, Settings


def compile_settings(
    folder: Path, files: Files, connections: tuple[ConnectionSettings, ...], kept: Iterable[Written]
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
        rules_hash=hash_rules(files),
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


def _files_of(files: Files, one: Written) -> Files:
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
        rules_hash=hash_rules(files),
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


def hash_rules(files: Files) -> str:
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
