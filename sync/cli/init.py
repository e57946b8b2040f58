"""`baton init`: a short conversation that ends in the operator's own folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sync.cli.init_files import Answers, complain, first_day, make_files, option_of, write_files, zone_of
from sync.cli.init_text import QUESTIONS, TEXTS
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
from sync.cli.show import DONE, console, leave, printable, write_json
from sync.errors import ConfigError, Problem
from sync.wording import Say, speak

EXAMPLE = "Example: baton init acme   ·   baton init acme --yes --salesforce-url https://acme.my.salesforce.com --is IS --fs FS"
_LISTS = frozenset(one.name for one in fields(Answers) if str(one.type).startswith("tuple"))
_DEFAULTS = {one.name: one.default for one in fields(Answers) if one.default is not MISSING}


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your folder; made if it is not there.")],
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: options, and defaults for the rest.")] = False,
    language: Annotated[str | None, typer.Option(help="ja or en.")] = None,
    salesforce_url: SalesforceUrl = None,
    environment: Environment = None,
    salesforce_auth: SalesforceAuth = None,
    salesforce_username: SalesforceUsername = None,
    hubspot: Hubspot = None,
    hubspot_url: HubspotUrl = None,
    country: Country = None,
    tz: TimeZone = None,
    days: Annotated[str | None, typer.Option(help="Working days: mon,tue,wed,thu,fri.")] = None,
    hours: Annotated[str | None, typer.Option(help="09:00-18:00, or 09:00-12:00,13:00-18:00.")] = None,
    fiscal_year_start: Annotated[str | None, typer.Option(help="Month, 1 to 12.")] = None,
    inside: Annotated[str | None, typer.Option("--is", help="Inside sales: e-mails, role or team names.")] = None,
    field: Annotated[str | None, typer.Option("--fs", help="Field sales: e-mails, role or team names.")] = None,
    passes: Annotated[
        str | None, typer.Option("--pass", help="What is a pass: meeting,owner,conversion,opportunity,status.")
    ] = None,
    sql_status: Annotated[str | None, typer.Option(help="Lead statuses that are a pass.")] = None,
    preset: Annotated[str | None, typer.Option(help="starter, article or full.")] = None,
    enforce_from: Annotated[str | None, typer.Option(metavar="DAY", help="First day that shows on records.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make your folder: settings with comments, and a template for credentials.

    Asks a few questions; each answer is also an option. Overwrites nothing. The mode is observe: nothing is written to any
    CRM. Runs `check` at the end, which tells what is still to be done. Exit 0 once the files are written.
    """
    given = given_answers(context)
    answers = take_answers(given) if yes or as_json else _ask(folder, given)
    written = write_files(folder, make_files(answers))
    _tell(folder, answers, written, as_json)


def given_answers(context: typer.Context) -> dict[str, str]:
    """What the options of a command answer: those that are called as the field of `Answers` that they fill."""
    params: dict[str, Any] = context.params
    return {one.name: params[one.name] for one in fields(Answers) if params.get(one.name) is not None}


def take_answers(given: Mapping[str, str]) -> Answers:
    """From options alone. Raises ConfigError with everything that is wrong or missing."""
    values, problems = {}, []
    for name, text in given.items():
        try:
            values[name] = _read(name, text)
        except ValueError:
            problems.append(Problem(option_of(name), f"{text!r} cannot be read", _hint(name)))
    if "salesforce_url" not in given:
        problems.append(Problem("--salesforce-url", "is missing", "write https://YOURCOMPANY.my.salesforce.com"))
    whole = _with_defaults(values)
    made = Answers(**{"salesforce_url": "https://example.my.salesforce.com", **whole})
    problems += made.find_problems()
    if problems:
        raise ConfigError(problems)
    return made


def _with_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    country = values.get("country", _DEFAULTS["country"])
    tz = values.get("tz") or zone_of(country)
    try:
        today = first_day(tz, datetime.now(UTC))
    except (ValueError, OSError, KeyError):
        today = datetime.now(UTC).date()  # the zone is told to be wrong
    return {"tz": tz, "enforce_from": today, **values}


def _ask(folder: Path, given: Mapping[str, str]) -> Answers:
    """What no option answers, one question after the other. Raises ConfigError when standard input ends before."""
    values: dict[str, Any] = {}
    for name in QUESTIONS:
        if not _applies(name, values):
            continue
        language = values.get("language", "ja")
        if name == "salesforce_url":
            _print(speak(TEXTS, language)("begin", folder=folder))
        default = _with_defaults(values).get(name, _DEFAULTS.get(name))
        question = speak(QUESTIONS, language)(name)
        values[name] = _answer(name, question, default, given.get(name), speak(TEXTS, language))
    more = {name: _read(name, text) for name, text in given.items() if name not in QUESTIONS}
    return Answers(**{**values, **more})


def _applies(name: str, values: Mapping[str, Any]) -> bool:
    if name == "salesforce_username":
        return values["salesforce_auth"] == "jwt"
    return name != "sql_status" or "status" in values["passes"]


def _answer(name: str, question: str, default: Any, given: str | None, say: Say) -> Any:
    while True:
        text = given if given is not None else _read_line(name, question, default)
        value, told = default, None
        if text:
            try:
                value = _read(name, text)
            except ValueError:
                told = f"{text!r} cannot be read", _hint(name)
        if told is None:
            told = ("is missing", _hint(name)) if value in (None, "") else complain(name, value)
        if told is None:
            return value
        if given is not None:
            raise ConfigError(Problem(option_of(name), *told))
        _print(say("wrong", message=told[0], hint=told[1]))


def _read_line(name: str, question: str, default: Any) -> str:
    _print(f"{question} [{_shown(default)}]:" if default not in (None, "") else f"{question}:")
    line = sys.stdin.readline()
    if not line:
        message = "has no answer: standard input ended"
        raise ConfigError(Problem(option_of(name), message, "answer on a terminal, or give options and --yes"))
    return line.strip()


def _shown(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _read(name: str, text: str) -> Any:
    """An answer as it is typed. Raises ValueError."""
    readers: Mapping[str, Callable[[str], Any]] = {"fiscal_year_start": int, "enforce_from": date.fromisoformat}
    if name in _LISTS:
        return tuple(one.strip() for one in text.replace("、", ",").split(",") if one.strip())
    return readers.get(name, str)(text.strip())


def _hint(name: str) -> str:
    return {"fiscal_year_start": "write 1 to 12", "enforce_from": "write YYYY-MM-DD"}.get(name, "write it in full")


def _print(text: str) -> None:
    console().print(printable(text))


def _tell(folder: Path, answers: Answers, written: list[Path], as_json: bool) -> None:
    from sync.cli.check import examine, show

    found = examine(folder)
    if as_json:
        write_json({"written": written, "check": found.as_json()})
        leave(DONE)
    say = speak(TEXTS, answers.language)
    _print(say("written"))
    for path in written:
        _print(f"  {path}")
    _print(say("mode"))
    _print(say("checking"))
    show(found, answers.language)
    if found.code:
        _print(say("next"))
        for step in ("next_env", "next_setup", "next_check"):
            _print(say(step, folder=folder, env=folder / ".env"))
    leave(DONE)
