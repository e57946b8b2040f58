"""`baton ops erase`: forget a person on request."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sync.cli.catalogue import speak
from sync.cli.option import AsJson, Folder
from sync.cli.record import find_record
from sync.cli.show import DONE, PARTIAL, confirm, console, leave, printable, write_json
from sync.core.model.records import RecordRef
from sync.errors import ConfigError, Problem
from sync.wording import Say

if TYPE_CHECKING:
    from sync.flow.erase import Erasure

EXAMPLE = """Examples: baton ops erase salesforce:Lead:00Q5g00000AbCdEEAV

baton ops erase hubspot:contacts:310000000115 --yes

baton ops erase hubspot:contacts:310000000115 --lift"""


def erase(
    record: Annotated[str, typer.Argument(help="connection:stream:id, a record id, or the address of its page.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    lift: Annotated[
        bool, typer.Option("--lift", help="Keep a record again that was erased (connection:stream:id).")
    ] = False,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Forget a person: their records in both CRMs, what hangs on them, and what was written about them.

    Only what Baton keeps; nothing is written to a CRM. What was erased is not kept again, as long as its id is the same.
    The daemon must be stopped for it.
    """
    from sync.app import open_app
    from sync.flow import erase as flow
    from sync.store.lock import hold_lock

    with open_app(config, offline=True) as app, hold_lock(app.store):
        say = speak(app.settings.language)
        if lift:
            _show_lifted(flow.lift(app.store, [_read_ref(record)]), say, as_json=as_json)
        ref = find_record(record, app.settings.mapping, app.store)
        found = flow.find(app.store, ref)
        if not yes and not _is_wanted(found, say, as_json=as_json):
            leave(PARTIAL)
        done = flow.erase(app.store, ref, datetime.now(UTC))
    if as_json:
        write_json(done)
    else:
        console().print(say("erase_done", records=len(done.records), hanging=done.hanging))
    leave(DONE)


def _is_wanted(found: Erasure, say: Say, *, as_json: bool) -> bool:
    """Show what would go, and ask. Where nobody can answer nothing is erased."""
    if as_json:
        write_json({"would_erase": found})
        return False
    console().print(say("erase_what", hanging=found.hanging))
    for ref in found.records:
        console().print(say("erase_record", ref=printable(ref)))
    if confirm(say("erase_ask")):
        return True
    console().print(say("erase_stopped"))
    return False


def _show_lifted(count: int, say: Say, *, as_json: bool) -> NoReturn:
    if as_json:
        write_json({"lifted": count})
    else:
        console().print(say("erase_lifted", count=count) if count else say("erase_nothing_lifted"))
    leave(DONE if count else PARTIAL)


def _read_ref(text: str) -> RecordRef:
    """As written: what was erased is in no store that could tell its stream."""
    parts = text.strip().split(":")
    if len(parts) != 3 or not all(parts):
        raise ConfigError(
            Problem("RECORD", f"{printable(text)!r} is not written in full", "write connection:stream:id")
        )
    return RecordRef(*parts)
