"""SOQL from parts. Nothing reaches a query that was not checked or quoted here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sync.errors import BugError

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?$")
_LENGTHS = (18, 15)
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

ID_BATCH = 200
"""Ids in one IN list: 27 encoded bytes each, and a URI may have 16,384 (source: REST API Developer Guide)."""


def is_id(text: object) -> bool:
    return isinstance(text, str) and len(text) in _LENGTHS and text.isascii() and text.isalnum()


def check_id(text: str) -> str:
    """The id in its 18-character form. Raises BugError: an id that is none must not reach a URL or a query."""
    if not is_id(text):
        raise BugError("not a Salesforce record id")
    return text if len(text) == 18 else text + _suffix(text)


def _suffix(short: str) -> str:
    """The checksum that makes an id safe where case is lost."""
    chunks = (short[start : start + 5] for start in (0, 5, 10))
    return "".join(_SUFFIX[sum(1 << bit for bit, char in enumerate(chunk) if "A" <= char <= "Z")] for chunk in chunks)


def check_name(name: str) -> str:
    """An API name, or one relationship step and a name. Raises BugError."""
    if not _NAME.fullmatch(name):
        raise BugError(f"not a Salesforce field or object name: {name!r}")
    return name


def quote(text: str) -> str:
    """A text literal (source: SOQL and SOSL Reference, quoted string escape sequences)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def literal(instant: datetime) -> str:
    """A datetime literal, whole seconds: SOQL compares no finer."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def select(
    fields: Sequence[str], stream: str, where: str = "", order: Sequence[str] = (), limit: int | None = None
) -> str:
    parts = [f"SELECT {', '.join(map(check_name, fields))} FROM {check_name(stream)}"]  # noqa: S608 - every name is checked
    if where:
        parts.append(f"WHERE {where}")
    if order:
        parts.append(f"ORDER BY {', '.join(map(check_name, order))}")
    if limit:
        parts.append(f"LIMIT {limit}")
    return " ".join(parts)


def id_in(field: str, ids: Iterable[str]) -> str:
    """`Field IN ('…', …)`; the list must not be empty."""
    quoted = ", ".join(f"'{check_id(one)}'" for one in ids)
    if not quoted:
        raise BugError("an empty IN list")
    return f"{check_name(field)} IN ({quoted})"


def after(stamp: str, instant: datetime, record_id: str) -> str:
    """Everything behind this place in the order (stamp, Id)."""
    name, at = check_name(stamp), literal(instant)
    if not record_id:
        return f"{name} >= {at}"
    return f"({name} > {at} OR ({name} = {at} AND Id > '{check_id(record_id)}'))"


def between(low: str, high: str) -> str:
    """Ids behind `low`, up to and with `high`; an empty text is no bound."""
    parts = [f"Id > '{check_id(low)}'"] if low else []
    parts += [f"Id <= '{check_id(high)}'"] if high else []
    return " AND ".join(parts)
