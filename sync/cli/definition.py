"""`baton definition list|diff|export|what-if`: the company's written rules, before anybody changes them."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import speak
from sync.cli.option import AsJson, Folder
from sync.cli.show import DONE, PARTIAL, console, leave, printable, working, write_json
from sync.errors import ConfigError, Problem
from sync.wording import Say

if TYPE_CHECKING:
    from sync.core.rules.edition import Edition as Version
    from sync.flow.whatif import Side
    from sync.report.standard import Difference
    from sync.settings import Settings

LIST_EXAMPLE = "Example: baton definition list --config DIR"
DIFF_EXAMPLE = "Example: baton definition diff config/definition.yaml stricter.yaml --config DIR"
EXPORT_EXAMPLE = "Example: baton definition export --format xlsx --output pass-standard.xlsx --language ja --config DIR"
WHAT_IF_EXAMPLE = "Example: baton definition what-if stricter.yaml --since 2026-10-01 --config DIR   (writes nothing)"

Edition = Annotated[
    Path, typer.Argument(help="A definition.yaml, a handoff.yaml, or a folder with config/ and mappings/.")
]


class Format(StrEnum):
    md = "md"
    xlsx = "xlsx"


class Language(StrEnum):
    ja = "ja"
    en = "en"


LanguageOption = Annotated[
    Language | None, typer.Option("--language", help="Instead of the company's language.", show_default=False)
]


def list_(config: Folder = Path(), as_json: AsJson = False) -> None:
    """List the versions that are known.

    And how many entries each preset costs an IS per pass.
    """
    from sync.app import read_settings
    from sync.report.standard import presets_of

    settings = read_settings(config)
    today = datetime.now(settings.rules.is_clock.calendar.zone).date()
    versions = _versions(settings, today)
    presets = presets_of(settings)
    chosen = settings.files.handoff.preset
    if as_json:
        counted = {name: {"typed": t, "automatic": a, "chosen": name == chosen} for name, (t, a) in presets.items()}
        write_json({"versions": versions, "presets": counted})
        return
    say, out = speak(settings.language), console()
    out.print(say("def_versions"))
    for one in versions:
        out.print(f"  {_version_line(one, settings.language, say)}")
    out.print(say("def_presets"))
    for name, (typed, automatic) in presets.items():
        mark = "* " if name == chosen else "  "
        out.print(f"  {say('def_preset', mark=mark, name=printable(name), typed=typed, automatic=automatic)}")


def _versions(settings: Settings, today: date) -> list[dict[str, Any]]:
    """Every version with the days on which it is in force, and which one that is today."""
    present = settings.rules_in_force(today).version
    found: list[dict[str, Any]] = []
    for version, later in zip_longest(settings.versions, settings.versions[1:]):
        definition = version.edition.rules.definition
        used = definition.version == present
        found.append(
            {
                "version": definition.version,
                "label": {"ja": definition.label.ja, "en": definition.label.en},
                "effective_from": definition.effective_from,
                "until": later.edition.first_day - timedelta(days=1) if later else None,
                "state": "in_force" if used else "future" if definition.effective_from > today else "past",
                "rules_hash": version.edition.rules.rules_hash,
                "preset": version.preset,
                "file": version.file,
            }
        )
    return found


def _version_line(one: dict[str, Any], language: str, say: Say) -> str:
    used = one["state"] == "in_force"
    return say(
        "def_line",
        mark="* " if used else "  ",
        version=printable(one["version"]),
        label=printable(one["label"][language]),
        at=one["effective_from"],
        state=say(f"def_{one['state']}", until=one["until"]),
        hash=one["rules_hash"],
    )


def diff(
    old: Edition, new: Edition, config: Folder = Path(), language: LanguageOption = None, as_json: AsJson = False
) -> None:
    """Tell in words what two definitions differ in.

    Pass events, scope, items, criteria, clocks.
    """
    from sync.app import read_edition
    from sync.report.standard import compare, describe

    before, after = (read_edition(config, edition) for edition in (old, new))
    tongue = language.value if language else before.language
    found = compare(describe(before, tongue), describe(after, tongue))
    if as_json:
        write_json({"differences": found})
        return
    say, out = speak(tongue), console()
    if not found:
        out.print(say("diff_none"))
    for section, rows in groupby(found, key=lambda one: one.section):
        out.print(section)
        for row in rows:
            out.print(f"  {_difference_line(row, say)}")


def _difference_line(one: Difference, say: Say) -> str:
    empty = say("empty")
    parts = {name: printable(text or empty) for name, text in (("old", one.old), ("new", one.new))}
    key = "diff_added" if one.old is None else "diff_removed" if one.new is None else "diff_changed"
    return say(key, row=printable(one.row), column=one.column, **parts)


def export(
    format_: Annotated[Format, typer.Option("--format", help="md or xlsx.")] = Format.md,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; md goes to the screen without it.")
    ] = None,
    edition: Annotated[Path | None, typer.Option("--of", help="Another definition (file or folder).")] = None,
    language: LanguageOption = None,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the rules as a document (パス基準書).

    It is what the managers of IS and FS agree on.
    """
    from sync.app import read_edition, read_settings
    from sync.report.standard import describe
    from sync.report.standard_file import to_markdown, to_xlsx
    from sync.report.standard_text import words

    settings = read_edition(config, edition) if edition else read_settings(config)
    tongue = language.value if language else settings.language
    sections = describe(settings, tongue)
    definition = settings.rules.definition
    title = f"{words(tongue)('title')}: {definition.label.in_(tongue)} ({definition.version})"
    if as_json:
        write_json({"title": title, "language": tongue, "sections": sections})
        return
    if output is None and format_ is Format.xlsx:
        raise typer.BadParameter("an Excel file needs --output FILE")
    if output is None:
        sys.stdout.write(to_markdown(title, sections, tongue))
        return
    made = to_xlsx(title, sections, tongue) if format_ is Format.xlsx else to_markdown(title, sections, tongue).encode()
    try:
        output.write_bytes(made)
    except OSError as error:
        raise ConfigError(
            Problem(str(output), f"cannot be written: {error.strerror}", "check path and rights")
        ) from error
    console().print(speak(tongue)("exported", path=printable(output)))


