"""`baton audit`: take stock of both CRMs before anything is decided. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sync.cli.audit_text import TEXTS
from sync.cli.init import given_answers, take_answers
from sync.cli.init_files import Answers, make_files, write_files
from sync.cli.option import (
    AsJson,
    Country,
    Environment,
    Hubspot,
    HubspotUrl,
    SalesforceAuth,
    SalesforceUrl,
    SalesforceUsername,
    TimeZone,
)
from sync.cli.show import DONE, PARTIAL, console, leave, printable, working, write_json
from sync.errors import ConfigError, Problem
from sync.wording import speak

if TYPE_CHECKING:
    from sync.flow.audit import Audit
    from sync.settings import Settings

EXAMPLE = "Example: baton audit --output acme --salesforce-url https://acme.my.salesforce.com --sample 2000"
_PAGES = {"ja": ("audit.html", "日本語"), "en": ("audit.en.html", "English")}


def audit(
    context: typer.Context,
    output: Annotated[Path, typer.Option(help="Your folder; made if it is not there.", metavar="DIR")] = Path("baton"),
    sample: Annotated[
        int | None, typer.Option(min=30, help="Records per object, drawn by chance; without it all of them.")
    ] = None,
    salesforce_url: SalesforceUrl = None,
    language: Annotated[str | None, typer.Option(help="ja or en, of the settings; the page is in both.")] = None,
    environment: Environment = None,
    salesforce_auth: SalesforceAuth = None,
    salesforce_username: SalesforceUsername = None,
    hubspot: Hubspot = None,
    hubspot_url: HubspotUrl = None,
    country: Country = None,
    tz: TimeZone = None,
    as_json: AsJson = False,
) -> None:
    """Take stock: which fields hold the handoff items, how they are filled, how passes are made.

    Needs no settings, two read scopes, and writes nothing to any CRM. Credentials come from the environment or from `.env`
    in DIR (BATON_SF_CLIENT_ID, BATON_SF_CLIENT_SECRET, BATON_HUBSPOT_TOKEN). Writes audit.html, audit.en.html, audit.csv
    and proposed settings into DIR; overwrites nothing. Exit 0; 1 where something could not be read.
    """
    answers = take_answers(given_answers(context))
    _refuse_present(output, answers)
    found, settings = _read(output, answers, sample, quiet=as_json)
    files = {**_pages(found, settings), **_proposal(found, answers)}
    written = write_files(output, files)
    _tell(output, found, written, answers.language, as_json)


def _refuse_present(folder: Path, answers: Answers) -> None:
    """Before anything is read: what would be written must not be there."""
    names = [
        *(page for page, _ in _PAGES.values()),
        "audit.csv",
        *(one for one in make_files(answers) if one != ".env"),
    ]
    present = [name for name in names if (folder / name).exists() or (folder / name).is_symlink()]
    if present:
        hint = "name another folder with --output; nothing was read or written"
        raise ConfigError([Problem(str(folder / name), "exists already", hint) for name in present])


def _read(home: Path, answers: Answers, sample: int | None, *, quiet: bool) -> tuple[Audit, Settings]:
    from sync.app import read_settings
    from sync.checkup import audit_accounts

    say, out = speak(TEXTS, answers.language), Console(stderr=True)
    with TemporaryDirectory() as room:
        write_files(Path(room), make_files(answers))
        settings = read_settings(Path(room))
    told = set[str]()

    def tell(stream: str, count: int) -> None:
        if not quiet and out.is_terminal and stream not in told:
            told.add(stream)
            out.print(say("reading", stream=stream, count=count), style="dim", markup=False)

    with working("…", quiet=quiet):
        return audit_accounts(settings, home, sample, tell), settings


def _pages(found: Audit, settings: Settings) -> dict[str, str]:
    from sync.report.audit_page import Words, render_audit, write_audit_csv
    from sync.report.numbers import make_labels

    zone = settings.rules.is_clock.calendar.zone
    words: dict[str, Words] = {}
    for language in _PAGES:
        labels = make_labels(settings, language, {})
        words[language] = Words(language, labels.items, labels.channels, settings.mapping.names)
    pages: dict[str, str] = {}
    for language, (name, _) in _PAGES.items():
        other = next(page for one, page in _PAGES.items() if one != language)
        pages[name] = render_audit(found, words[language], zone, other)
    return {**pages, "audit.csv": "".join(write_audit_csv(found, words[settings.language]))}


def _proposal(found: Audit, answers: Answers) -> Mapping[str, str]:
    from sync.cli.audit_files import make_proposal

    return make_proposal(found, answers)


def _tell(folder: Path, found: Audit, written: list[Path], language: str, as_json: bool) -> None:
    from sync.report.audit_page import count_found, found_items

    sure, doubt = found_items(found)
    counts = {"sure": count_found(sure), "doubt": count_found(sure | doubt) - count_found(sure)}
    calls, records = sum(one.calls for one in found.accounts), found.stock.records.total()
    unread = {f"{one.name}:{stream}": gap for one in found.accounts for stream, gap in one.unread.items()}
    if as_json:
        fields = {
            stream: {
                item: {"sure": [one.field for one in some.sure], "doubtful": [one.field for one in some.doubtful]}
                for item, some in items.items()
            }
            for stream, items in found.proposals.items()
        }
        write_json({"items": counts, "fields": fields, "records": dict(found.stock.records), "calls": calls, "unread": unread, "written": written})  # fmt: skip
        leave(PARTIAL if found.partial else DONE)
    say = speak(TEXTS, language)
    lines = [say("found", **counts, records=records, calls=calls)]
    if unread:
        lines.append(say("partial", where=", ".join(unread)))
    lines += [say("written"), *(f"  {path}" for path in written), say("next", page=folder / _PAGES[language][0])]
    for line in lines:
        console().print(printable(line))
    leave(PARTIAL if found.partial else DONE)
