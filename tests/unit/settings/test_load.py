"""What sound files become."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from sync import resources
from sync.core.calendar import TargetKind
from sync.core.model.records import Kind
from sync.errors import ConfigError

BATON = "config/baton.yaml"


def test_an_empty_folder_gets_the_shipped_files(tmp_path, folder):
    empty = tmp_path / "empty"
    empty.mkdir()

    assert folder.load_other(empty).rules.rules_hash == folder.load().rules.rules_hash


def test_a_folder_that_is_not_there_is_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match="no folder"):
        folder.load_other(tmp_path / "absent")


def test_the_shipped_files_compile_to_what_they_say(folder):
    settings = folder.load()
    rules, mapping = settings.rules, settings.mapping

    assert (settings.mode, settings.environment, settings.language) == ("observe", "sandbox", "ja")
    assert settings.schedule.hot == timedelta(seconds=30)
    assert mapping.prefer == ("salesforce", "hubspot")
    assert mapping.typed[0] == "sql_reason" and len(mapping.typed) == 7
    assert mapping.items["lead_source"].options["資料dl"] == "download"
    assert mapping.items["budget_status"].options["secured"] == "secured"
    assert mapping.input_values["fs_decision"]["差し戻し"] == "returned"
    assert rules.is_clock.target_by_channel["event"].days == 5
    assert rules.fs_clock.target is not None and rules.fs_clock.target.kind is TargetKind.BUSINESS_DAYS
    assert rules.definition.scope.enforce_from == datetime(2026, 9, 30, 15, tzinfo=UTC)
    assert rules.definition.roles["IS"].names >= {"is", "inside sales"}
    assert [event.kind for event in rules.definition.pass_events][:2] == [
        "meeting_booked_with_fs",
        "owner_role_changes",
    ]


@pytest.mark.parametrize(
    ("preset", "entries", "asked"),
    [("starter", 7, "decision_maker"), ("article", 8, "decision_process"), ("full", 15, "competitors")],
)
def test_every_preset_is_whole(folder, preset, entries, asked):
    folder.edit("mappings/handoff.yaml", "preset: starter", f"preset: {preset}")

    mapping = folder.load().mapping

    assert len(mapping.typed) == entries and asked in mapping.typed
    assert all(mapping.items[item].ask for item in mapping.typed)
    assert "willingness" in mapping.items and "willingness" not in (*mapping.typed, *mapping.automatic)


def test_the_full_preset_leaves_no_item_of_the_checklist_out(folder):
    folder.edit("mappings/handoff.yaml", "preset: starter", "preset: full")

    mapping = folder.load().mapping

    assert {*mapping.items} - {*mapping.typed, *mapping.automatic} == {"phone", "email", "willingness"}


def test_accounts_users_and_what_the_mapping_says_are_read_seldom(folder):
    streams = folder.load().mapping.streams

    seldom = {stream for (_, stream), mapping in streams.items() if not mapping.hot}
    assert seldom == {"Account", "User", "owners", "OpportunityFieldHistory", "OpportunityHistory", "EmailMessage"}
    assert streams[("salesforce", "Lead")].kind is Kind.PERSON


def test_a_connection_can_be_none(folder):
    folder.edit(BATON, "  hubspot:\n    kind: hubspot\n    url: https://api.hubapi.com\n", "  hubspot: none\n")
    folder.edit(BATON, '    auth: {flow: token, token: "env:BATON_HUBSPOT_TOKEN"}\n', "")

    settings = folder.load()

    assert [c.name for c in settings.connections] == ["salesforce"]
    assert settings.mapping.prefer == ("salesforce",)


def test_overrides_replace_settings_and_nested_ones_alone(folder):
    settings = folder.load(mode="write", schedule={"hot": "1s"}, connections={"hubspot": {"url": "http://127.0.0.1:9"}})

    assert settings.mode == "write"
    assert (settings.schedule.hot, settings.schedule.sweep) == (timedelta(seconds=1), timedelta(minutes=15))
    assert {c.name: c.url for c in settings.connections}["hubspot"] == "http://127.0.0.1:9"


def test_a_wrong_override_is_told_as_one(folder):
    with pytest.raises(ConfigError, match=r"mode, overridden at start"):
        folder.load(mode="wriet")


def test_a_relative_store_lies_in_the_operators_folder(folder):
    assert folder.load().store_url == f"sqlite:///{folder.root.resolve()}/var/baton.db"


def test_the_hash_knows_rules_and_not_wording(folder):
    before = folder.load().rules.rules_hash

    folder.edit("mappings/handoff.yaml", "{ja: 概算予算, en: Budget amount}", "{ja: 予算, en: Budget}")
    folder.edit("config/definition.yaml", "{ja: 標準パス基準 2026年10月,", "{ja: 基準,")
    folder.edit("mappings/salesforce.yaml", "この商談の「引き継ぎ情報」欄", "商談の画面")
    folder.edit(
        "mappings/salesforce.yaml", "EmailMessage: {kind: activity, hot: false}", "EmailMessage: {kind: activity}"
    )
    folder.edit("mappings/handoff.yaml", "    typed: [department, job_title, ", "    typed: [department, ")
    folder.edit(BATON, "language: ja", "language: en")
    folder.edit(BATON, "mode: observe", "mode: write")
    assert folder.load().rules.rules_hash == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config/definition.yaml", "within_months: 6", "within_months: 3"),
        (BATON, 'cutoff: "16:00"', 'cutoff: "17:00"'),
        (BATON, "holidays: JP", "holidays: US"),
        (BATON, "enforce_from: 2026-10-01", "enforce_from: 2026-10-02"),
        ("mappings/hubspot.yaml", "pain: pain", "pain: pains"),
        ("mappings/handoff.yaml", "secured: [確保済み, ", "secured: ["),
        ("mappings/handoff.yaml", "preset: starter", "preset: article"),
        ("mappings/titles.yaml", "step_down: [代理, 補佐, 心得]", "step_down: [代理, 補佐]"),
    ],
)
def test_the_hash_changes_with_anything_that_decides(folder, file, old, new):
    if not (folder.root / file).exists():
        shutil.copy(resources.shipped(file), folder.root / file)
    before = folder.load().rules.rules_hash
    folder.edit(file, old, new)
    assert folder.load().rules.rules_hash != before


def test_secrets_are_read_late_and_shown_nowhere(folder, tmp_path):
    (tmp_path / "token").write_text("s3cret-token\n", encoding="utf-8")
    folder.edit(BATON, '"env:BATON_HUBSPOT_TOKEN"', '"file:token"')
    settings = folder.load()
    hubspot = {c.name: c for c in settings.connections}["hubspot"]

    assert hubspot.resolved()["auth"]["token"] == "s3cret-token"
    assert "s3cret" not in repr(settings) and "file:token" not in repr(settings)


def test_a_reference_with_nothing_behind_it_is_told_with_its_line(folder):
    folder.edit(BATON, "env:BATON_SF_CLIENT_ID", "env:BATON_TEST_NOT_SET")
    folder.edit(BATON, "env:BATON_SF_CLIENT_SECRET", "file:no/such/file")
    salesforce = {c.name: c for c in folder.load().connections}["salesforce"]

    with pytest.raises(ConfigError) as refused:
        salesforce.resolved()

    text = (folder.root / BATON).read_text(encoding="utf-8")
    line = text[: text.index("BATON_TEST_NOT_SET")].count("\n") + 1
    assert [p.path for p in refused.value.problems] == [f"{BATON}:{line}"] * 2
    assert "BATON_TEST_NOT_SET is not set" in refused.value.problems[0].message
