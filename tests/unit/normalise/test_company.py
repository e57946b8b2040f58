from __future__ import annotations

import pytest

from sync.core.mapping.normalise import company_key


@pytest.mark.parametrize(
    "spellings",
    [
        ["株式会社青葉商事", "青葉商事株式会社", "(株)青葉商事", "㈱青葉商事", "青葉商事㈱", "青葉商事（株）", "株式会社 青葉商事", "青葉商事", "青葉商事株式会社御中", "青葉商事株式会社 様"],
        ["ｱｵﾊﾞｼｽﾃﾑ株式会社", "アオバシステム", "アオバ・システム株式会社", "アオバ　システム（株）"],
        ["青葉商事株式会社 東京支店", "青葉商事", "青葉商事（大阪支社）", "青葉商事株式会社　名古屋営業所", "株式会社青葉商事(本社)"],
        ["ACME Inc.", "Acme, Inc", "acme", "ＡＣＭＥ　ＩＮＣ．", "Acme Co., Ltd.", "ACME CO.,LTD", "Acme K.K.", "Acme Corporation", "Acme (Tokyo Branch)"],
        ["Beispiel GmbH", "Beispiel AG", "Beispiel GmbH & Co. KG", "beispiel"],
        ["Ejemplo, S.A. de C.V.", "Ejemplo S.A.", "Ejemplo S. de R.L. de C.V."],
        ["株式会社髙島製作所", "高島製作所", "(株)髙島製作所"],
        ["渡邊工業", "渡邉工業", "渡辺工業"],
        ["有限会社さくら", "(有)さくら", "さくら㈲"],
        ["合同会社みどり", "みどり(同)"],
        ["医療法人社団緑会", "緑会"],
        ["学校法人若葉学園", "(学)若葉学園"],
    ],
)  # fmt: skip
def test_spellings_of_one_company(ask, spellings) -> None:
    assert len({ask("company", s).value["key"] for s in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青葉ホールディングス", "青葉"),
        ("青葉グループ株式会社", "青葉株式会社"),
        ("青葉商事東京支店", "青葉商事"),  # no blank before: part of the name
        ("青葉商事", "青葉商会"),
        ("Acme Japan Inc.", "Acme Inc."),
        ("株式会社丸山工場", "株式会社丸山"),
        ("株式会社 丸山工場", "株式会社丸山"),
        ("メモリ", "モリ"),
    ],
)
def test_different_companies(one, other) -> None:
    assert company_key(one) != company_key(other)


def test_the_name_stays_as_typed(ask) -> None:
    assert ask("company", " ㈱ＡＢＣ　東京支店 ").value == {"name": "㈱ＡＢＣ 東京支店", "key": "abc"}


@pytest.mark.parametrize(
    "raw", ["-", "なし", "不明", "個人", "テスト", "テスト株式会社", "[not provided]", "サンプル株式会社", "xxx"]
)
def test_placeholders(ask, raw) -> None:
    assert ask("company", raw).state == "placeholder"


@pytest.mark.parametrize("raw", ["株式会社", "(株)", "㈱", "有限会社 御中"])
def test_a_legal_form_is_no_name(ask, raw) -> None:
    assert ask("company", raw).state == "invalid"


@pytest.mark.parametrize("raw", ["Limited", "Inc.", "Company & Co. Ltd."])
def test_a_name_made_of_forms_keeps_something(ask, raw) -> None:
    assert ask("company", raw).value["key"]


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("青葉商事(株)東京支店", "青葉商事"),
        ("青葉商事株式会社東京支店", "青葉商事"),
        ("㈱青葉商事　名古屋営業所", "青葉商事"),
        ("青葉商事株式会社 営業本部", "青葉商事"),
        ("青葉商事株式会社　情報システム部", "青葉商事"),
        ("(株)青葉商事 関西支社 営業部", "青葉商事"),
        ("青葉商事株式会社(旧：若葉商事)", "青葉商事"),
        ("青葉商事株式会社（東証プライム）", "青葉商事"),
        ("青葉商事株式会社（AOBA Inc.）", "青葉商事"),
        ("【青葉商事】", "青葉商事"),
        ("「青葉商事」様", "青葉商事"),
        ("青葉商事 東京本社", "青葉商事"),
        ("ＡＯＢＡ株式会社", "aoba"),
        ("AOBA SHOJI CO.,LTD.", "aobashoji"),
        ("Aoba Shoji Co.Ltd.", "aobashoji"),
        ("Aoba Shoji Co. Ltd", "aobashoji"),
        ("Aoba Shoji KK", "aobashoji"),
        ("A.B.C.株式会社", "abc"),
        ("アオバ株式會社", "アオバ"),
        ("株式会社 ア オ バ", "アオバ"),
        ("㈱ｱｵﾊﾞ", "アオバ"),
        ("青葉＆若葉株式会社", "青葉&若葉"),
        ("株式会社7-Eleven", "7-eleven"),
        ("(一社)青葉協会", "青葉協会"),
        ("(福)青葉会", "青葉会"),
        ("NPO法人青葉", "青葉"),
        ("国立大学法人青葉大学", "青葉大学"),
        ("独立行政法人青葉機構", "青葉機構"),
        ("株式会社山﨑製作所", "山崎製作所"),
        # what is part of the name stays
        ("株式会社 青葉倶楽部", "青葉倶楽部"),
        ("(株) 青葉編集部", "青葉編集部"),
        ("青葉商事 企画室", "青葉商事企画室"),
        ("丸山工場株式会社", "丸山工場"),
        ("青葉市役所", "青葉市役所"),
        ("青葉HD", "青葉hd"),
        ("日本青葉株式会社", "日本青葉"),
        ("株式会社テストロニクス", "テストロニクス"),
        ("ABC株式会社", "abc"),
        ("AAA株式会社", "aaa"),
    ],
)
def test_keys(ask, raw, key) -> None:
    assert ask("company", raw).value["key"] == key


@pytest.mark.parametrize(
    "raw",
    ["株式会社〇〇", "○○株式会社", "株式会社XXX", "株式会社ああああ", "個人事業主", "フリーランス", "学生", "同上"],
)
def test_no_company(ask, raw) -> None:
    assert ask("company", raw).state == "placeholder"
