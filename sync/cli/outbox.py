"""`baton ops outbox …`: what is meant to be written, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import speak
from sync.cli.flag import FlagTeller
from sync.cli.option import LARGEST, AsJson, Folder
from sync.cli.show import DONE, PARTIAL, console, leave, local, plain, printable, write_json
from sync.store.outbox import BY_HAND, Entry, State
from sync.wording import Say

if TYPE_CHECKING:
    from sync.app import App

LIST_EXAMPLE = "Example: baton ops outbox list --state parked"
RETRY_EXAMPLE = """Examples: baton ops outbox retry 4711 4712

baton ops outbox retry --all-parked"""
PARK_EXAMPLE = "Example: baton ops outbox park 4711"

_OPEN = (State.READY, State.HELD, State.SENDING, State.UNKNOWN, State.PARKED)
_PARKABLE = frozenset({State.OBSERVED, State.READY, State.HELD, State.PARKED})
Ids = Annotated[
    list[int] | None, typer.Argument(metavar="ID…", max=LARGEST, help="Numbers as `ops outbox list` shows them.")
]


def list_(
    state: Annotated[
        State | None, typer.Option("--state", show_default="all that is not over", help="Only those in this state.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, max=1_000_000, help="Most entries to show, oldest first; 0: all.")
    ] = 50,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """List entries with the fields they write, the reason they wait and when they are tried next.

    Asks the store alone. Values are told by `explain RECORD`.
    """
    from sync.app import open_app
    from sync.store import ledger

    states = (state,) if state is not None else _OPEN
    with open_app(config, offline=True) as app:
        with app.store.read() as tx:
            found = ledger.read_open(tx, states, limit or None)
            count = ledger.count_open(tx, states)
        if as_json:
            write_json({"count": count, "entries": [_as_json(entry) for entry in found]})
        else:
            for line in lines_of(found, count, app):
                console().print(line)


def retry(
    ids: Ids = None,
    all_parked: Annotated[
        bool, typer.Option("--all-parked", help="All that a CRM refused; not what was parked by hand.")
    ] = False,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Try refused writes again.

    The next run writes what is still wanted by then. May run beside the daemon.
    """
    from sync.store import ledger, outbox

    if bool(ids) is all_parked:
        raise typer.BadParameter("give the numbers of entries, or --all-parked")

    def take_up(app: App, wanted: Sequence[int]) -> list[int]:
        with app.store.write() as tx:
            if all_parked:
                wanted = [e.id for e in ledger.read_open(tx, (State.PARKED,)) if e.reason != BY_HAND]
            entries = [e for e in ledger.read(tx, wanted) if e.state is State.PARKED]
            outbox.retry(tx, [e.id for e in entries])
            _judge_again(tx, entries)
        return [e.id for e in entries]

    _do(take_up, ids or [], config, "outbox_retried", "outbox_not_retried", as_json=as_json)


def park(ids: Ids = None, config: Folder = Path(), as_json: AsJson = False) -> None:
    """Keep entries from being written, and their records with them, until somebody retries them.

    May run beside the daemon.
    """
    from sync.store import ledger, outbox

    if not ids:
        raise typer.BadParameter("give the numbers of entries")

    def stop(app: App, wanted: Sequence[int]) -> list[int]:
        with app.store.write() as tx:
            entries = [e for e in ledger.read(tx, wanted) if e.state in _PARKABLE]
            outbox.park(tx, [e.id for e in entries], _now(app))
        return [e.id for e in entries]

    _do(stop, ids, config, "outbox_parked", "outbox_not_parked", as_json=as_json)


def _judge_again(tx: Any, entries: Sequence[Entry]) -> None:
    from sync.store import agenda

    agenda.mark_dirty(tx, {entry.handoff_id for entry in entries})


def _now(app: App) -> datetime:
    from sync.app import latest_time

    return latest_time(app) or datetime.now(UTC)


def _do(
    act: Callable[[App, Sequence[int]], list[int]], ids: Sequence[int], config: Path, done: str, refused: str, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Change the entries that can be changed; tell the others, with exit code 1."""
    from sync.app import open_app
    from sync.store import ledger

    with open_app(config, offline=True) as app:
        say = speak(app.settings.language)
        changed = act(app, ids)
        with app.store.read() as tx:
            others = {e.id: e.state for e in ledger.read(tx, set(ids) - set(changed))}
        left = [one for one in ids if one not in changed]
        if as_json:
            write_json({"changed": changed, "left": [{"id": one, "state": others.get(one)} for one in left]})
        else:
            console().print(say(done, count=len(changed)))
            for one in left:
                unknown = one not in others
                key, state = ("outbox_unknown", "") if unknown else (refused, say(f"entry.{others[one]}"))
                console().print(f"  ! {say(key, id=one, state=state)}")
    leave(PARTIAL if left else DONE)


def lines_of(found: Sequence[Entry], count: int, app: App) -> list[str]:
    settings = app.settings
    say, zone = speak(settings.language), settings.rules.is_clock.calendar.zone
    if not found:
        return [say("outbox_none")]
    teller = FlagTeller(say, settings.language, settings.mapping, zone)
    lines: list[str] = []
    for entry in found:
        fields = say("separator").join(teller.label(name) for name in entry.new)
        lines.append(
            say("outbox_row", id=entry.id, state=say(f"entry.{entry.state}"), ref=printable(entry.ref), fields=fields)
        )
        again = say("outbox_again", at=local(entry.retry_at, zone)) if entry.retry_at else ""
        lines += [say("outbox_why", reason=reason_of(entry, say))] if entry.reason else []
        lines.append(say("outbox_tries", attempts=entry.attempts, created=local(entry.created_at, zone), again=again))
    more = count - len(found)
    return [*lines, *([say("outbox_more", count=more)] if more > 0 else [])]


def reason_of(entry: Entry, say: Say) -> str:
    return say("by_hand") if entry.reason == BY_HAND else printable(entry.reason)


def _as_json(entry: Entry) -> dict[str, Any]:
    kept: dict[str, Any] = plain(entry)
    kept["fields"] = sorted(entry.new)
    del kept["old"], kept["new"]
    return kept
