from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sync.core.mapping.normalise import fold

MAPPINGS = Path(__file__).parents[3] / "mappings"

OPTIONS = {
    fold(raw): canonical
    for raw, canonical in {
        "問い合わせ": "inbound_form",
        "Web": "inbound_form",
        "資料DL": "download",
        "なし": "none",
        "Trade Show": "event",
        "NA": "north_america",
    }.items()
}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("問い合わせ", "inbound_form"),
        (" 問い合わせ ", "inbound_form"),
        ("ＷＥＢ", "inbound_form"),
        ("資料ＤＬ", "download"),
        ("資料 DL", "download"),
        ("trade show", "event"),
        ("なし", "none"),
        ("NA", "north_america"),
        ("inbound_form", "inbound_form"),
    ],
)
def test_options(ask, raw, value) -> None:
    answer = ask("picklist", raw, options=OPTIONS)
    assert (answer.state, answer.value) == ("present", value)


@pytest.mark.parametrize(
    ("raw", "state", "reason"),
    [
        ("飛び込み", "unreadable", "unmapped"),
        ("Web;資料DL", "unreadable", "unmapped"),
        (True, "unreadable", "unmapped"),
        ("--None--", "placeholder", "placeholder word"),
        ("不明", "placeholder", "placeholder word"),
        ("", "missing", None),
    ],
)
def test_what_is_no_option(ask, raw, state, reason) -> None:
    answer = ask("picklist", raw, options=OPTIONS)
    assert (answer.state, answer.value, answer.reason) == (state, None, reason)


def test_a_kind_that_does_not_exist_is_an_error(ask) -> None:
    with pytest.raises(ValueError, match="no normaliser"):
        ask("shoe_size", "27")


@pytest.fixture(scope="module")
def shipped() -> dict[str, dict[str, str]]:
    items = YAML(typ="safe").load(MAPPINGS / "handoff.yaml")["items"]
    return {
        item: {fold(word): canonical for canonical, words in spec["options"].items() for word in [canonical, *words]}
        for item, spec in items.items()
        if "options" in spec
    }


@pytest.mark.parametrize(
    ("item", "raw", "value"),
    [
        ("lead_source", "問い合わせ", "inbound_form"),
        ("lead_source", "お問い合わせ", "inbound_form"),
        ("lead_source", "ＷＥＢ", "inbound_form"),
        ("lead_source", "web", "inbound_form"),
        ("lead_source", "contact us", "inbound_form"),
        ("lead_source", "資料ＤＬ", "download"),
        ("lead_source", "資料 ダウンロード", "download"),
        ("lead_source", "資料ﾀﾞｳﾝﾛｰﾄﾞ", "download"),
        ("lead_source", "ﾎﾜｲﾄﾍﾟｰﾊﾟｰ", "download"),
        ("lead_source", "セミナー", "webinar"),
        ("lead_source", "ｾﾐﾅｰ ", "webinar"),
        ("lead_source", "ウェビナー", "webinar"),
        ("lead_source", "展示会", "event"),
        ("lead_source", "　展示会　", "event"),
        ("lead_source", "TRADE SHOW", "event"),
        ("lead_source", "名刺交換", "business_card"),
        ("lead_source", "テレアポ", "outbound"),
        ("lead_source", "ﾃﾚｱﾎﾟ", "outbound"),
        ("lead_source", "リスティング広告", "ad"),
        ("lead_source", "paid_search", "ad"),
        ("lead_source", "紹介", "referral"),
        ("lead_source", "代理店", "partner"),
        ("lead_source", "既存顧客", "existing"),
        ("lead_source", "inbound_form", "inbound_form"),
        ("lead_source", "Inbound_Form", "inbound_form"),
        ("lead_source", "business card", "business_card"),
        ("budget_status", "確保済み", "secured"),
        ("budget_status", "予算あり", "secured"),
        ("budget_status", "予算 あり", "secured"),
        ("budget_status", "SECURED", "secured"),
        ("budget_status", "見込みあり", "expected"),
        ("budget_status", "申請中", "expected"),
        ("budget_status", "予算なし", "none"),
        ("budget_status", "なし", "none"),
        ("budget_status", "None", "none"),
        ("budget_status", "不明・未確認", "unknown"),
        ("budget_status", "unknown", "unknown"),
    ],
)
def test_shipped_options(ask, shipped, item, raw, value) -> None:
    assert ask("picklist", raw, item=item, options=shipped[item]).value == value


@pytest.mark.parametrize(
    ("item", "raw", "state"),
    [
        ("lead_source", "Web;展示会", "unreadable"),
        ("lead_source", "展示会（東京）", "unreadable"),
        ("lead_source", "問合せ", "unreadable"),
        ("lead_source", "その他", "unreadable"),
        ("lead_source", "1", "unreadable"),
        ("lead_source", "不明", "placeholder"),
        ("lead_source", "--なし--", "placeholder"),
        ("lead_source", "--None--", "placeholder"),
        ("lead_source", "-", "placeholder"),
        ("lead_source", "選択してください", "placeholder"),
        ("lead_source", "未設定", "placeholder"),
        ("lead_source", "Please Select", "placeholder"),
        ("budget_status", "確認中", "placeholder"),
        ("budget_status", "未定", "placeholder"),
        ("budget_status", "一部確保", "unreadable"),
        ("budget_status", "　", "missing"),
    ],
)
def test_what_the_shipped_options_do_not_know(ask, shipped, item, raw, state) -> None:
    assert ask("picklist", raw, item=item, options=shipped[item]).state == state
