"""Every command line that the front page and the rooms' pages tell a reader to type is one that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sync.cli import main

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "connectors", "docs", "examples", "mappings", "sync", "tests")
PAGES = [*ROOT.glob("*.md"), *(page for room in ROOMS for page in (ROOT / room).glob("**/*.md"))]
_LINE = re.compile(r"^\s*(?:\$ )?(?:\.venv/bin/)?baton ([a-z-][^#`\n]*)", re.MULTILINE)
COMMANDS = [
    (str(page.relative_to(ROOT)), line.strip()) for page in PAGES for line in _LINE.findall(page.read_text("utf-8"))
]


def test_the_front_page_tells_some() -> None:
    assert [page for page, _ in COMMANDS].count("README.md") >= 4


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_the_program_takes_it(page: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*shlex.split(line), "--help"])
    assert ended.value.code == 0, f"{page}: baton {line}\n{capsys.readouterr().err}"
