"""「パス基準書」 says what the files say, differs where they differ, and no cell of it is a formula."""

from __future__ import annotations

import re
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from sync.app import read_edition, read_settings
from sync.report.standard import Section, compare, describe
from sync.report.standard_file import to_markdown, to_xlsx
from sync.report.standard_text import TEXTS

ROOT = Path(__file__).parents[3]


def edited(tmp_path: Path, name: str, *changes: tuple[str, str]) -> Path:
    text = (ROOT / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = tmp_path / Path(name).name
    path.write_text(text, encoding="utf-8")
    return path


def differences(tmp_path: Path, name: str, *changes: tuple[str, str], language: str = "ja"):
    other = read_edition(ROOT, edited(tmp_path, name, *changes))
    found = compare(describe(read_settings(ROOT), language), describe(other, language))
    return {
        (d.section, d.row, d.column): (d.old, d.new) for d in found if "ハッシュ" not in d.row and "hash" not in d.row
    }


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_word_of_it_has_a_text(language: str) -> None:
    text = to_markdown("x", describe(read_settings(ROOT), language), language)
    known = {texts[("ja", "en").index(language)] for texts in TEXTS.values()}
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(headings) == 9 and {*headings} <= known
    assert not re.search(r"\b(section|column|event|scope|target|fills|rank)\.\w", text)


def test_it_says_who_fills_what_and_by_when() -> None:
    text = to_markdown("x", describe(read_settings(ROOT), "ja"), "ja")
    for part in ("決裁者", "次回、最終決裁者と稟議の流れを確認", "salesforce:Lead.Decision\\_Maker\\_\\_c", "役職が課長以上",
                 "SQL判定日から6か月以内に開始", "当日中（営業日）", "7項目", "IS責任者"):  # fmt: skip
        assert part in text, part


def test_the_same_definition_does_not_differ(tmp_path: Path) -> None:
    assert differences(tmp_path, "config/definition.yaml") == {}


def test_differences_are_told_in_words(tmp_path: Path) -> None:
    found = differences(
        tmp_path,
        "config/definition.yaml",
        ("rank_at_least: manager", "rank_at_least: general_manager"),
        ("within_months: 6", "within_months: 3"),
        ("    - lead_converted\n", ""),
        ("excluded_deal_types: [Existing Business, ", "excluded_deal_types: ["),
        ("version: 2026-10", "version: 2027-01"),
    )
    assert found[("概要", "版", "内容")] == ("2026-10", "2027-01")
    assert found[("SQL基準", "決裁権", "満たす")] == ("役職が課長以上", "役職が部長以上")
    assert found[("SQL基準", "導入時期", "満たす")][1] == "SQL判定日から3か月以内に開始"
    assert found[("パスとみなす出来事（いちばん早いもの）", "リードの取引開始", "")][1] is None
    assert any(row == "対象外とする商談の種別" for _, row, _ in found)


def test_a_list_of_items_alone_is_an_edition_too(tmp_path: Path) -> None:
    found = differences(tmp_path, "mappings/handoff.yaml", ("preset: starter", "preset: article"), language="en")
    assert found[("Overview", "Preset", "Content")] == ("starter", "article")
    assert found[("Handoff items", "Purpose [purpose]", "Required")] == ("optional", "required")
    assert found[("Handoff items", "Decision maker [decision_maker]", "Required")] == ("required", "optional")


def test_a_folder_brings_its_clocks_and_not_its_connections(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    shutil.copy(ROOT / "config/baton.yaml", tmp_path / "config")
    path = tmp_path / "config/baton.yaml"
    text = path.read_text(encoding="utf-8").replace('cutoff: "16:00"', 'cutoff: "15:00"')
    path.write_text(
        text.replace("https://example.my.salesforce.com", "https://other.my.salesforce.com"), encoding="utf-8"
    )
    other = read_edition(ROOT, tmp_path)
    assert other.connections[0].url == read_settings(ROOT).connections[0].url
    changed = compare(describe(read_settings(ROOT), "ja"), describe(other, "ja"))
    assert {d.section for d in changed} == {"概要", "SLA（初回接触の期限）"}


NASTY = ("=1+1", "+81", "-x", "@SUM(A1)", '=HYPERLINK("https://a.example","x")', "https://a.example", "{=1}", "5")


def test_no_cell_of_a_workbook_is_a_formula_a_link_or_a_number() -> None:
    book = zipfile.ZipFile(BytesIO(to_xlsx("=1+1", [Section("見出し", ("a",), tuple((n,) for n in NASTY))], "ja")))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    shared = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet and "hyperlink" not in sheet
    assert {*re.findall(r'<c r="[A-Z]+\d+"[^>]*?(?: t="(\w+)")?>', sheet)} == {"s"}
    for text in ("=1+1", "@SUM(A1)", "+81"):
        assert f">{text}</t>" in shared


def test_a_workbook_has_a_sheet_for_every_section() -> None:
    sections = describe(read_settings(ROOT), "en")
    book = zipfile.ZipFile(BytesIO(to_xlsx("x", sections, "en")))
    assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == len(sections) == 8


def test_what_people_typed_stays_in_its_cell_of_a_table() -> None:
    text = to_markdown("x", [Section("s", ("a", "b"), (("x | y\n| z", "<b>"),))], "ja")
    assert "| x \\| y \\| z | \\<b\\> |" in text
