from __future__ import annotations

import pytest

from sync.core.mapping.normalise import RANKS, compile_tables

CASES = {
    "staff": ["一般社員", "平社員", "スタッフ", "Sales Staff", "Intern", "役職なし"],
    "senior_staff": ["主任", "営業主任", "チーフ", "Senior Staff", "係長代理", "主査補佐"],
    "supervisor": ["係長", "主査", "課長代理", "課長補佐", "課長 補佐", "課長心得", "副課長", "Assistant Manager", "Team Leader", "アシスタントマネージャー", "店長代理"],
    "manager": [
        *("課長", "営業課長", "室長", "社長室長", "営業所長", "主幹", "参事", "プレイングマネージャー", "ﾏﾈｰｼﾞｬｰ", "Manager"),
        *("Sales Manager", "Senior Manager", "課長（兼）主任"),
    ],
    "deputy_general_manager": ["次長", "部長代理", "部長補佐", "副部長", "担当部長", "部付部長", "支店長代理", "Deputy General Manager"],
    "general_manager": ["部長", "営業部長", "支店長", "工場長", "本部長代理", "Director", "Head of Marketing", "General Manager", "ゼネラルマネージャー", "社長室 部長"],
    "division_head": ["本部長", "営業本部長", "事業部長", "事業部長 兼 営業部長", "Division Head", "執行役員補佐"],
    "executive_officer": ["執行役員", "執行役員 営業本部長", "常務執行役員", "CFO", "CTO", "VP of Sales", "Senior Vice President", "Chief Technology Officer", "取締役代理"],
    "board_director": ["取締役", "取締役 営業部長", "常務", "専務取締役", "社外取締役", "取締役CFO", "副社長", "取締役副社長", "Board Director"],
    "president": ["代表取締役", "代表取締役社長", "社長", "執行役員社長", "CEO", "Founder & CEO", "代表", "President", "オーナー", "代表取締役社長 兼 CEO"],
    "unknown": [
        *("監査役", "顧問", "相談役", "エンジニア", "情報システム部", "担当", "社長秘書", "社長室", "部長付", "元部長", "課長候補"),
        *("Account Manager", "Key Account Manager", "Project Manager", "Product Manager", "Product Owner", "Engineer", "プロジェクトマネージャー", "Consultant"),
        *("Assistant to the President", "Office of the CEO", "Former President", "Xceo"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("title", "rank"), [(title, rank) for rank, titles in CASES.items() for title in titles])
def test_ranks(ask, title, rank) -> None:
    answer = ask("title", title)
    assert (answer.state, answer.value["rank"]) == ("present", rank)


def test_every_rank_has_a_case() -> None:
    assert set(CASES) == {*RANKS, "unknown"}


@pytest.mark.parametrize("raw", ["なし", "不明", "-", "役職不明"])
def test_placeholders(ask, raw) -> None:
    assert ask("title", raw).state == "placeholder"


def test_the_label_is_the_title(ask) -> None:
    assert ask("title", " 営業部長　兼 CFO").value["label"] == "営業部長 兼 CFO"


@pytest.mark.parametrize(
    ("titles", "words"),
    [
        ({"ranks": {"boss": ["親分"]}}, "'boss' is no rank"),
        ({"ranks": ["部長"]}, "table of names"),
        ({"ranks": {"manager": "課長"}}, "list of words"),
        ({"no_rank": [None]}, "no word"),
    ],
)
def test_a_broken_table_is_refused(titles, words) -> None:
    with pytest.raises(ValueError, match=words):
        compile_tables(titles, {})


def test_an_operators_table_decides(ask) -> None:
    empty = compile_tables({"ranks": {"manager": ["番頭", "Captain"]}}, {})
    assert empty.titles.rank_of == {"番頭": 3, "captain": 3}


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("役員", "executive_officer"),
        ("役員室", "unknown"),
        ("役員秘書", "unknown"),
        ("C.E.O.", "president"),
        ("V.P. of Sales", "executive_officer"),
        ("次期社長", "unknown"),
        ("課長予定", "unknown"),
        ("部長直属", "unknown"),
        ("主任研究員", "unknown"),
        ("チーフエンジニア", "unknown"),
        ("Assistant Vice President", "unknown"),
        ("EA to CEO", "unknown"),
        ("Staff Engineer", "unknown"),
        ("Asst. Manager", "supervisor"),
        ("ｴｸﾞｾﾞｸﾃｨﾌﾞ ﾃﾞｨﾚｸﾀｰ", "unknown"),
        ("情報ｼｽﾃﾑ部　部長", "general_manager"),
        ("部長（代理）", "deputy_general_manager"),
        ("管理職", "unknown"),
        ("GM", "unknown"),
        ("課長クラス", "manager"),
    ],
)
def test_titles_between_two_ranks(ask, title, rank) -> None:
    assert ask("title", title).value["rank"] == rank
