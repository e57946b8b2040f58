from __future__ import annotations

import pytest

from sync.core.mapping.normalise import fold

OPTIONS = {
    fold(raw): canonical
    for raw, canonical in {
        "問い合わせ": "inbound_form",
        "Web": "inbound_form",
        "資料DL": "download",
        "なし": "none",
        "Trade Show": "event",
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
