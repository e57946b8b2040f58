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


@pytest.mark.parametrize(
    ("raw", "family", "given"),
    [
        ("山田　太郎　様", "山田", "太郎"),
        ("山田先生", "山田", None),
        ("山田氏", "山田", None),
        ("山田課長代理", "山田", None),
        ("営業部長 山田", "山田", None),
        ("営業部 山田", "山田", None),
        ("情報システム部　山田 太郎", "山田", "太郎"),
        ("代表取締役社長 山田 太郎", "山田", "太郎"),
        ("代表取締役 山田太郎", "山田太郎", None),
        ("山田 太郎（部長）", "山田", "太郎"),
        ("山田 太郎(やまだ たろう)", "山田", "太郎"),
        ("山田（ヤマダ）太郎", "山田太郎", None),
        ("（山田）", "山田", None),
        ("「山田」", "山田", None),
        ("【退職】山田 太郎", "山田", "太郎"),
        ("山田 太郎（退職）", "山田", "太郎"),
        ("退職 山田", "山田", None),
        ("山田 太郎 他1名", "山田", "太郎"),
        ("山田 太郎 ほか", "山田", "太郎"),
        ("阿部 寛", "阿部", "寛"),
        ("服部 半蔵", "服部", "半蔵"),
        ("髙橋　一郎", "髙橋", "一郎"),
        ("𠮷田 次郎", "𠮷田", "次郎"),
        ("王 小明", "王", "小明"),
        ("やまだ たろう", "やまだ", "たろう"),
        ("ﾏｲｹﾙ･ｼﾞｮｰﾀﾞﾝ", "ジョーダン", "マイケル"),
        ("ジョン・F・ケネディ", "ケネディ", "ジョン・F"),
        ("T. Yamada", "Yamada", "T."),
        ("Yamada T.", "Yamada", "T."),
        ("van der Berg", "van der Berg", None),
        ("John F. Kennedy", "Kennedy", "John F."),
        ("Dr. Taro Yamada", "Yamada", "Taro"),
        ("SMIT John", "SMIT", "John"),
        ("O'Brien", "O'Brien", None),
        ({"family": "　山田 ", "given": " 太郎　"}, "山田", "太郎"),
        ({"family": "山田", "given": "部長"}, "山田", None),
        ({"family": None, "given": "太郎"}, "太郎", None),
    ],
)
def test_names_with_what_people_write_beside_them(ask, raw, family, given) -> None:
    assert ask("person", raw).value == {"family": family, "given": given}


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("山田、鈴木", "invalid"),
        ("山田太郎・鈴木花子", "invalid"),
        ("山田 太郎、鈴木 花子", "invalid"),
        ("社長", "invalid"),
        ("部長", "invalid"),
        ("青葉商事 山田様", "invalid"),
        ("山田 太郎1", "invalid"),
        ("山田太郎 090-1234-5678", "invalid"),
        ("総務部", "placeholder"),
        ("営業", "placeholder"),
        ("受付", "placeholder"),
        ("情報システム担当", "placeholder"),
        ("システム部 ご担当者様", "placeholder"),
        ("管理者", "placeholder"),
        ("admin", "placeholder"),
        ("aaa bbb", "placeholder"),
        ("test test", "placeholder"),
        ("同上", "placeholder"),
    ],
)
def test_who_is_nobody_or_not_one_person(ask, raw, state) -> None:
    assert ask("person", raw).state == state
