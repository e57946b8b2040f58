"""Error tables: what a vendor's status and code mean, whom they concern, and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.errors import AuthError, BatonError, OutcomeUnknown, StreamUnavailable, TransientError
from sync.ports import WriteOutcome


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no success. `text` and `body` may hold people's data: they never go into a message."""

    status: int
    code: str = ""
    text: str = field(default="", repr=False)
    retry_after: float | None = None
    body: Any = field(default=None, repr=False)
    detail: str = ""
    """What may be shown: names of scopes or fields, never a value."""


class Refused(TransientError):
    """The request was refused with a code that its sender may know how to handle; not worth repeating as it is."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; the first that fits is taken. None and "" fit anything."""

    status: int | tuple[int, ...] | None
    code: str
    raises: type[BatonError]
    message: str
    todo: str = ""
    contains: str = ""
    """Part of the vendor's text, any case."""
    retry_after: float | None = None
    maybe_applied: bool = False
    """Of a write it does not say whether it happened."""
    certain: bool = False
    """Of a stream that is unavailable: the vendor's own words say that it is, where there are any (an edge has none)."""

    def fits(self, answer: Answer) -> bool:
        statuses = self.status if isinstance(self.status, tuple) else (self.status,)
        return (
            (self.status is None or answer.status in statuses)
            and self.code in ("", answer.code)
            and self.contains.lower() in answer.text.lower()
        )


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """All that one vendor answers to a request as a whole."""

    vendor: str
    rows: Sequence[Row]

    def find(self, answer: Answer) -> Row | None:
        return next((row for row in self.rows if row.fits(answer)), None)

    def error(self, answer: Answer, *, writing: bool = False, stream: str = "") -> BatonError:
        """The error to raise. Unknown: a read is tried again later, a write is of unknown outcome if 5xx."""
        row = self.find(answer)
        label = f"{self.vendor} answered {answer.status}" + (f" {answer.code}" if answer.code else "")
        if writing and (row.maybe_applied if row else answer.status >= 500 or answer.status < 400):
            return OutcomeUnknown(f"{label} to a write")
        if row is None:
            # An edge that does not let a write pass says nothing of its records.
            stopped = writing and answer.body is None and answer.status in (403, 404)
            refused = 400 <= answer.status < 500 and not stopped
            return Refused(label, answer) if refused else TransientError(label, answer.retry_after)
        hint = "; ".join(part for part in (row.todo, answer.detail) if part)
        message = f"{row.message} ({label})" + (f": {hint}" if hint else "")
        return _make(row, answer, message, stream)


def _make(row: Row, answer: Answer, message: str, stream: str) -> BatonError:
    if issubclass(row.raises, Refused):
        return Refused(message, answer)
    if issubclass(row.raises, StreamUnavailable):
        certain = row.certain and answer.body is not None
        if stream:
            return StreamUnavailable(stream, message, certain=certain)
        return AuthError(message) if certain else TransientError(message, answer.retry_after)
    if issubclass(row.raises, TransientError):
        return row.raises(message, retry_after=answer.retry_after or row.retry_after)
    return row.raises(message)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What a code about one record of a batch means."""

    code: str
    outcome: WriteOutcome
    contains: str = ""
    retry_after: float | None = None
    alone: bool = False
    """Tried again within the same write, apart from the others."""
    tries: int | None = None
    """See `WriteResult.tries`."""


def judge_record(rows: Sequence[RecordRow], code: str, text: str) -> RecordRow:
    """The first row that fits; a code that nobody knows is a refusal of this record."""
    for row in rows:
        if row.code in ("", code) and row.contains.lower() in text.lower():
            return row
    return RecordRow(code, WriteOutcome.REJECTED)


_MAIL = re.compile(r"[^\s@＠\[\]\"'<>(),;:]+[@＠][^\s@＠\[\]\"'<>(),;:]+")
_TOKEN = re.compile(r"(?i:bearer)\s+\S+|pat-[a-z]{2,4}\d-\S{6,}|\b00D\w{12,15}![\w.]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])[+＋]?\d[\d\- ()－ー‐−–（）]{7,}\d(?![0-9A-Za-z])")


def redact(text: str, limit: int = 300) -> str:
    """A vendor's words for a park reason, without mail addresses, telephone numbers, tokens and control characters."""
    shown = "".join(" " if char.isspace() else char if char.isprintable() else "" for char in text[: limit * 10])
    return _LONG_NUMBER.sub("…", _TOKEN.sub("…", _MAIL.sub("…", shown))).strip()[:limit]
