"""The operator's CSV of absences: who is away, from when to when."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sync.core.calendar import LONGEST, parse_hours
from sync.core.model.absence import Absence
from sync.errors import Problem
from sync.settings.calendar import AbsencesByOwner, read_owner
from sync.settings.check import Wrong, suggest

LARGEST = 5_000_000
"""Bytes: a table of absences is small; what is larger is another file."""
LONGEST_CELL = 10_000
MOST_PROBLEMS = 20
_COLUMNS = ("user", "from", "to", "hours", "note")
_REQUIRED = ("user", "from")
_MOMENT = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_YEARS = range(1900, 2200)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Table:
    name: str
    absences: dict[str, dict[Absence, None]] = field(default_factory=dict[str, dict[Absence, None]])
    problems: list[Problem] = field(default_factory=list[Problem])
    further: int = 0
    """Lines that are wrong beside those that are told."""

    def refuse(self, line: int, wrong: Wrong) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(f"{self.name}:{line}", str(wrong), wrong.hint))
        else:
            self.further += 1


def read_absences(path: Path, name: str) -> tuple[AbsencesByOwner, list[Problem]]:
    """All rows by case-folded e-mail, and what is wrong with the others; notes are not kept.

    UTF-8, or the encoding in which Excel saves CSV in Japan. Dates are YYYY-MM-DD or YYYY/M/D, with or without a time
    of day; `to` as a date is the last day away, empty is the same day. `hours` (09:00-13:00) says that only these are
    missed, each day.
    """
    table = _Table(name)
    try:
        rows = list(_read_rows(_decode(path)))
    except (Wrong, csv.Error) as error:
        hint = error.hint if isinstance(error, Wrong) else "save it as CSV with commas, as UTF-8"
        return {}, [Problem(name, str(error), hint)]
    _read_table(rows, table)
    if table.further:
        table.problems.append(Problem(name, f"{table.further} further lines cannot be read"))
    return {owner: tuple(found) for owner, found in table.absences.items()}, table.problems


def _decode(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise Wrong(f"is larger than {LARGEST} bytes", "it holds absences alone; take out old years")
        content = path.read_bytes()
    except OSError as error:
        raise Wrong(
            f"cannot be read: {error.strerror}", "check path and permissions; it lies in your folder"
        ) from error
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Wrong("is neither UTF-8 nor Shift_JIS", "save the file as CSV UTF-8")


def _read_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each ends; empty ones are left out."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    for row in reader:
        if any(len(cell) > LONGEST_CELL for cell in row):
            raise Wrong(f"line {reader.line_num}: field larger than {LONGEST_CELL} characters", "shorten the note")
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield reader.line_num, cells


def _read_table(rows: Sequence[tuple[int, list[str]]], table: _Table) -> None:
    if not rows:
        table.problems.append(Problem(table.name, "holds no line", f"begin with {','.join(_COLUMNS)}"))
        return
    (first, header), *lines = rows
    columns = [cell.casefold() for cell in header]
    try:
        _check_header(columns)
    except Wrong as wrong:
        table.refuse(first, wrong)
        return
    for line, cells in lines:
        try:
            if len(cells) > len(columns) and any(cells[len(columns) :]):
                raise Wrong(f"has {len(cells)} cells for {len(columns)} columns", "put a note with commas into quotes")
            owner, absence = _read_row(dict(zip(columns, cells, strict=False)))
        except Wrong as wrong:
            table.refuse(line, wrong)
        else:
            table.absences.setdefault(owner, {})[absence] = None


def _check_header(columns: Sequence[str]) -> None:
    for column in columns:
        if column not in _COLUMNS:
            raise Wrong(f"{column[:40]!r} is no column", suggest(column, _COLUMNS))
    if len(set(columns)) < len(columns):
        raise Wrong("a column is given twice", "keep one of the two")
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        raise Wrong(f"the column {missing[0]} is missing", f"the first line names the columns: {','.join(_COLUMNS)}")


def _read_row(cells: dict[str, str]) -> tuple[str, Absence]:
    owner = read_owner(cells["user"])
    start, _ = _read_moment("from", cells.get("from", ""))
    end, whole = _read_moment("to", cells.get("to") or f"{start:%Y-%m-%d}")
    end += _DAY if whole else timedelta(0)
    if end <= start:
        raise Wrong(
            "to: ends before it starts" if end < start else "to: ends when it starts", "`to` is the last day away"
        )
    if end - start > LONGEST:
        raise Wrong("is longer than ten years", "give the date of the return; who has left is no absence")
    return owner, Absence(start, end, _read_hours(cells.get("hours", "")))


def _read_moment(column: str, text: str) -> tuple[datetime, bool]:
    """The wall time, and whether it is a whole day."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Wrong(f"{column}: {text[:40]!r} is no date", "write YYYY-MM-DD, or YYYY-MM-DD HH:MM")
    year, month, day, hour, minute, second = (int(part) for part in found.groups(default="0"))
    if year not in _YEARS:
        raise Wrong(f"{column}: the year {year} is a typing error", "write YYYY-MM-DD")
    try:
        # Wall time of the colleague's office.
        return datetime(year, month, day, hour, minute, second), found[4] is None  # noqa: DTZ001 (see above)
    except ValueError as error:
        raise Wrong(f"{column}: {text[:40]!r} does not exist", "write YYYY-MM-DD, or YYYY-MM-DD HH:MM") from error


def _read_hours(text: str) -> tuple[tuple[int, int], ...]:
    if not text:
        return ()
    first, dash, last = text.replace("〜", "-").replace("–", "-").partition("-")
    try:
        return parse_hours([(first.strip(), last.strip())] if dash else [(text, "")])
    except ValueError as error:
        raise Wrong(f"hours: {text[:40]!r} are no hours", "write e.g. 09:00-13:00") from error