def what_if(
    other: Edition,
    since: Annotated[
        str | None, typer.Option(help="First day of the passes to look at, YYYY-MM-DD; all if left out.")
    ] = None,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Judge stored handoffs under other rules.

    Without writing: who changes side, why, and how both convert.
    """
    from sync.app import latest_time, open_app, read_edition
    from sync.cli.whatif import EVER, lines_of
    from sync.flow.whatif import what_if as compare

    with open_app(config, offline=True) as app:
        edition = read_edition(config, other)
        zone = app.settings.rules.is_clock.calendar.zone
        first = datetime.combine(_day(since) or EVER, time(), zone)
        now = latest_time(app) or datetime.now(UTC)
        with working(speak(app.settings.language)("reading"), quiet=as_json):
            present = app.settings.rules_in_force(now.astimezone(zone).date())
            stages = frozenset(app.settings.files.baton.report.accepted_stages)
            found = compare(app.store, _side(present), _side(edition), first, now, stages)
        if as_json:
            versions = {"present": present.version, "other": edition.rules.definition.version}
            write_json({"versions": versions, **_plain(found)})
        else:
            for line in lines_of(found, present.version, app.settings.language, edition):
                console().print(line)
    leave(PARTIAL if found.failed else DONE)


def _plain(found: Any) -> dict[str, Any]:
    from sync.cli.whatif import as_json

    return as_json(found)


def _side(of: Settings | Version) -> Side:
    from sync.flow.whatif import Side

    return Side(of.mapping, of.rules, of.tables)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"--since {text!r} is not a date: write YYYY-MM-DD") from error
