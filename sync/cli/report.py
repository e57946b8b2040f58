"""`baton report`: the three rates as one set, where passes leak, first contact and returns, for a manager."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.catalogue import speak as speak_shared
from sync.cli.definition import Language, LanguageOption
from sync.cli.option import AsJson, Folder
from sync.cli.report_text import TEXTS
from sync.cli.show import console, plain, printable, working, write_json
from sync.errors import ConfigError, Problem
from sync.wording import speak

if TYPE_CHECKING:
    from sync.app import App
    from sync.core.metrics import Measured
    from sync.core.metrics.question import Question
    from sync.core.metrics.track import Track
    from sync.flow.track import Reading
    from sync.report.numbers import Report

EXAMPLE = "Example: baton report --month 2026-10 --by channel --output report.html --config DIR"
_TREND, _WINDOW = 12, 3
_NAMES = {"ja": "日本語", "en": "English"}


class Group(StrEnum):
    channel = "channel"
    segment = "segment"
    team = "team"


class Format(StrEnum):
    html = "html"
    csv = "csv"
    xlsx = "xlsx"
    json = "json"


def report(
    month: Annotated[
        str | None,
        typer.Option(help="YYYY-MM, or YYYY-MM..YYYY-MM; without it the last three months.", metavar="MONTH"),
    ] = None,
    by: Annotated[Group, typer.Option(help="What the rates are parted by.")] = Group.channel,
    format_: Annotated[
        Format, typer.Option("--format", help="html (both languages), csv, xlsx or json.")
    ] = Format.html,
    output: Annotated[Path | None, typer.Option(help="File to write.", metavar="FILE")] = None,
    list_: Annotated[
        str | None,
        typer.Option(
            "--list",
            help="Every record behind a rate as CSV instead: pass_to_deal, complete, returned …",
            metavar="RATE",
        ),
    ] = None,
    language: LanguageOption = None,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the report that a manager reads in two minutes.

    The three rates side by side with their intervals, the trend, where passes leak, first contact, returns, what to do
    next. Asks the store alone; nothing is read from a CRM or written to one.
    """
    from sync.app import open_app
    from sync.flow.measure import measure_store

    with open_app(config, offline=True) as app:
        tongue = language.value if language else app.settings.language
        question, reading = _question(app, month, by.value, tongue), _reading(app)
        if list_ is not None:
            _list(app, question, reading, list_, tongue, output)
            return
        kind = Format.json if as_json else format_
        if kind is Format.xlsx and output is None:
            raise _wrong(tongue, "--format xlsx", "format")
        with working(speak_shared(tongue)("reading"), quiet=as_json):
            found = _report(app, measure_store(app.store, question, reading))
            _write(app, found, reading, kind, tongue, output, chosen=language)


def _write(
    app: App,
    found: Report,
    reading: Reading,
    kind: Format,
    tongue: str,
    output: Path | None,
    *,
    chosen: Language | None,
) -> None:
    from sync.report import report_file
    from sync.report.numbers import make_labels

    labels = make_labels(app.settings, tongue, _links(app))
    if kind is Format.json:
        told = report_file.as_json(found, labels)
        if output is None:
            write_json(told)
            return
        import orjson

        _save(output, [orjson.dumps(plain(told)).decode()], tongue)
    elif kind is Format.csv:
        text = report_file.write_csv(found, labels)
        if output is None:
            sys.stdout.write(text.removeprefix("\ufeff"))
        else:
            _save(output, [text], tongue)
    elif kind is Format.xlsx:
        assert output is not None, "asked for above"
        _guarded(output, tongue, lambda: report_file.write_xlsx(found, labels, _window(app, found, reading), output))
        _told(output, tongue)
    else:
        _save_pages(app, found, output or Path("baton-report.html"), tongue, alone=chosen is not None)


def render_pages(app: App, names: Mapping[str, str], now: datetime | None = None) -> dict[str, str]:
    """The report as pages that lead to each other and to no record: language → file name in, file name → page out."""
    from sync.flow.measure import measure_store

    found = _report(app, measure_store(app.store, _question(app, None, Group.channel, "ja", now), _reading(app)))
    return {name: _render(app, found, language, names, {}) for language, name in names.items()}


def _render(app: App, found: Report, language: str, names: Mapping[str, str], links: Mapping[str, str]) -> str:
    from sync.report.numbers import make_labels
    from sync.report.report_page import render_report

    other = next(((name, _NAMES[one]) for one, name in names.items() if one != language), None)
    return render_report(found, make_labels(app.settings, language, links), other)


def _save_pages(app: App, found: Report, output: Path, tongue: str, *, alone: bool) -> None:
    """In the company's language, with the other one beside it, unless one was asked for."""
    names = {tongue: output.name}
    if not alone:
        second = "en" if tongue == "ja" else "ja"
        names[second] = f"{output.stem}-{second}{output.suffix}"
    for language, name in names.items():
        _save(output.with_name(name), [_render(app, found, language, names, _links(app))], tongue)


