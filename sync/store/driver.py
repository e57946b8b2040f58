"""Statements of the read path, past SQLAlchemy's rows and types: a page of records costs one round and no object each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import orjson
from sqlalchemy import Connection, CursorResult, LargeBinary
from sqlalchemy.types import TypeEngine

from sync.core.model.records import RecordRef
from sync.store.store import BINARY
from sync.store.tables import Schema
from sync.store.types import Json

_APART, _ABSENT = "\x1f", "\x1e"
_SPLIT = "string_to_array(%s, chr(31), chr(30))"
_BINARY = {BINARY: True}


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


def as_bytes(tx: Connection, column: str) -> str:
    """A column of JSON in a query whose rows are read as they are: whoever takes JSON apart needs no text of it."""
    return f"convert_to({column}, 'UTF8')" if is_postgresql(tx) else f"CAST({column} AS BLOB)"


def fetch(tx: Connection, sql: str, texts: Iterable[str]) -> list[tuple[Any, ...]]:
    """Rows of a query whose `{}` stands for "is one of these texts", as the driver gives them: instants are numbers, JSON is
    text, or bytes where `as_bytes` asked for it."""
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
        return tx.exec_driver_sql(sql.format("= ANY(%s)"), (texts,), execution_options=_BINARY)
    # The driver writes an array out text by text.
    return tx.exec_driver_sql(sql.format("= ANY(string_to_array(%s, chr(31)))"), (joined,), execution_options=_BINARY)


def put(
    tx: Connection, table: str, columns: Sequence[str], keys: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert or replace by key, in one statement; without `keys` insert alone. JSON is text, or bytes as orjson writes it.

    PostgreSQL gets each column as one parameter. COPY into a table of the transaction and an INSERT from it asked the
    server four times, and cost both sides more.
    """
    if not rows:
        return
    if not is_postgresql(tx):
        marks = ["CAST(? AS TEXT)" if isinstance(type_, Json) else "?" for type_ in _types(table, columns)]
        tx.exec_driver_sql(_insert(table, columns, keys, f"VALUES ({', '.join(marks)})"), [*rows])
        return
    each, values = _spread(tx, table, columns, rows)
    tx.exec_driver_sql(_insert(table, columns, keys, f"SELECT {', '.join(each)}"), values)


def _types(table: str, columns: Sequence[str]) -> list[TypeEngine[Any]]:
    return [Schema.metadata.tables[table].c[name].type for name in columns]


def _spread(
    tx: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> tuple[list[str], tuple[Any, ...]]:
    """Rows by their columns: how a statement takes them apart again, and its parameters. What all rows have in common is
    given once; not so the first column, which tells how many rows there are."""
    first, *others = zip(_types(table, columns), zip(*rows, strict=True), strict=True)
    spread = [_spread_column(tx, *first), *(_spread_or_share(tx, *one) for one in others)]
    each, values = zip(*spread, strict=True)
    return [*each], values


def _spread_or_share(tx: Connection, type_: TypeEngine[Any], column: tuple[Any, ...]) -> tuple[str, Any]:
    if column.count(column[0]) == len(column):
        return f"%s::{type_.compile(tx.dialect)}", _as_one(type_, column[0])
    return _spread_column(tx, type_, column)


def _spread_column(tx: Connection, type_: TypeEngine[Any], column: tuple[Any, ...]) -> tuple[str, Any]:
    """A column in a statement, and its parameter."""
    array, value = _as_array(type_, column)
    each = f"unnest({array})"
    return f"decode({each}, 'hex')" if isinstance(type_, LargeBinary) else f"{each}::{type_.compile(tx.dialect)}", value


def _as_one(type_: TypeEngine[Any], value: Any) -> Any:
    """As text, which PostgreSQL reads as whatever the column holds: it takes no number for a truth value."""
    if value is None or isinstance(type_, LargeBinary):
        return value
    return value.decode() if isinstance(value, bytes) else str(value)


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
    if isinstance(type_, LargeBinary) and (hexed := _join_hex(column)):
        return _SPLIT, hexed
    write = bytes.hex if isinstance(type_, LargeBinary) else str
    absent = column.count(None)
    texts = [None if value is None else write(value) for value in column] if absent else [*map(write, column)]
    joined = _APART.join([_ABSENT if text is None else text for text in texts] if absent else cast(list[str], texts))
    if joined and joined.count(_APART) == len(texts) - 1 and joined.count(_ABSENT) == absent:
        return _SPLIT, joined
    return "%s::text[]", texts


def _join_hex(column: Sequence[bytes | None]) -> str:
    """Digests of one length are written out all at once."""
    held = [value for value in column if value is not None]
    sizes = {*map(len, held)}
    if len(held) == len(column) and len(sizes) == 1 and (size := sizes.pop()):
        return b"".join(held).hex(_APART, -size)
    return _APART.join([_ABSENT if value is None else value.hex() for value in column])
