"""`baton ops db …`: the database of the store: its schema, a new one, a copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.db_text import TEXTS
from sync.cli.option import AsJson, Folder
from sync.cli.show import DONE, PARTIAL, console, leave, write_json
from sync.wording import speak

if TYPE_CHECKING:
    from sync.store.opening import Schema

STATUS_EXAMPLE = "Example: baton ops db status --config /etc/baton"
UPGRADE_EXAMPLE = "Example: baton ops db upgrade --config /etc/baton   (stop the daemon first)"
BACKUP_EXAMPLE = "Example: baton ops db backup /var/backups/baton-2026-11-23.db --config /etc/baton"


def status(config: Folder = Path(), as_json: AsJson = False) -> None:
    """Show where the store is and whether this version works with its schema.

    Changes nothing. Exit 1 when the schema is older or newer than this version's.
    """
    from sync.app import connected_store, read_settings
    from sync.store.opening import read_schema

    settings = read_settings(config)
    with connected_store(settings) as store:
        schema = read_schema(store)
        file = store.file
        if as_json:
            size = file.stat().st_size if file is not None else None
            write_json(
                {
                    "database": store.engine.dialect.name,
                    "store": store.url,
                    "bytes": size,
                    "schema": schema.present,
                    "schema_of_this_version": schema.head,
                    "state": _state(schema),
                }
            )
        else:
            say = speak(TEXTS, settings.language)
            console().print(say("place", url=store.url))
            if file is not None:
                console().print(say("size", megabytes=f"{file.stat().st_size / 1e6:,.1f}"))
            console().print(say(_state(schema), present=schema.present, head=schema.head))
    leave(DONE if schema.current or schema.present is None else PARTIAL)


def upgrade(config: Folder = Path(), as_json: AsJson = False) -> None:
    """Bring an older schema to that of this version: all of it or nothing.

    Nobody else may work on the store meanwhile. A SQLite file is copied first and its copy named; of a PostgreSQL database
    make a backup yourself (pg_dump).
    """
    from sync.app import connected_store, read_settings
    from sync.store.opening import read_schema, refuse_newer
    from sync.store.opening import upgrade as upgrade_store

    settings = read_settings(config)
    with connected_store(settings) as store:
        refuse_newer(read_schema(store))
        done = upgrade_store(store)
    if as_json:
        write_json(done)
        return
    say = speak(TEXTS, settings.language)
    console().print(say("upgraded" if done.before != done.after else "current", before=done.before, head=done.after))
    if done.backup is not None:
        console().print(say("kept", path=done.backup))


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that does not exist yet.")],
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Copy a SQLite store into a file, also beside a running daemon. It holds data of people: only its owner may read it.

    For PostgreSQL use pg_dump.
    """
    from sync.app import connected_store, read_settings
    from sync.store.opening import back_up

    settings = read_settings(config)
    with connected_store(settings) as store:
        back_up(store, file)
    if as_json:
        write_json({"file": file, "bytes": file.stat().st_size})
    else:
        console().print(
            speak(TEXTS, settings.language)("copied", path=file, megabytes=f"{file.stat().st_size / 1e6:,.1f}")
        )


def _state(schema: Schema) -> str:
    if schema.present is None:
        return "empty"
    return "current" if schema.current else "older" if schema.known else "newer"
