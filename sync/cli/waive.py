"""`baton ops waive`: an exception (例外承認) for one handoff, given, listed and withdrawn by RevOps."""

from __future__ import annotations

import getpass
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import speak
from sync.cli.option import AsJson, Folder
from sync.cli.record import find_record
from sync.cli.show import DONE, PARTIAL, console, leave, local, plain, printable, write_json
from sync.core.mapping.spec import MappingSpec
from sync.core.model.handoff import Waiver
from sync.core.model.label import VALUE_LABELS
from sync.core.rules.quote import quote
from sync.core.rules.waiver import known_names, read_names
from sync.errors import ConfigError, Problem
from sync.settings.check import suggest
from sync.wording import Say

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.waive import Kept

EXAMPLE = """Examples: baton ops waive salesforce:Lead:00Q5g00000AbCdEEAV --items decision_maker,budget --reason "introduced by the board" --until 2026-12-31

baton ops waive --list

baton ops waive salesforce:Lead:00Q5g00000AbCdEEAV --revoke"""

LONGEST_REASON, LONGEST_NAME = 200, 80


def waive(
    record: Annotated[
        str | None, typer.Argument(help="connection:stream:id, a record id, or the address of its page.")
    ] = None,
    items: Annotated[
        str | None, typer.Option("--items", help="Items and criteria by id or label, separated by commas.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; the note on the record quotes it. Names nobody.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last day; without it to the end of the cycle.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who gives it.", show_default="the user of this computer")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List those that are kept, of one record or of all.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Withdraw those of the record that are in force.")] = False,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Spare a handoff items or criteria, for a reason and a time.

    Kept in the store for the present cycle; it counts from the next judgement on, also beside a running daemon.
    """
    from sync.app import open_app

    given = {"--items": items, "--reason": reason, "--until": until}
    _refuse_mixture(given, record, list_=list_, revoke=revoke)
    with open_app(config, offline=True) as app:
        if list_:
            _list(app, record, as_json=as_json)
        elif revoke:
            _revoke(app, record or "", _name(by), as_json=as_json)
        else:
            _give(app, record or "", items or "", reason or "", until, _name(by), as_json=as_json)


def _refuse_mixture(given: dict[str, str | None], record: str | None, *, list_: bool, revoke: bool) -> None:
    if list_ and revoke:
        raise typer.BadParameter("give --list or --revoke, not both")
    told = [name for name, value in given.items() if value is not None]
    if (list_ or revoke) and told:
        raise typer.BadParameter(f"{told[0]} goes with neither --list nor --revoke")
    if not list_ and record is None:
        raise typer.BadParameter("name the RECORD whose handoff is meant")
    lacking = [name for name in ("--items", "--reason") if not (given[name] or "").strip()]
    if not list_ and not revoke and lacking:
        raise typer.BadParameter(f"give {' and '.join(lacking)}: what is spared, and why")


def _give(app: App, record: str, items: str, reason: str, until: str | None, by: str, *, as_json: bool) -> None:
    from sync.flow.waive import waive as keep

    now = _now(app)
    ref = find_record(record, app.settings.mapping, app.store)
    named = read_names(items, app.context.in_force(now).mapping)
    _refuse_unknown(named.unknown, app.context.in_force(now).mapping)
    last = _last_day(until, now.astimezone(app.settings.rules.is_clock.calendar.zone).date())
    said = quote(reason, LONGEST_REASON)
    if not said:
        raise ConfigError(Problem("--reason", "holds nothing that can be read", "say why, in a few words"))
    kept = keep(app.context, ref, Waiver(named.items, named.criteria, said, last, by, now), now)
    if as_json:
        write_json({"waiver": _as_json(kept)})
        return
    say = speak(app.settings.language)
    console().print(say("waiver_kept", line=_line(kept, app, say)))
    console().print(say("waiver_next"))


def _revoke(app: App, record: str, by: str, *, as_json: bool) -> None:
    from sync.flow.waive import revoke as withdraw

    ref = find_record(record, app.settings.mapping, app.store)
    withdrawn = withdraw(app.context, ref, by, _now(app))
    if as_json:
        write_json({"revoked": [_as_json(kept) for kept in withdrawn]})
    else:
        say = speak(app.settings.language)
        for kept in withdrawn:
            console().print(say("waiver_revoked_now", line=_line(replace(kept, state=None), app, say)))
        console().print(say("waiver_next") if withdrawn else say("waiver_none_in_force"))
    leave(DONE if withdrawn else PARTIAL)


def _list(app: App, record: str | None, *, as_json: bool) -> None:
    from sync.flow.waive import list_waivers

    ref = find_record(record, app.settings.mapping, app.store) if record else None
    found = list_waivers(app.context, ref, _now(app))
    if as_json:
        write_json({"waivers": [_as_json(kept) for kept in found]})
        return
    say = speak(app.settings.language)
    for kept in found:
        console().print(_line(kept, app, say))
    if not found:
        console().print(say("waiver_none"))


def _now(app: App) -> datetime:
    from sync.app import latest_time

    return latest_time(app) or datetime.now(UTC)


def _name(by: str | None) -> str:
    try:
        name = by if by is not None else getpass.getuser()
    except (KeyError, OSError, ImportError):
        name = ""
    said = quote(name, LONGEST_NAME)
    if not said:
        raise typer.BadParameter("--by: say who gives it")
    return said


def _refuse_unknown(words: tuple[str, ...], mapping: MappingSpec) -> None:
    known = known_names(mapping)
    if words:
        raise ConfigError(
            [Problem("--items", f"{quote(word)!r} is no item and no criterion", suggest(word, known)) for word in words]
        )


def _last_day(text: str | None, today: date) -> date | None:
    if text is None:
        return None
    try:
        last = date.fromisoformat(text)
    except ValueError:
        raise ConfigError(Problem("--until", f"{quote(text)!r} is no date", "write YYYY-MM-DD")) from None
    if last < today:
        raise ConfigError(Problem("--until", f"{last} is over", "name today or a later day"))
    return last


def _line(kept: Kept, app: App, say: Say) -> str:
    one, zone = kept.stored, app.settings.rules.is_clock.calendar.zone
    return say(
        "waiver_line",
        id=one.id,
        anchor=printable(one.anchor),
        cycle=one.cycle,
        names=printable(names_of(one.waiver, app.settings.mapping, app.settings.language, say)),
        reason=printable(one.waiver.reason),
        until=one.waiver.until or say("waiver_cycle_end"),
        by=printable(one.waiver.by),
        at=local(one.waiver.at, zone),
        state=say(f"waiver_state.{kept.state.value if kept.state else 'revoked'}"),
    )


def names_of(waiver: Waiver, mapping: MappingSpec, language: str, say: Say) -> str:
    """What a waiver spares, as people call it."""
    specs = ((item, mapping.items.get(item)) for item in waiver.items)
    labels = [spec.label.in_(language) if spec is not None else item for item, spec in specs]
    criteria = VALUE_LABELS["unmet_criteria"]
    for name in waiver.criteria:
        label = criteria[name][0 if language == "ja" else 1] if name in criteria else name
        labels.append(say("waiver_criterion", label=label))
    return say("separator").join(labels)


def _as_json(kept: Kept) -> dict[str, Any]:
    found: dict[str, Any] = plain(kept.stored)
    waiver = found.pop("waiver")
    waiver.pop("record")
    return {**found, **waiver, "state": kept.state.value if kept.state else "revoked"}
