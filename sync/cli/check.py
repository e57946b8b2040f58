"""`baton check`: what stands in the way, record by record and field by field, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.check_text import FINDINGS, TEXTS
from sync.cli.option import AnyFolder, AsJson
from sync.cli.problem_text import in_language
from sync.cli.show import (
    CONFIGURATION,
    DONE,
    PARTIAL,
    confirm,
    console,
    leave,
    local,
    plain,
    printable,
    working,
    write_json,
)
from sync.errors import ConfigError, Problem
from sync.wording import Say, speak

if TYPE_CHECKING:
    from sync.flow.check import Finding

EXAMPLE = "Example: baton check --config DIR --json"
_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
_LARGE = 10_000
"""From here on numbers are written with separators."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and what it comes to."""

    findings: list[Finding]
    calls: Mapping[str, int]
    language: str

    @property
    def code(self) -> int:
        """0: nothing but warnings; 1: something has to be put right; 2: the configuration cannot be used."""
        if any(one.kind.unusable for one in self.findings):
            return CONFIGURATION
        return PARTIAL if self.counts["error"] else DONE

    @property
    def counts(self) -> dict[str, int]:
        told = [one.kind.severity.value for one in self.findings]
        return {name: told.count(name) for name in _STYLES}

    def as_json(self) -> dict[str, Any]:
        return {
            "findings": [_as_json(one, self.language) for one in self.findings],
            "counts": self.counts,
            "calls": dict(self.calls),
        }


def check(
    config: AnyFolder = Path(),
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Sandbox only: write Baton's fields of --record, look, put back what they held."),
    ] = False,
    record: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="For --probe: a Lead, an Opportunity, a HubSpot contact; repeat."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --probe writes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at files, credentials, rights, fields, people, contacts, clocks and budgets.

    Reads only (but for --probe), and says how many API calls that took. Exit 0: fine (there may be warnings); 1: something
    has to be put right; 2: the configuration cannot be used.
    """
    if not config.is_dir():
        raise ConfigError(Problem(str(config), "is no folder", "name your folder with --config DIR"))
    probed = _probe(config, record or [], yes=yes, as_json=as_json) if probe else []
    if record and not probe:
        raise ConfigError(Problem("--record", "is for --probe", "add --probe, or leave it out"))
    with working("…", quiet=as_json):
        found = examine(config, probed)
    if as_json:
        write_json(found.as_json())
    else:
        show(found, found.language)
    leave(found.code)


def _probe(folder: Path, records: Sequence[str], *, yes: bool, as_json: bool) -> list[Finding]:
    from sync.checkup import probe_folder
    from sync.cli.record import find_candidates
    from sync.core.mapping.spec import MappingSpec
    from sync.core.model.records import RecordRef

    if not records:
        raise ConfigError(
            Problem("--record", "is missing", "name a record of each kind in your sandbox that may be written to")
        )
    if not yes:
        _ask(speak(TEXTS, _language(folder)), records, as_json=as_json)

    def find(mapping: MappingSpec) -> Sequence[tuple[str, Sequence[RecordRef]]]:
        return [(one, find_candidates(one, mapping)) for one in records]

    return probe_folder(folder, find)


def _ask(say: Say, records: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        raise ConfigError(Problem("--probe", "writes, and with --json nobody is asked", "add --yes if you mean it"))
    if not confirm(say("probe_ask", records=", ".join(records))):
        console().print(say("probe_stopped"))
        leave(PARTIAL)


def _language(folder: Path) -> str:
    from sync.settings.folder import read_language

    return read_language(folder)


def examine(folder: Path, more: Sequence[Finding] = ()) -> Examined:
    """Everything that `check` finds, and what was found before."""
    from sync.checkup import check_folder
    from sync.flow.check import in_order

    checked = check_folder(folder, datetime.now(UTC))
    return Examined(in_order([*more, *checked.findings]), checked.calls, checked.language)


def show(found: Examined, language: str) -> None:
    """For people: by group, each with what to do."""
    out, say = console(), speak(TEXTS, language)
    group = ""
    for one in found.findings:
        if one.kind.group != group:
            group = one.kind.group
            out.print(f"\n{say(f'group.{group}')}", style="bold")
        severity = one.kind.severity.value
        seen, do = texts_of(one, language)
        out.print(f"  [{say(severity)}] {printable(seen)}", style=_STYLES[severity])
        out.print(f"      {one.id}  {printable(one.where)}", style="dim")
        if do:
            out.print(f"      → {printable(do)}")
    calls = say("separator").join(f"{name} {count}" for name, count in sorted(found.calls.items()))
    counts = found.counts
    out.print()
    told = {"errors": counts["error"], "warnings": counts["warning"], "infos": counts["info"]}
    out.print(say("summary", **told, calls=calls or say("no_calls")))
    if not counts["error"]:
        out.print(say("ready"))


def texts_of(one: Finding, language: str) -> tuple[str, str]:
    """(what was seen, what to do), in that language."""
    told = FINDINGS[one.id]
    parts = {
        "where": one.where,
        **{name: _shown(value, language) for name, value in one.parts.items()},
        **{name: in_language(str(one.parts[name]), language) for name in ("message", "hint") if name in one.parts},
    }
    return told.seen(language).format(**parts), told.do(language).format(**parts)


def _shown(value: Any, language: str) -> str:
    say = speak(TEXTS, language)
    if isinstance(value, bool):
        return say("yes" if value else "no")
    if isinstance(value, datetime):
        return local(value, None)
    if isinstance(value, int) and value >= _LARGE:
        return f"{value:,}"
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if isinstance(value, tuple):
        told = [f"{one[0]} {one[1]}" if isinstance(one, tuple) else str(one) for one in value]
        return say("separator").join(told) or say("nothing")
    return str(value)


def _as_json(one: Finding, language: str) -> dict[str, Any]:
    seen, do = texts_of(one, language)
    return {
        "id": one.id,
        "severity": one.kind.severity,
        "group": one.kind.group,
        "where": one.where,
        "seen": seen,
        "do": do,
        "parts": plain(one.parts),
    }
