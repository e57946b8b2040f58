"""`baton approve`: what the gate holds, and letting it go once somebody has looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sync.cli.catalogue import speak
from sync.cli.flag import FlagTeller
from sync.cli.option import AsJson, Folder
from sync.cli.show import DONE, PARTIAL, console, leave, plain, printable, write_json
from sync.errors import ConfigError, Problem
from sync.settings.check import suggest
from sync.wording import Say

if TYPE_CHECKING:
    from sync.flow.gate import Hold

EXAMPLE = """Examples: baton approve

baton approve salesforce:item"""
ALL = "all"


def approve(
    hold: Annotated[
        str | None, typer.Argument(help="What to release, as the list names it (salesforce:item), or all.")
    ] = None,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the changes that wait because they are far more than usual; release them by name.

    Only what is desired as it was held is released. Works beside a running daemon, which writes it in its next cycle.
    """
    from sync.app import latest_time, open_app
    from sync.flow import gate

    with open_app(config, offline=True) as app:
        say = speak(app.settings.language)
        with app.store.read() as tx:
            holds = gate.read_holds(app.context, tx, latest_time(app) or datetime.now(UTC))
        if hold is None:
            settings = app.settings
            zone = settings.rules.is_clock.calendar.zone
            _show(holds, FlagTeller(say, settings.language, settings.mapping, zone), as_json=as_json)
        wanted = holds if hold == ALL else [one for one in holds if one.name == hold]
        if not wanted and hold != ALL:
            hint = suggest(hold, [one.name for one in holds]) if holds else "nothing is held at present"
            raise ConfigError(Problem("HOLD", f"{printable(hold)!r} is not held", hint))
        count = sum(gate.approve(app.context, one.connection, one.kind) for one in wanted)
    if as_json:
        write_json({"released": count})
    else:
        console().print(say("hold_released", count=count) if count else say("hold_none"))
    leave(DONE)


def hold_line(hold: Hold, say: Say) -> str:
    """One hold in words, with the command that releases it."""
    kind = say(f"held_kind.{hold.kind}")
    return say("held", connection=hold.connection, id=hold.kind, kind=kind, count=hold.held, limit=hold.limit)


def _show(holds: Sequence[Hold], teller: FlagTeller, *, as_json: bool) -> NoReturn:
    """Exit 1 while something waits."""
    say = teller.say
    if as_json:
        write_json({"holds": [{"name": one.name, **plain(one)} for one in holds]})
    for one in () if as_json else holds:
        fields = say("separator").join(f"{teller.label(name)} {count}" for name, count in one.fields.items())
        refs = say("separator").join(printable(ref) for ref in one.samples)
        for line in (hold_line(one, say), say("hold_fields", fields=fields), say("hold_samples", refs=refs)):
            console().print(line)
    if not holds and not as_json:
        console().print(say("hold_none"))
    leave(PARTIAL if holds else DONE)
