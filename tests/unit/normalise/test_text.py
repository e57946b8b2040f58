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
        *("不明", "未定", "未定です。", "まだ未定", "現在確認中", "確認中", "要確認", "不明（確認中）", "不明・未定", "【未確認】", "です。確認中。未定"),
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


@pytest.mark.parametrize(
    "raw",
    [
        *("無記入", "未聴取", "未取得", "確認できず", "ヒアリングできず", "聞き取れず", "聞いていない", "社内確認中", "先方確認中です", "担当者に確認中", "要ヒアリング"),
        *("次回ヒアリング予定", "次回確認予定", "回答なし", "返答待ち", "追って入力", "後日追記", "あとで記入", "わからん", "分かりません。", "同左", "上記同様", "〃"),
        *("(未入力)", "＜未入力＞", "（空白）", "【確認中】", "--選択してください--", "〇", "○", "×", "〇〇〇", "あ", "ほげ", "hoge", "あいうえお", "ｔｅｓｔ", "テスト入力", "ｄｕｍｍｙ"),
        *("現状なし", "特にありません。", "ございません", "課題なし", "N / A", "ｎ／ａ", "Not Applicable", "まだ未定です", "現時点では不明", "ーーー", "・・・", "――"),
    ],
)  # fmt: skip
def test_what_is_typed_to_get_past_a_field(ask, raw) -> None:
    assert ask("text", raw, item="pain").state == "placeholder"


@pytest.mark.parametrize(
    "raw",
    [
        *("不明瞭な請求が多い", "未定義の工程がある", "確認作業に月40時間", "テスト工程が属人化", "仮想デスクトップの遅延", "なしくずしの運用", "ない袖は振れないと言われた"),
        *("選択肢が多すぎる", "検証中の他社製品が遅い", "不明（担当者不在）", "追って増員予定のため人手が足りない", "あいまいな権限設定", "確認中（10/15回答予定）", "保留にしていた案件が再開"),
    ],
)  # fmt: skip
def test_answers_that_only_look_like_placeholders(ask, raw) -> None:
    assert ask("text", raw, item="pain").state == "present"


@pytest.mark.parametrize(
    ("item", "raw", "state"),
    [
        ("ng_topics", "特に無し（確認済み）", "declared_none"),
        ("ng_topics", "なし（本人確認済）", "declared_none"),
        ("ng_topics", "特になし！", "declared_none"),
        ("ng_topics", "とくに無し", "declared_none"),
        ("ng_topics", "特に無い", "declared_none"),
        ("ng_topics", "ない", "declared_none"),
        ("ng_topics", "なしとのこと", "declared_none"),
        ("ng_topics", "なしです", "declared_none"),
        ("ng_topics", "今のところ特になし", "declared_none"),
        ("ng_topics", "現時点では特になし", "declared_none"),
        ("ng_topics", "現状特になし", "declared_none"),
        ("ng_topics", "ＮＧ事項なし", "declared_none"),
        ("ng_topics", "特にNG事項はありません", "declared_none"),
        ("ng_topics", "特記事項なし", "declared_none"),
        ("ng_topics", "Ｎｏｎｅ．", "declared_none"),
        ("ng_topics", "聞いていない", "placeholder"),
        ("ng_topics", "未確認", "placeholder"),
        ("ng_topics", "N/A", "placeholder"),
        ("ng_topics", "×", "placeholder"),
        ("ng_topics", "特になし。ただし価格の話は次回", "present"),
        ("ng_topics", "なし（ただし部長の前で価格の話はしない）", "present"),
        ("ng_topics", "競合A社の話はNG", "present"),
        ("competitors", "コンペなし", "declared_none"),
        ("competitors", "自社のみ", "declared_none"),
        ("competitors", "御社のみ", "declared_none"),
        ("competitors", "比較検討していない", "declared_none"),
        ("competitors", "相見積もりなし", "declared_none"),
        ("competitors", "なし（現状）", "declared_none"),
        ("competitors", "あり", "present"),
        ("competitors", "内製", "present"),
        ("competitors", "現状維持", "present"),
        ("department", "所属なし", "declared_none"),
        ("department", "部署なし", "declared_none"),
        ("memo", "補足なし", "declared_none"),
        ("memo", "-", "placeholder"),
        ("next_action", "次回予定なし", "declared_none"),
        ("next_action", "次回未定", "placeholder"),
        ("next_action", "日程調整中", "present"),
        ("next_action", "再架電", "present"),
        ("decision_maker", "なし", "placeholder"),
        ("decision_maker", "決裁者：不明", "placeholder"),
        ("decision_maker", "社長", "present"),
        ("decision_maker", "部長（名前不明）", "present"),
        ("phone", "なし", "placeholder"),
        ("pain", "特になし", "placeholder"),
    ],
)
def test_none_as_people_say_it(ask, item, raw, state) -> None:
    assert ask("text", raw, item=item).state == state


@pytest.mark.parametrize(
    "text",
    [
        *("業務の効率化を図りたい", "業務を効率化したいとのこと", "作業効率化", "ＤＸ推進", "DX化を進めたい", "デジタル化を推進したい", "コスト削減を希望", "コスト削減です", "コストを下げたい"),
        *("生産性を上げたい", "生産性を向上したい", "売上アップを目指したい", "人手不足のため", "働き方改革の実現", "情報共有", "見える化", "見える化、自動化", "営業力強化したい", "システム化を検討"),
        *("BANTクリア", "BANT確認済", "ヒアリング済み", "共有済み", "口頭にて共有", "議事録参照", "メモを参照", "上記の通り", "温度感高め", "確度高い", "関心あり", "ニーズあり", "課題感あり"),
        *("アポ獲得", "商談化", "先方の希望", "お客様の要望", "当日ヒアリング", "あり", "はい", "検討中", "interested", "Reduce costs", "cost reduction", "see notes"),
    ],
)  # fmt: skip
def test_vague_as_people_are(tables: Tables, text) -> None:
    assert is_vague(text, "pain", tables)


@pytest.mark.parametrize(
    "text",
    [
        *("経費精算を効率化したい", "見積作成のコスト削減", "月末の締め処理を自動化したい", "拠点間の情報共有ができていない", "退職者が続き人手不足", "紙の申請書が多くDXが進まない"),
        *("議事録参照：入力が二重", "インボイス対応", "Excel管理の限界", "4月の法改正に間に合わない", "コスト削減（年300万円）", "営業日報の提出率が5割", "承認に1週間かかる", "A社製品の保守切れ"),
    ],
)  # fmt: skip
def test_concrete_as_people_can_be(tables: Tables, text) -> None:
    assert not is_vague(text, "pain", tables)
