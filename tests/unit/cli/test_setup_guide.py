"""The guides say what the code asks for: every scope, permission set and right, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.hubspot.outfit import schema_scopes, scopes
from connectors.salesforce.component import RULE, SET, USER_PERMISSIONS, components
from sync.app import read_settings
from sync.cli.setup_guide import guide_files
from sync.core.model.flags import CHOICES
from sync.flow.outfit import Book, Wishes, design
from sync.outfit import Outfit

ROOT = Path(__file__).parents[3]
PAGES = ("hubspot.md", "installation.md", "items.md", "permissions.md", "security.md")


@pytest.fixture(scope="module")
def outfits() -> dict[str, Outfit]:
    settings = read_settings(ROOT)
    book = Book(settings.mapping, settings.rules, settings.tables)
    return {name: design(name, book, Wishes(items=True, rules=True)) for name in ("salesforce", "hubspot")}


def page(language: str, name: str) -> str:
    return (ROOT / "docs" / language / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_comes_along(outfits: dict[str, Outfit], language: str) -> None:
    files = guide_files(outfits)
    assert {f"guide/{language}/{name}" for name in PAGES} <= set(files)
    contents = files[f"guide/{language}/contents.md"].decode()
    assert ("引き継ぎ状況" if language == "ja" else "Handoff status") in contents
    assert "`Decision_Maker__c`" in contents


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_scopes_are_exactly_those_that_are_asked_for(outfits: dict[str, Outfit], language: str) -> None:
    asked = {*scopes(outfits["hubspot"]), *schema_scopes()}
    for name in ("permissions.md", "installation.md"):
        told = set(re.findall(r"`((?:crm\.[a-z.]+)|sales-email-read)`", page(language, name)))
        assert told == asked, name


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_permission_set_and_right_is_listed(outfits: dict[str, Outfit], language: str) -> None:
    text = page(language, "permissions.md")
    sets = {one.node["label"] for one in components(outfits["salesforce"]) if one.type == SET} | {"Baton NG Reference"}
    assert {one for one in sets if one not in text} == set()
    assert {one for one in USER_PERMISSIONS if f"`{one}`" not in text} == set()
    assert any(one.type == RULE for one in components(outfits["salesforce"]))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_steps_for_conversion_name_every_field_that_both_records_have(
    outfits: dict[str, Outfit], language: str
) -> None:
    lead, deal = ({one.name for one in record.inputs} for record in outfits["salesforce"].records)
    inputs = {"FS_Decision__c", "Return_Reason__c", *(name for name in lead if name.startswith("Waiver_"))}
    shared = {name for name in lead & deal if name.endswith("__c")} - inputs
    section = page(language, "items.md").partition("## 2.")[0]
    told = set(re.findall(r"`(\w+__c)`", section)) - {"Next_Action__c", "Department__c"}
    assert told == shared


def test_all_that_can_be_chosen_has_a_help_text(outfits: dict[str, Outfit]) -> None:
    assert CHOICES
    for outfit in outfits.values():
        for record in outfit.records:
            for flag in record.flags:
                label, help_ = outfit.texts(flag)
                assert label.ja
                assert help_.ja
                assert help_.en


def test_a_label_cannot_break_the_table(outfits: dict[str, Outfit]) -> None:
    text = guide_files(outfits)["guide/ja/contents.md"].decode()
    rows = [line for line in text.splitlines() if line.startswith("|") and "---" not in line]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_japanese_is_free_of_words_that_accuse(language: str) -> None:
    text = "".join(page(language, name) for name in PAGES)
    assert not re.search("違反|不備|エラーです", text)
