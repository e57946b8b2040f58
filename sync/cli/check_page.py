"""docs/findings.md: every finding of `baton check`, with what it means and what to do. `make schemas` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from sync.cli.check_text import FINDINGS, TEXTS
from sync.flow.check import KINDS, Group

_HEAD = """# What `baton check` finds
One table for machines and people: the id is what `--json` gives and stays as it is. An *error* has to be put right before Baton
works as promised there (exit 1; those of files and credentials: exit 2), a *warning* makes it work less well, *info* is good to
know. Words in braces are filled in. 日本語は各行の2行目（error＝要対応、warning＝注意、info＝情報）。

Generated from the texts of the command (`make schemas`).
"""


def make_page() -> str:
    """The page as it is in the repository."""
    lines = [_HEAD]
    for group in Group:
        told = [name for name, kind in KINDS.items() if kind.group is group]
        if told:
            lines.append(f"\n## {TEXTS[f'group.{group}'][1]}（{TEXTS[f'group.{group}'][0]}）\n")
            lines.append("| id | | what was seen | what to do |\n|---|---|---|---|\n")
            lines += [_row(name) for name in told]
    return "".join(lines)


def _row(name: str) -> str:
    told, severity = FINDINGS[name], KINDS[name].severity.value
    seen, do = (english if english == japanese else f"{english}<br>{japanese}" for english, japanese in
                ((told.seen_en, told.seen_ja), (told.do_en, told.do_ja)))  # fmt: skip
    return f"| `{name}` | {severity} | {_cell(seen)} | {_cell(do)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    path = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
    path.write_text(make_page(), encoding="utf-8")
    sys.stdout.write(f"{path}\n")
