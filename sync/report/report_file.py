"""The report as CSV, as a workbook and as JSON. What came from a CRM stays text: nothing can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sync.core.metrics.conclusion import Comparison
from sync.core.metrics.measure import ClockFigure, Figure, fill_states
from sync.core.metrics.rate import Rate
from sync.core.metrics.track import Track
from sync.report.numbers import (
    FIGURE_HEADER,
    FIGURE_SHARES,
    TRACK_HEADER,
    Cell,
    Labels,
    Report,
    Table,
    all_figures,
    break_table,
    clock_table,
    clocks_of,
    figure_row,
    group_table,
    leak_table,
    month_table,
    reason_rows,
    state_table,
    track_row,
)
from sync.report.text import clean

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A Japanese Excel takes the full-width ones for the others."""
_WIDEST = 16_000
"""Of the 32,767 units that a cell may have; a character may be two of them."""
_ROWS_OF_SHEET = 1_000_000
_BOM = "\ufeff"
"""Excel in Japan reads a CSV without it as Shift_JIS."""


def write_csv(report: Report, labels: Labels) -> str:
    """Every number, one a line, with its definition, numerator, denominator and window."""
    rows = (figure_row(report, figure, labels) for figure in all_figures(report))
    return _BOM + "".join(write_lines(tuple(labels.say(name) for name in FIGURE_HEADER), rows))


def write_list(tracks: Iterable[Track], labels: Labels, zone: tzinfo) -> Iterator[str]:
    """Cycles as CSV, a line at a time."""
    header = tuple(labels.say(name) for name in TRACK_HEADER)
    yield _BOM
    yield from write_lines(header, (track_row(track, labels, zone) for track in tracks))


