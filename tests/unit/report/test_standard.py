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


RULES = (
    "requirements: []",
    """requirements:
  - when: budget_status == 'secured'
    typed: [budget_amount, next_action_pair]
    optional: [timing]
""",
)
GROUP = (
    "  lead_source:\n    as: picklist",
    """  next_action_pair:
    all_of: [next_action, timing]
    label: {ja: 次の約束, en: Next step}
    ask: {ja: 次の日程と時期を確認, en: ask for the next date}
    fix_at: {salesforce.Lead: {ja: 「次回」欄, en: the section Next}}
  lead_score:
    as: number
    label: {ja: リードスコア, en: Lead score}
  lead_source:
    as: picklist""",
)


def test_requirements_and_groups_are_told_in_both_languages(tmp_path: Path) -> None:
    found = differences(tmp_path, "mappings/handoff.yaml", RULES, GROUP)
    told = found["条件つきの必須項目", "1. budget_status == 'secured'", ""]
    assert told == (None, "概算予算、次の約束 / 導入希望時期")
    added = found["引き継ぎ項目", "次の約束 [next_action_pair]", ""][1] or ""
    assert "次回アクション予定、導入希望時期 のすべて" in added and "salesforce:Lead 「次回」欄" in added
    other = read_edition(ROOT, edited(tmp_path, "mappings/handoff.yaml", RULES, GROUP))
    text = to_markdown("x", describe(other, "en"), "en")
    for part in ("Requirements by condition", "Budget amount, Next step", "all of Next action, Desired timing"):
        assert part in text


def test_conditions_of_scope_the_score_and_what_does_not_count_are_told(tmp_path: Path) -> None:
    edited(tmp_path, "mappings/handoff.yaml", GROUP)
    folder = tmp_path / "other"
    (folder / "config").mkdir(parents=True)
    (folder / "mappings").mkdir()
    (tmp_path / "handoff.yaml").rename(folder / "mappings" / "handoff.yaml")
    definition = edited(
        tmp_path,
        "config/definition.yaml",
        ("  need: {}", "  need: {required: false}\n  score: {item: lead_score, at_least: 70}"),
        (
            "  exclude: [] ",
            """  exclude:
    - when: salesforce.Account.Type == 'Competitor'
      reason: {ja: 競合, en: a competitor}
""",
        ),
    )
    definition.rename(folder / "config" / "definition.yaml")
    other = read_edition(ROOT, folder)
    found = {
        (d.section, d.row, d.column): d.new for d in compare(describe(read_settings(ROOT), "ja"), describe(other, "ja"))
    }
    assert found["SQL基準", "課題", "SQL判定"] == "参考のみ"
    assert found["SQL基準", "スコア", ""] == "判定に含める / リードスコアが70以上 / リードスコアが70未満 / 値がない"
    assert found["対象", "対象外：競合", ""] == "salesforce.Account.Type == 'Competitor'"
    text = to_markdown("x", describe(other, "en"), "en")
    assert "Out of scope: a competitor" in text and "Lead score of 70 or more" in text


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
    sections = [section for section in describe(read_settings(ROOT), "en") if section.rows]
    book = zipfile.ZipFile(BytesIO(to_xlsx("x", sections, "en")))
    assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == len(sections) == 8


def test_what_people_typed_stays_in_its_cell_of_a_table() -> None:
    text = to_markdown("x", [Section("s", ("a", "b"), (("x | y\n| z", "<b>"),))], "ja")
    assert "| x \\| y \\| z | \\<b\\> |" in text
