"""Statements of the read path, past SQLAlchemy's rows and types: a page of records costs one round and no object each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, CursorResult

from sync.core.model.records import RecordRef

_APART = "\x1f"


def is_postgresql(tx: Connection) -> bool:
    return tx.dialect.name == "postgresql"


class Refs(dict[str, RecordRef]):
    """References by their text, each read once: in a batch most of them come several times."""

    def __missing__(self, text: str) -> RecordRef:
        ref = self[text] = RecordRef.parse(text)
        return ref


def fetch(tx: Connection, sql: str, texts: Iterable[str]) -> list[tuple[Any, ...]]:
    """Rows of a query whose `{}` stands for "is one of these texts", as the driver gives them: instants are numbers, JSON is
    text."""
    result = _among(tx, sql, [*texts])
    cursor: Any = result.cursor
    try:
        return cursor.fetchall()
    finally:
        result.close()


def run(tx: Connection, sql: str, texts: Iterable[str]) -> None:
    """The same for a statement that gives nothing back."""
    _among(tx, sql, [*texts])


def _among(tx: Connection, sql: str, texts: list[str]) -> CursorResult[Any]:
    """The whole set as one parameter."""
    if not is_postgresql(tx):
        return tx.exec_driver_sql(sql.format("IN (SELECT value FROM json_each(?))"), (orjson.dumps(texts).decode(),))
    joined = _APART.join(texts)
    if joined.count(_APART) != len(texts) - 1:
        return tx.exec_driver_sql(sql.format("= ANY(%s)"), (texts,))
    # The driver writes an array out text by text.
    return tx.exec_driver_sql(sql.format("= ANY(string_to_array(%s, chr(31)))"), (joined,))


def put(
    tx: Connection, table: str, columns: Sequence[str], keys: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert or replace by key. On PostgreSQL by COPY into a table of the transaction and one INSERT from it."""
    if not rows:
        return
    names, changed = ", ".join(columns), ", ".join(f"{c} = excluded.{c}" for c in columns if c not in keys)
    conflict = f"ON CONFLICT ({', '.join(keys)}) DO " + (f"UPDATE SET {changed}" if changed else "NOTHING")
    if not is_postgresql(tx):
        marks = ", ".join("?" * len(columns))
        tx.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}", [*rows])  # noqa: S608 (all names are ours)
        return
    passing = f"incoming_{table}"
    tx.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {passing} ON COMMIT DELETE ROWS AS SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608
    )
    tx.exec_driver_sql(f"DELETE FROM {passing}")  # noqa: S608
    session: Any = tx.connection.driver_connection
    with session.cursor() as cursor, cursor.copy(f"COPY {passing} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    tx.exec_driver_sql(f"INSERT INTO {table} ({names}) SELECT {names} FROM {passing} {conflict}")  # noqa: S608
