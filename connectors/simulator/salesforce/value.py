"""Field values: from JSON to what is stored, and instants in Salesforce's format (source: REST guide, date formats)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from connectors.simulator.salesforce.error import ApiError, row_error
from connectors.simulator.salesforce.record_id import to18
from connectors.simulator.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)")
TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?Z?")
EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>()]+")


def show_instant(instant: datetime) -> str:
    """Second resolution, no colon in the offset, always UTC: 2026-11-20T09:15:02.000+0000."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0)


@lru_cache(maxsize=50_000)
def normal_instant(text: str) -> str:
    """Any accepted input form to the stored form. Raises ValueError; a time without offset is refused."""
    if not INSTANT.fullmatch(text):
        raise ValueError(text)
    return show_instant(read_instant(text.replace("Z", "+00:00")))


def whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def day_start(day: date, zone: Any) -> str:
    return show_instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def read_value(item: Field, value: Any, *, trim: bool = True) -> Any:
    """The stored form of a JSON value for this field, or an ApiError (type errors fail the whole request)."""
    if value is None:
        if item.type == "boolean":
            raise _wrong_type(item, value)
        return None
    if item.type in TEXT_TYPES:
        return _read_text(item, value, trim)
    if item.type in ("reference", "id"):
        return _read_reference(item, value)
    if item.type in NUMBER_TYPES or item.type == "int":
        return _read_number(item, value)
    if item.type == "boolean":
        if isinstance(value, bool):
            return value
        raise _wrong_type(item, value)
    if item.type in ("date", "datetime", "time"):
        return _read_time(item, value)
    return value


def _read_text(item: Field, value: Any, trim: bool) -> str | None:
    if isinstance(value, dict | list):
        raise _wrong_type(item, value)
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    text = text.strip(" \t\r\n") if trim else text
    if not text:
        return None
    if item.type == "multipicklist":
        return _read_choices(item, text)
    if len(text) > item.length:
        shown = text if len(text) < 100 else text[:100] + "..."
        message = f"{item.label}: data value too large: {shown} (max length={item.length})"
        raise row_error("STRING_TOO_LONG", message, item.name)
    if item.type == "email" and not EMAIL.fullmatch(text):
        raise row_error("INVALID_EMAIL_ADDRESS", f"{item.label}: invalid email address: {text}", item.name)
    if item.restricted and text not in item.values:
        raise _bad_choice(item, text)
    return text


def _read_choices(item: Field, text: str) -> str | None:
    chosen = dict.fromkeys(part.strip() for part in text.split(";") if part.strip())
    if item.restricted:
        for part in chosen:
            if part not in item.values:
                raise _bad_choice(item, part)
    order = {value: place for place, value in enumerate(item.values)}
    return ";".join(sorted(chosen, key=lambda part: order.get(part, len(order)))) or None


def _bad_choice(item: Field, text: str) -> ApiError:
    message = f"{item.label}: bad value for restricted picklist field: {text}"
    return row_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, item.name)


def _read_reference(item: Field, value: Any) -> str | None:
    if value == "":
        return None
    try:
        return to18(value)
    except (ValueError, TypeError):
        label = item.label if item.label.endswith("ID") else item.label.removesuffix(" Id") + " ID"
        raise row_error("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", item.name) from None


def _read_number(item: Field, value: Any) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise _wrong_type(item, value) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(item, value)
    if item.type == "int":
        if value != int(value):
            raise _wrong_type(item, value)
        return int(value)
    if abs(value) >= 10 ** (item.precision - item.scale):
        message = f"{item.label}: value outside of valid range on numeric field: {value}"
        raise row_error("NUMBER_OUTSIDE_VALID_RANGE", message, item.name)
    return float(round(value, item.scale))


def _read_time(item: Field, value: Any) -> str:
    try:
        if item.type == "date":
            return date.fromisoformat(value).isoformat() if len(value) == 10 else _refuse(value)
        if item.type == "datetime":
            return normal_instant(value)
        match = TIME.fullmatch(value)
        return f"{match[1]}:{match[2]}:{match[3] or '00'}.000Z" if match else _refuse(value)
    except (ValueError, TypeError):
        raise _wrong_type(item, value) from None


def _refuse(value: Any) -> str:
    raise ValueError(value)


def _wrong_type(item: Field, value: Any) -> ApiError:
    kind = {"percent": "double", "currency": "double"}.get(item.type, item.type)
    token = "VALUE_STRING" if isinstance(value, str) else "VALUE_NULL" if value is None else type(value).__name__
    message = (
        f"Cannot deserialize instance of {kind} from {token} value {value} "
        "or request may be missing a required field at [line:1, column:1]"
    )
    return ApiError("JSON_PARSER_ERROR", message)
