from __future__ import annotations

import pytest

from sync.core.mapping.normalise import Tables, is_follow_up, is_vague


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("月次決算の早期化", "月次決算の早期化"),
        ("　ＡＢＣ　 ｶﾌﾞｼｷ  ", "ABC カブシキ"),
        ("一行目\n二行目\r\n", "一行目 二行目"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud800 pair", "half pair"),
        (12, "12"),
        (3.0, "3"),
        (1.5, "1.5"),
        (True, "true"),
        ("0", "0"),
        ("未確認：次回10/15に確認", "未確認:次回10/15に確認"),
        ("不明な点はない", "不明な点はない"),
        ("未定だった予算が確定", "未定だった予算が確定"),
        ("テスト環境の構築が遅い", "テスト環境の構築が遅い"),
        ("決裁者は田中部長（確認中）", "決裁者は田中部長(確認中)"),
    ],
)
def test_what_is_present(ask, raw, value) -> None:
    assert (ask("text", raw).state, ask("text", raw).value) == ("present", value)


@pytest.mark.parametrize("raw", [None, "", " ", "　", "\n\t", "\u200b"])
@pytest.mark.parametrize("kind", ["text", "phone", "email", "money", "timing", "date", "picklist", "company"])
def test_blank_is_missing(ask, kind, raw) -> None:
    assert ask(kind, raw).state == "missing"


@pytest.mark.parametrize(
    "raw",
    [
        *("不明", "未定", "未定です。", "まだ未定", "現在確認中", "確認中", "要確認", "不明（確認中）", "不明・未定", "【未確認】"),
        *("-", "－", "ー", "―", "...", "…", "？", "???", "/", "*", "・"),
        *("N/A", "n.a.", "ＴＢＤ", "tba", "Unknown", "--None--", "[not provided]", "null", "Please select"),
        *("xxx", "XXXX", "aaa", "ああああ", "テスト", "test", "ダミー", "なし", "特になし", "選択してください", "ヒアリング前"),
    ],
)  # fmt: skip
def test_words_that_are_no_answer(ask, raw) -> None:
    assert ask("text", raw, item="pain").state == "placeholder"


@pytest.mark.parametrize(
    "raw", ["特になし", "特になし。", "なし", "特にございません", "特に無し", "none", "None.", "現時点ではなし"]
)
@pytest.mark.parametrize("item", ["ng_topics", "competitors", "department", "memo", "next_action"])
def test_declared_none_where_that_is_an_answer(ask, item, raw) -> None:
    assert ask("text", raw, item=item).state == "declared_none"


@pytest.mark.parametrize(
    ("item", "raw", "state"),
    [
        ("competitors", "競合なし", "declared_none"),
        ("competitors", "他社比較なし", "declared_none"),
        ("competitors", "不明", "placeholder"),
        ("competitors", "A社、B社", "present"),
        ("ng_topics", "NG事項なし", "declared_none"),
        ("ng_topics", "確認中", "placeholder"),
        ("ng_topics", "-", "placeholder"),
        ("ng_topics", "価格の話は特になしで", "present"),
        ("decision_maker", "特になし", "placeholder"),
        ("decision_maker", "決裁者不明", "placeholder"),
    ],
)
def test_lists_differ_by_item(ask, item, raw, state) -> None:
    assert ask("text", raw, item=item).state == state


@pytest.mark.parametrize("raw", [b"bytes", ["a"], {"a": 1}, object(), 1j])
def test_what_is_no_text(ask, raw) -> None:
    assert ask("text", raw).state == "invalid"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("未確認:次回10/15に確認", True),
        ("確認中。来週の定例で伺う予定", True),
        ("予算は不明、次回ヒアリング", True),
        ("tbd, will ask in the next call", True),
        ("未確認", False),
        ("次回10/15に確認", False),
        ("確認中", False),
    ],
)
def test_follow_ups(text, expected) -> None:
    assert is_follow_up(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        *("業務効率化したい", "業務効率化", "業務を効率化したい", "業務効率化、コスト削減", "コスト削減のため", "DX推進を検討中"),
        *("生産性向上とのこと", "売上を上げたい", "BANT確認済み", "BANT OK", "確認済み", "興味あり。前向き", "詳細は商談にて", "同上", "ＢＡＮＴ確認済み　"),
    ],
)  # fmt: skip
def test_vague(tables: Tables, text) -> None:
    assert is_vague(text, "pain", tables)


@pytest.mark.parametrize(
    "text",
    [
        *("請求書処理に月40時間かかり、締めが3日遅れる", "コストを年間300万円削減したい", "営業の属人化", "在庫の見える化ができず欠品が月5件"),
        *("BANT確認済み。予算は300万円", "業務効率化したい。特に経費精算の差し戻しが多い", "", "。", "新基幹への移行が4月に迫っている"),
    ],
)  # fmt: skip
def test_not_vague(tables: Tables, text) -> None:
    assert not is_vague(text, "pain", tables)


def test_an_aim_is_vague_as_pain_but_may_be_a_memo(tables: Tables) -> None:
    assert is_vague("コスト削減", "pain", tables)
    assert not is_vague("コスト削減", "memo", tables)