def _list(app: App, question: Question, reading: Reading, rate: str, tongue: str, output: Path | None) -> None:
    from sync.core.metrics.catalogue import RATES
    from sync.flow.measure import list_records
    from sync.report.numbers import make_labels
    from sync.report.report_file import write_list

    if rate not in RATES:
        raise _wrong(tongue, "--list", "list", text=rate, known=", ".join(RATES))
    labels = make_labels(app.settings, tongue, {})
    tracks = list_records(app.store, question, reading, rate)
    lines = write_list(tracks, labels, question.zone)
    if output is not None:
        _save(output, lines, tongue)
        return
    for line in lines:
        sys.stdout.write(line.removeprefix("\ufeff"))


def _question(app: App, month: str | None, by: str, tongue: str, now: datetime | None = None) -> Question:
    from sync.app import latest_time
    from sync.core.metrics.question import Question, Version, months_until

    settings = app.settings
    if by == Group.segment and settings.files.baton.report.segment is None:
        raise _wrong(tongue, str(settings.folder / "config/baton.yaml"), "segment")
    now, zone = now or latest_time(app) or datetime.now(UTC), settings.rules.is_clock.calendar.zone
    local = now.astimezone(zone)
    present = f"{local.year:04}-{local.month:02}"
    window = _months(month, tongue) if month else months_until(present, _WINDOW)
    known = [version.edition.rules.definition for version in settings.versions]
    versions = [Version(one.version, one.effective_from, one.label.in_(tongue)) for one in known]
    trend = months_until(window[-1], max(_TREND, len(window)))
    smallest = settings.files.baton.report.smallest
    return Question(now, zone, window, trend, by, smallest, tuple(versions))


def _months(text: str, tongue: str) -> tuple[str, ...]:
    from sync.core.metrics.question import months_until

    first, _, last = text.partition("..")
    try:
        begin, end = (datetime.strptime(part, "%Y-%m").replace(tzinfo=UTC) for part in (first, last or first))
    except ValueError as error:
        raise _wrong(tongue, "--month", "month", text=text) from error
    count = (end.year - begin.year) * 12 + end.month - begin.month + 1
    if not 1 <= count <= 120:
        raise _wrong(tongue, "--month", "month", text=text)
    return months_until(f"{end.year:04}-{end.month:02}", count)


def _reading(app: App) -> Reading:
    from sync.flow.track import Reading

    section = app.settings.files.baton.report
    spelt = [(name.strip().casefold(), name.strip()) for name in section.teams]
    if not spelt:
        roles = app.settings.rules.definition.roles
        spelt = [(name, role) for role in sorted(roles) for name in sorted(roles[role].names)]
    return Reading(frozenset(section.accepted_stages), section.segment, tuple(spelt))


def _report(app: App, measured: Measured) -> Report:
    from sync.core.metrics.conclusion import advise, find_breaks, find_guards
    from sync.core.rules.definition import PUBLISHED
    from sync.report.numbers import Report

    question = measured.question
    edition = app.settings.rules_in_force(question.now.astimezone(question.zone).date())
    required = tuple(dict.fromkeys((*edition.mapping.typed, *edition.mapping.automatic)))
    breaks = find_breaks(measured)
    guards = find_guards(measured, breaks)
    advice = advise(measured, guards, edition.mapping.typed, PUBLISHED)
    return Report(
        measured, breaks, guards, advice, required, edition.version, app.settings.rules.is_clock.calendar.zone
    )


def _window(app: App, found: Report, reading: Reading) -> Iterator[Track]:
    """Every cycle that began or was passed in the window."""
    from sync.flow.measure import read_store

    question = found.measured.question
    for track in read_store(app.store, reading):
        at = track.passed_at or track.born_at
        if at is not None and question.month_of(at) in question.months:
            yield track


def _links(app: App) -> dict[str, str]:
    """Where a person opens a record; only of systems whose addresses follow from their own."""
    found: dict[str, str] = {}
    for connection in app.settings.connections:
        if connection.kind == "salesforce":
            url = connection.url.rstrip("/")
            found |= {f"{connection.name}:{stream}": f"{url}/{{id}}" for stream in ("Lead", "Opportunity", "Contact")}
    return found


def _save(path: Path, parts: Iterable[str], tongue: str) -> None:
    def write() -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)

    _guarded(path, tongue, write)
    _told(path, tongue)


def _guarded(path: Path, tongue: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise _wrong(tongue, str(path), "unwritable", why=error.strerror) from error


def _wrong(tongue: str, path: str, what: str, **parts: object) -> ConfigError:
    say = speak(TEXTS, tongue)
    return ConfigError(Problem(path, say(what, **parts), say(f"{what}.hint", **parts)))


def _told(path: Path, tongue: str) -> None:
    console().print(speak(TEXTS, tongue)("saved", path=printable(path)))
