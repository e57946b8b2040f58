from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("raw", "family", "given"),
    [
        ("山田 太郎", "山田", "太郎"),
        ("山田　太郎", "山田", "太郎"),
        ("山田　太郎様", "山田", "太郎"),
        ("山田 太郎 殿", "山田", "太郎"),
        ("山田さん", "山田", None),
        ("山田太郎", "山田太郎", None),
        ("山田部長", "山田", None),
        ("山田 部長", "山田", None),
        ("部長 山田 太郎", "山田", "太郎"),
        ("営業部 部長 山田 太郎", "山田", "太郎"),
        ("山田 太郎（ヤマダ タロウ）", "山田", "太郎"),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ", "タロウ"),
        ("ジョン・スミス", "スミス", "ジョン"),
        ("渡部 太郎", "渡部", "太郎"),
        ("長谷部 誠", "長谷部", "誠"),
        ("Taro Yamada", "Yamada", "Taro"),
        ("YAMADA Taro", "YAMADA", "Taro"),
        ("TARO YAMADA", "YAMADA", "TARO"),
        ("Yamada, Taro", "Yamada", "Taro"),
        ("Mr. John Smith Jr.", "Smith", "John"),
        ("Taro Yamada-san", "Yamada", "Taro"),
        ("Ludwig van Beethoven", "van Beethoven", "Ludwig"),
        ("Mary Ann O'Neil", "O'Neil", "Mary Ann"),
        ("김 철수", "김", "철수"),
        ({"family": "山田", "given": "太郎"}, "山田", "太郎"),
        ({"family": "山田", "given": None}, "山田", None),
        ({"family": "山田", "given": "不明"}, "山田", None),
        ({"family": "山田 太郎", "given": ""}, "山田", "太郎"),
        ({"family": "Na", "given": "Youngsun"}, "Na", "Youngsun"),
        (("山田", "太郎様"), "山田", "太郎"),
    ],
)
def test_names(ask, raw, family, given) -> None:
    assert ask("person", raw).value == {"family": family, "given": given}


@pytest.mark.parametrize(
    "raw",
    [
        "ご担当者様",
        "担当者",
        "総務ご担当者様",
        "採用担当",
        "不明",
        "匿名",
        "[not provided]",
        "-",
        "テスト 太郎",
        {"family": "-", "given": "-"},
        {"family": "不明", "given": "不明"},
    ],
)
def test_nobody(ask, raw) -> None:
    assert ask("person", raw).state == "placeholder"


@pytest.mark.parametrize(
    "raw",
    [
        "taro@example.com",
        "090-1234-5678",
        "株式会社青葉",
        "https://a.jp",
        "山田/鈴木",
        {"family": "a@b.jp", "given": "x"},
    ],
)
def test_what_is_no_name(ask, raw) -> None:
    assert ask("person", raw).state == "invalid"


@pytest.mark.parametrize("raw", [{"family": None, "given": None}, {"family": "", "given": " "}, {}])
def test_two_empty_fields_are_missing(ask, raw) -> None:
    assert ask("person", raw).state == "missing"
