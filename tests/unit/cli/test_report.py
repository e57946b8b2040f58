"""`baton report` at the command line: every format, months, lists, and what it refuses."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from sqlalchemy import insert

from sync.app import open_app
from sync.cli import main
from sync.store.tables import HandoffRow, table
from tests.benchmarks.report import kept_summary

ROOT = Path(__file__).parents[3]
_DAY = datetime(2026, 10, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's folder whose store holds what judgements left: 40 passes in October, half of them opportunities."""
    from random import Random

    folder = tmp_path_factory.mktemp("acme")
    for room in ("config", "mappings"):
        shutil.copytree(ROOT / room, folder / room)
    rows = []
    for number in range(40):
        summary = kept_summary(Random(number), number)
        track, at = summary["track"], _DAY.isoformat()
        track |= {"born": at, "deal": number % 2 == 0, "deal_at": at, "stages": [], "closed": False, "won": False}
        track |= {"choices": {"lead_source": "demo"}, "returned": False}
        summary |= {"pass": {"event": "lead_converted", "at": at}, "missing_at_pass": [], "cycle": 1}
        rows.append(
            {"id": f"{number:04}", "anchor": track["record"], "cycle": 1, "open": True, "ambiguous": False, "reason": "",
             "running": False, "memory": {}, "summary": summary, "status": "passed", "in_scope": True}
        )  # fmt: skip
    with open_app(folder, offline=True) as app, app.store.write() as tx:
        tx.execute(insert(table(HandoffRow)), rows)
    return folder


def _run(folder: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["report", "--config", str(folder), *arguments])
    return int(left.value.code or 0)


def test_the_page_comes_in_the_company_s_language_with_the_other_one_beside_it(folder: Path, tmp_path: Path) -> None:
    assert _run(folder, "--month", "2026-10", "--output", str(tmp_path / "r.html")) == 0
    ja, en = ((tmp_path / name).read_text(encoding="utf-8") for name in ("r.html", "r-en.html"))
    assert "40件中20件" in ja and 'href="r-en.html"' in ja
    assert "20 of 40" in en and 'href="r.html"' in en
    assert _run(folder, "--month", "2026-10", "--language", "en", "--output", str(tmp_path / "alone.html")) == 0
    assert 'href="alone' not in (tmp_path / "alone.html").read_text(encoding="utf-8")
    assert not (tmp_path / "alone-ja.html").exists()


def test_json_and_csv_go_to_the_screen_and_a_workbook_wants_a_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(folder, "--month", "2026-10", "--json") == 0
    told = orjson.loads(capsys.readouterr().out)
    assert (told["cycles"], told["months"]) == (40, ["2026-10"])
    assert _run(folder, "--month", "2026-09..2026-10", "--format", "csv") == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert any(row[3] == "2026-09..2026-10" and row[4:6] == ["20", "40"] for row in rows)
    assert _run(folder, "--format", "xlsx") == 2
    assert _run(folder, "--month", "2026-10", "--format", "xlsx", "--output", str(tmp_path / "r.xlsx")) == 0
    assert (tmp_path / "r.xlsx").read_bytes().startswith(b"PK")


def test_every_record_behind_a_number_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(folder, "--month", "2026-10", "--list", "pass_to_deal", "--language", "en") == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 41 and rows[0][0] == "Record" and rows[1][0].startswith("salesforce:")


def test_a_month_without_anything_says_so(folder: Path, tmp_path: Path) -> None:
    assert _run(folder, "--month", "2020-01", "--output", str(tmp_path / "r.html")) == 0
    assert "この期間に数えられる引き継ぎがありません" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--month", "October"), "--month"),
        (("--month", "2026-13"), "--month"),
        (("--month", "2026-10..2026-01"), "--month"),
        (("--list", "happiness"), "pass_to_deal"),
        (("--by", "rep"), "--by"),
        (("--by", "segment"), "report.segment"),
        (("--month", "2026-13", "--language", "en"), "write YYYY-MM, or"),
        (("--format", "xlsx"), "--output"),
        (("--output", "/nowhere/at/all/r.html", "--language", "en"), "cannot be written"),
        (("--format", "xlsx", "--output", "/nowhere/at/all/r.xlsx", "--language", "en"), "cannot be written"),
        (("--output", "/nowhere/at/all/r.html"), "書き込めません"),
    ],
)
def test_what_means_nothing_is_refused_with_what_to_write_instead(
    folder: Path, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(folder, *arguments) == 2
    told = capsys.readouterr()
    assert words in told.err + told.out


def test_a_workbook_that_cannot_be_written_leaves_nothing_of_it_behind(folder: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sync",
        "report",
        "--config",
        str(folder),
        "--month",
        "2026-10",
        "--format",
        "xlsx",
    ]
    nowhere = str(tmp_path / "nowhere" / "r.xlsx")
    left = tmp_path / "temporary"
    left.mkdir()
    refused = subprocess.run(
        [*command, "--output", nowhere], env={**os.environ, "TMPDIR": str(left)}, check=False, cwd=ROOT
    )
    assert refused.returncode == 2 and [*left.iterdir()] == []


@pytest.mark.parametrize(
    ("option", "value"), [("--month", "10月"), ("--list", "\x1b[31mhappiness"), ("--format", "xlsx")]
)
def test_a_wrong_option_is_told_as_every_problem_is(
    folder: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(folder, option, value, "--json" if option != "--format" else "--month=2026-10") == 2
    told = capsys.readouterr()
    assert "Usage" not in told.err
    if told.out:
        (problem,) = orjson.loads(told.out)["problems"]
        assert problem["path"] == option and repr(value) in problem["message"] and problem["hint"]
    else:
        assert "→ --output" in told.err and "\x1b" not in told.err
