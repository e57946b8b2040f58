"""How values lie in columns, and one construct that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import orjson
from sqlalchemy import ARRAY, BigInteger, Boolean, Dialect, Integer, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from sync.core.model.records import Kind
from sync.errors import ConfigError, Problem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

RowId = BigInteger().with_variant(Integer, "sqlite")
"""A growing row number; SQLite only grows INTEGER keys by itself."""


KINDS = {kind.value: kind for kind in Kind}
"""By their name in a column."""


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(0, 0, micros)  # by name it takes twice as long


# The processors are given as they are, not as `process_…`: a wrapper less around every value of every row.
class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as whole microseconds since 1970 in UTC: exact, ordered and small on both databases."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return lambda value: None if value is None else to_micros(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return lambda value: None if value is None else from_micros(value)


def read_json(text: str | bytes | None) -> Any:
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        hint = "restore it from a backup, or start with an empty one: everything is read again"
        raise ConfigError(Problem("store", "is damaged: a field holds text that is no JSON", hint)) from None


def write_json(value: Any) -> str:
    """With sorted keys, so that equal content is equal text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def write_bytes(value: Any) -> bytes:
    """The same text as bytes, for statements that take it so."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class Json(TypeDecorator[Any]):
    """JSON as text written by orjson with sorted keys, so that equal content is equal text."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return lambda value: None if value is None else write_json(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return read_json


class _TextSet(TypeDecorator[Any]):
    """A list of texts as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else orjson.dumps(value).decode()


class _InSet(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Self:
        """A condition as it stands: compared with a truth value, as databases without one are asked, it would keep SQLite
        from using any index."""
        return self


@compiles(_InSet, "sqlite")
def _in_set_sqlite(element: _InSet, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(c, **options) for c in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 (both are compiled SQL)


@compiles(_InSet, "postgresql")
def _in_set_postgresql(element: _InSet, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **options)} = ANY({compiler.process(values, **options)})"


def in_set(column: Any, values: Iterable[object]) -> ColumnElement[bool]:
    """`column IN values` with the whole set as one parameter: one statement text and no limit on its length."""
    texts = [str(v) for v in values]
    return _InSet(column, bindparam(None, texts, type_=_TextSet(), unique=True))