def write_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Rows as CSV, a line at a time; what a spreadsheet would run stays text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would run gets an apostrophe in front; control characters go."""
    if not isinstance(cell, str):
        return f"{cell:.4f}" if isinstance(cell, float) else cell
    text = clean(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or cell.startswith(_FORMULA) else text


def write_xlsx(report: Report, labels: Labels, tracks: Iterable[Track], path: Path) -> None:
    """Numbers, tables, and a sheet with every cycle of the window; written row by row, so that memory stays flat.

    Raises OSError where the file cannot be written.
    """
    # The library keeps rows in files until the end; with a folder of their own none outlives a book that cannot be written.
    with TemporaryDirectory() as folder, path.open("wb") as file:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with Workbook(file, options) as book:
            _fill(book, report, labels, tracks)


def _fill(book: Workbook, report: Report, labels: Labels, tracks: Iterable[Track]) -> None:
    head = book.add_format({"bold": True, "bg_color": "#D3DFE8", "border": 1, "text_wrap": True, "valign": "top"})
    share = book.add_format({"num_format": "0.0%"})
    say = labels.say
    header = tuple(say(name) for name in FIGURE_HEADER)
    figures = (figure_row(report, figure, labels) for figure in all_figures(report))
    _sheet(book, say("rates_title"), header, figures, head, share, FIGURE_SHARES)
    for table in _tables(report, labels):
        _sheet(book, table.title, table.header, table.rows, head, share, table.shares)
    rows = (track_row(track, labels, report.zone) for track in tracks)
    _sheet(book, say("lists_title"), tuple(say(name) for name in TRACK_HEADER), rows, head, share, frozenset())


def _tables(report: Report, labels: Labels) -> Iterator[Table]:
    yield group_table(report, labels)
    yield leak_table(report, labels)
    yield month_table(report, labels)
    yield from (state_table(report, labels, basis) for basis in ("then", "now"))
    yield from (clock_table(report, labels, clock) for clock in clocks_of(report))
    yield Table(
        "reasons",
        labels.say("returns_title"),
        (labels.say("reason"), labels.say("n")),
        tuple(reason_rows(report, labels)),
    )
    yield from (break_table(one, labels) for one in report.breaks)


def _sheet(
    book: Workbook,
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    head: Format,
    share: Format,
    shares: frozenset[int],
) -> None:
    sheet = book.add_worksheet(_sheet_name(book, title))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, max(0, len(header) - 1), 18)
    sheet.freeze_panes(1, 1)
    for column, text in enumerate(header):
        sheet.write_string(0, column, clean(text), head)
    for line, row in enumerate(rows, 1):
        if line > _ROWS_OF_SHEET:
            break
        for column, cell in enumerate(row):
            _write(sheet, line, column, cell, share if column in shares else None)


def _write(sheet: Worksheet, line: int, column: int, cell: Cell, share: Format | None) -> None:
    """As a string whatever it looks like: a leading `=` stays what was typed."""
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(line, column, clean(cell)[:_WIDEST])
    elif share is not None:
        sheet.write_number(line, column, cell, share)
    else:
        sheet.write_number(line, column, cell)


def _sheet_name(book: Workbook, title: str) -> str:
    """What Excel takes for one: 31 units of UTF-16, without some characters, and no two alike."""
    plain = "".join(" " if char in "[]:*?/\\'" else char for char in clean(title)).strip() or "-"
    number = len(book.worksheets()) + 1
    return f"{number} {plain}".encode("utf-16-le")[: 2 * 31].decode("utf-16-le", "ignore")


def as_json(report: Report, labels: Labels) -> dict[str, Any]:
    """Everything, as plain JSON types; ids stay ids."""
    measured = report.measured
    return {
        "now": measured.question.now,
        "months": list(measured.question.months),
        "by": measured.question.by,
        "smallest": measured.question.smallest,
        "definition": report.definition,
        "cycles": measured.tracks,
        "persons": measured.firsts,
        "figures": [_figure(figure, labels) for figure in all_figures(report)],
        "undated": dict(measured.undated),
        "breaks": [
            {**_named(one, ("before", "after", "first_day", "label")), "rates": [_comparison(c) for c in one.comparisons]}
            for one in report.breaks
        ],
        "guards": [
            {**_named(g, ("kind", "before", "after")), "risen": _comparison(g.risen), "fallen": _comparison(g.fallen)}
            for g in report.guards
        ],
        "advice": [asdict(one) for one in report.advice],
        "clocks": [
            {"clock": clock, "channel": channel, **_clock(figure)}
            for (clock, channel), figure in sorted(measured.clocks.items())
        ],
        "fills": [
            {"at": basis, "by": by, "group": group, "items": fill_states(counts)}
            for (basis, by, group), counts in sorted(measured.fills.items())
        ],
        "returns": dict(measured.reason_counts),
        "attempts": {str(value): n for value, n in measured.attempts.shape.items()},
        "lists": {name: [track.record for track in tracks] for name, tracks in measured.lists.items()},
    }  # fmt: skip


def _named(value: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def _figure(figure: Figure, labels: Labels) -> dict[str, Any]:
    interval = figure.interval
    names = ("rate", "view", "by", "group", "numerator", "denominator", "mature", "withheld")
    return {
        **_named(figure, names),
        "definition": labels.what(figure.rate),
        "months": list(figure.months),
        "share": figure.share,
        "low": interval[0] if interval else None,
        "high": interval[1] if interval else None,
        "first_cycles": _rate(figure.first),
        "versions": list(figure.versions),
        "records": list(figure.records),
        "others": list(figure.others),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"hits": rate.hits, "n": rate.n, "share": rate.share}


def _comparison(one: Comparison) -> dict[str, Any]:
    return {"rate": one.rate, "before": _rate(one.before), "after": _rate(one.after), "differs": one.differs}


def _clock(figure: ClockFigure) -> dict[str, Any]:
    return {
        "states": dict(figure.states),
        "met": _rate(figure.met),
        "open": figure.open,
        "working_minutes": {"median": figure.working.median, "p90": figure.working.quantile(0.9)},
        "system_minutes": {"median": figure.system.median, "p90": figure.system.quantile(0.9)},
        "human_minutes": {"median": figure.human.median, "p90": figure.human.quantile(0.9)},
    }
