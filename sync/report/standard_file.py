"""「パス基準書」 as Markdown and as an Excel workbook. What people typed stays text: no cell can become a formula."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sync.report.standard import Section
from sync.report.standard_text import words

_WIDEST = 60


def to_markdown(title: str, sections: Sequence[Section], language: str) -> str:
    say = words(language)
    lines = [f"# {_cell(title)}", ""]
    for section in _told(sections):
        lines += [f"## {section.title}", "", _row(section.header), _row(["---"] * len(section.header))]
        lines += [*(_row(row) for row in section.rows), ""]
    signers = [say("sign.is"), say("sign.fs")]
    lines += [f"## {say('agreed')}", "", _row(["", *signers]), _row(["---"] * 3)]
    return "\n".join([*lines, _row(["", "", ""]), _row([say("sign.date"), "", ""]), ""])


def to_xlsx(title: str, sections: Sequence[Section], language: str) -> bytes:
    """One sheet per section, the first with the title. Written as strings alone: `=…` stays what was typed."""
    say, out = words(language), BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, plain) as book:
        head = book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "text_wrap": True, "valign": "top"})
        body = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        big = book.add_format({"bold": True, "font_size": 14})
        for number, section in enumerate(_told(sections), 1):
            sheet = book.add_worksheet(f"{number} {section.title}"[:31])
            sheet.write_string(0, 0, f"{title} — {section.title}", big)
            for line, row in enumerate((section.header, *section.rows), 2):
                for column, text in enumerate(row):
                    sheet.write_string(line, column, text[:32_000], head if line == 2 else body)
            for column in range(len(section.header)):
                sheet.set_column(column, column, _width(section, column))
            sheet.freeze_panes(3, 1)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            if number == 1:
                _sign(sheet, len(section.rows) + 4, [say("agreed"), say("sign.is"), say("sign.fs")], head, body)
    return out.getvalue()


def _told(sections: Sequence[Section]) -> list[Section]:
    return [section for section in sections if section.rows]


def _sign(sheet: Worksheet, line: int, names: Sequence[str], head: Format, body: Format) -> None:
    for offset, name in enumerate(names):
        sheet.write_string(line + offset, 0, name, head)
        sheet.write_string(line + offset, 1, "", body)


def _width(section: Section, column: int) -> int:
    """Of the longest cell; full-width characters count twice."""
    cells = (row[column] for row in (section.header, *section.rows))
    longest = max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in cell) for cell in cells)
    return min(longest + 2, _WIDEST)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    """One line, without characters that mean something in a Markdown table."""
    flat = " ".join(text.split())
    for char in "\\|<>`*_[]":
        flat = flat.replace(char, f"\\{char}")
    return flat
