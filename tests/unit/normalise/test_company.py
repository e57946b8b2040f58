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
