"""Statements of the read path, past SQLAlchemy's rows and types: a page of records costs one round and no object each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import orjson
from sqlalchemy import Connection, CursorResult, LargeBinary
from sqlalchemy.types import TypeEngine

from sync.core.model.records import RecordRef
from sync.store.tables import Schema
from sync.store.types import Json

_APART, _ABSENT = "\x1f", "\x1e"


def is_postgresql(tx: Connection) -> bool:
    return tx.dialect.name == "postgresql"


class Refs(dict[str, RecordRef]):
    """References by their text, each read once: in a batch most of them come several times."""

    def __missing__(self, text: str) -> RecordRef:
        ref = self[text] = RecordRef.parse(text)
        return ref


def by_check_index(tx: Connection) -> str:
    """What SQLite must be told behind `source_record` for it to read nothing but the index of the change check."""
    return "" if is_postgresql(tx) else "INDEXED BY source_record_check"


def as_json(tx: Connection, column: str) -> str:
    """A column of JSON as it is parsed best. SQLite's driver would make a text of it, which is encoded again to be parsed."""
    return column if is_postgresql(tx) else f"CAST({column} AS BLOB)"


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
    """Insert or replace by key, in one statement; without `keys` insert alone. JSON is text, or bytes as orjson writes it.

    PostgreSQL gets each column as one parameter. COPY into a table of the transaction and an INSERT from it asked the
    server four times, and cost both sides more.
    """
    if not rows:
        return
    types = [Schema.metadata.tables[table].c[name].type for name in columns]
    if not is_postgresql(tx):
        marks = ["CAST(? AS TEXT)" if isinstance(type_, Json) else "?" for type_ in types]
        tx.exec_driver_sql(_insert(table, columns, keys, f"VALUES ({', '.join(marks)})"), [*rows])
        return
    arrays, values = zip(*map(_as_array, types, zip(*rows, strict=True)), strict=True)
    each = (f"unnest({array})::{type_.compile(tx.dialect)}" for array, type_ in zip(arrays, types, strict=True))
    tx.exec_driver_sql(_insert(table, columns, keys, f"SELECT {', '.join(each)}"), values)


def _insert(table: str, columns: Sequence[str], keys: Sequence[str], source: str) -> str:
    into = f"INSERT INTO {table} ({', '.join(columns)}) {source}"
    if not keys:
        return into
    changed = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in keys)
    return f"{into} ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {changed}' if changed else 'NOTHING'}"


def _as_array(type_: TypeEngine[Any], column: tuple[Any, ...]) -> tuple[str, Any]:
    """A column as an array of texts: what it is in a statement, and its parameter."""
    if isinstance(type_, Json):
        # No control character stands in JSON.
        written = [b"\x1e" if v is None else v if type(v) is bytes else v.encode() for v in column]
        return "string_to_array(convert_from(%s, 'UTF8'), chr(31), chr(30))", b"\x1f".join(written)
    write = _write_bytes if isinstance(type_, LargeBinary) else str
    texts = [None if value is None else write(value) for value in column]
    absent = texts.count(None)
    joined = _APART.join([_ABSENT if text is None else text for text in texts] if absent else cast(list[str], texts))
    if joined and joined.count(_APART) == len(texts) - 1 and joined.count(_ABSENT) == absent:
        return "string_to_array(%s, chr(31), chr(30))", joined
    return "%s::text[]", texts


def _write_bytes(value: bytes) -> str:
    return "\\x" + value.hex()
