from __future__ import annotations

from pathlib import Path

import pytest

STRICT = "rank_at_least: general_manager"


@pytest.fixture
def stricter(folder, tmp_path) -> str:
    text = (Path(folder) / "config/definition.yaml").read_text(encoding="utf-8")
    assert "rank_at_least: manager" in text
    path = tmp_path / "stricter.yaml"
    path.write_text(
        text.replace("rank_at_least: manager", STRICT).replace("version: 2026-10", "version: 2027-01"), "utf-8"
    )
    return str(path)


def test_list_names_versions_and_what_a_pass_costs(baton, folder):
    told = baton("definition", "list", "--config", folder)

    assert told.code == 0
    assert "2026-10" in told.out and "* starter：IS入力 7項目" in told.out
    listed = baton("definition", "list", "--config", folder, "--json").json
    assert listed["versions"][0]["state"] == "in_force"
    assert {name: p["typed"] for name, p in listed["presets"].items()} == {"starter": 7, "article": 8, "full": 15}


def test_list_names_the_versions_that_are_kept(baton, folder, stricter):
    kept = Path(folder) / "config/definitions/2027-01.yaml"
    kept.parent.mkdir()
    text = Path(stricter).read_text(encoding="utf-8")
    kept.write_text(text.replace("effective_from: 2026-10-01", "effective_from: 2199-04-01"), encoding="utf-8")
    try:
        listed = baton("definition", "list", "--config", folder, "--json").json["versions"]
    finally:
        kept.unlink()
        kept.parent.rmdir()

    assert [(one["version"], one["state"]) for one in listed] == [("2026-10", "in_force"), ("2027-01", "future")]
    assert [(one["until"], one["file"]) for one in listed] == [
        ("2199-03-31", "config/definition.yaml"),
        (None, "config/definitions/2027-01.yaml"),
    ]
    assert listed[0]["rules_hash"] != listed[1]["rules_hash"]


def test_diff_speaks_both_languages(baton, folder, stricter):
    present = str(Path(folder) / "config/definition.yaml")

    ja = baton("definition", "diff", present, stricter, "--config", folder)
    en = baton("definition", "diff", present, stricter, "--config", folder, "--language", "en")
    same = baton("definition", "diff", present, present, "--config", folder)

    assert (ja.code, en.code, same.code) == (0, 0, 0)
    assert "役職が課長以上 → 役職が部長以上" in ja.out
    assert "rank manager or above → rank general manager or above" in en.out
    assert same.out.strip() == "違いはありません"


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "does not exist"), ("colour: red\n", "neither a definition nor"), ("pass: [", "not valid YAML")],
)
def test_what_is_no_definition_is_refused_with_its_name(baton, folder, tmp_path, text, message):
    path = tmp_path / "odd.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    told = baton("definition", "diff", str(path), str(path), "--config", folder)

    assert told.code == 2
    assert message in told.err and "odd.yaml" in told.err


def test_a_mistake_in_the_other_definition_is_told_with_its_line(baton, folder, stricter):
    path = Path(stricter)
    path.write_text(path.read_text(encoding="utf-8").replace(STRICT, "rank_at_least: buchou"), encoding="utf-8")

    told = baton("definition", "what-if", stricter, "--config", folder)

    assert told.code == 2 and "'buchou' is no rank" in told.err and "stricter.yaml:" in told.err


def test_export_writes_the_document(baton, folder, tmp_path):
    shown = baton("definition", "export", "--config", folder, "--language", "en")
    book = tmp_path / "standard.xlsx"
    written = baton("definition", "export", "--config", folder, "--format", "xlsx", "--output", str(book))

    assert shown.code == written.code == 0
    assert shown.out.startswith("# Handoff definition") and "Handoff items" in shown.out
    assert book.read_bytes()[:2] == b"PK" and str(book) in written.out
    assert baton("definition", "export", "--config", folder, "--format", "xlsx").code == 2
    assert baton("definition", "export", "--config", folder, "--output", str(tmp_path / "no/where.md")).code == 2


def test_what_if_compares_with_the_version_in_force(baton, folder, trial, stricter):
    kept = Path(folder) / "config/definitions/2027-01.yaml"
    kept.parent.mkdir()
    text = Path(stricter).read_text(encoding="utf-8")
    kept.write_text(text.replace("effective_from: 2026-10-01", "effective_from: 2026-10-02"), encoding="utf-8")
    try:
        told = baton("definition", "what-if", stricter, "--config", folder, "--json").json
        shown = baton("definition", "what-if", stricter, "--config", folder).out
    finally:
        kept.unlink()
        kept.parent.rmdir()

    assert told["versions"]["present"] == "2027-01" and "いまの基準（2027-01）" in shown
    assert told["changed"] == 0


def test_what_if_tells_who_changes_side_and_writes_nothing(baton, folder, trial, stricter):
    told = baton("definition", "what-if", stricter, "--config", folder, "--json")
    shown = baton("definition", "what-if", stricter, "--config", folder).out

    assert told.code == 0
    found = told.json
    assert found["versions"] == {"present": "2026-10", "other": "2027-01"}
    assert found["present"]["passes"] == found["other"]["passes"] > 0
    assert found["present"]["qualified"] - found["lost"] + found["gained"] == found["other"]["qualified"]
    rate = found["present"]["all"]["opportunity"]
    assert rate["n"] == found["present"]["passes"] and rate["low"] <= rate["share"] <= rate["high"]
    assert shown.startswith("すべてのパスを") and "CRM には何も書きません" in shown and "商談化率（パス起点）" in shown
    assert "言えません" in shown, "twenty handoffs are too few for a statement"
    assert trial.read_back() == {}


def test_what_if_without_passes_says_so(baton, folder, stricter):
    told = baton("definition", "what-if", stricter, "--since", "2031-01-01", "--config", folder)

    assert told.code == 0 and "2031-01-01 以降のパス：該当なし" in told.out
    assert baton("definition", "what-if", stricter, "--since", "soon", "--config", folder).code == 2
