from __future__ import annotations

import math
from decimal import Decimal

import pytest

MAN = 10_000


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("300万円", 300 * MAN),
        ("３００万円", 300 * MAN),
        ("300 万 円", 300 * MAN),
        ("3百万", 300 * MAN),
        ("3百万円", 300 * MAN),
        ("3千万", 3000 * MAN),
        ("2,500万円", 2500 * MAN),
        ("12.5万", 125_000),
        ("1.5億", 15_000 * MAN),
        ("1億5000万", 15_000 * MAN),
        ("1億5,000万円", 15_000 * MAN),
        ("12億3456万7890円", 1_234_567_890),
        ("二百万円", 200 * MAN),
        ("二千五百万円", 2500 * MAN),
        ("3万5000円", 35_000),
        ("3,000千円", 300 * MAN),
        ("¥3,000,000", 300 * MAN),
        ("￥3,000,000-", 300 * MAN),
        ("3000000", 300 * MAN),
        ("3,000,000円（税抜）", 300 * MAN),
        ("¥1,000万", 1000 * MAN),
        ("約300万円程度", 300 * MAN),
        ("300万前後", 300 * MAN),
        ("予算：300万円", 300 * MAN),
        ("300万円を想定", 300 * MAN),
        ("3M", 300 * MAN),
        ("500k JPY", 50 * MAN),
        ("0円", 0),
        (3_000_000, 300 * MAN),
        (3_000_000.0, 300 * MAN),
        (Decimal("3000000"), 300 * MAN),
    ],
)
def test_exact_amounts_in_yen(ask, raw, amount) -> None:
    assert ask("money", raw).value == {"low": amount, "high": amount, "currency": "JPY"}


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("300〜500万", 300, 500),
        ("300～500万円", 300, 500),
        ("300万〜500万円", 300, 500),
        ("300-500万円", 300, 500),
        ("300 - 500万円", 300, 500),
        ("300万から500万", 300, 500),
        ("300万〜500", 300, 500),
        ("1,000〜2,000万円", 1000, 2000),
        ("500万〜1億", 500, 10_000),
        ("500万円以内", None, 500),
        ("500万以下", None, 500),
        ("500万円まで", None, 500),
        ("～500万円", None, 500),
        ("最大500万円", None, 500),
        ("上限500万", None, 500),
        ("300万以上", 300, None),
        ("300万円〜", 300, None),
        ("300万から", 300, None),
    ],
)
def test_ranges_and_limits(ask, raw, low, high) -> None:
    assert ask("money", raw).value == {"low": low and low * MAN, "high": high and high * MAN, "currency": "JPY"}


@pytest.mark.parametrize(
    ("raw", "low", "high"), [("300万円台", 3_000_000, 3_999_999), ("1,500万円台", 15_000_000, 15_999_999)]
)
def test_bands(ask, raw, low, high) -> None:
    assert ask("money", raw).value == {"low": low, "high": high, "currency": "JPY"}


@pytest.mark.parametrize(
    ("raw", "low", "high", "currency"),
    [
        ("$50k", 50_000, 50_000, "USD"),
        ("$50k-$100k", 50_000, 100_000, "USD"),
        ("$50-100k", 50_000, 100_000, "USD"),
        ("up to $50k", None, 50_000, "USD"),
        ("over USD 1.5m", 1_500_000, None, "USD"),
        ("USD 50,000", 50_000, 50_000, "USD"),
        ("50,000 EUR", 50_000, 50_000, "EUR"),
        ("1.234,56 €", 1234.56, 1234.56, "EUR"),
        ("1.234 €", 1234, 1234, "EUR"),
        ("1 298,00 €", 1298, 1298, "EUR"),
        ("£12,000.50", 12_000.5, 12_000.5, "GBP"),
        ("5万ドル", 50_000, 50_000, "USD"),
        ("S$20,000", 20_000, 20_000, "SGD"),
        ("10万元", 100_000, 100_000, "CNY"),
        ("CHF 1'049.95", 1049.95, 1049.95, "CHF"),
        ("5 million yen", 5_000_000, 5_000_000, "JPY"),
    ],
)
def test_currencies(ask, raw, low, high, currency) -> None:
    assert ask("money", raw).value == {"low": low, "high": high, "currency": currency}


def test_the_records_currency_comes_before_the_regions(ask) -> None:
    assert ask("money", 500, currency="USD").value["currency"] == "USD"
    assert ask("money", "50000", region="US").value["currency"] == "USD"
    assert ask("money", "€500", currency="USD").value["currency"] == "EUR"
    assert ask("money", "$500", region="AU").value["currency"] == "AUD"
    assert ask("money", "500000", region="ZZ").value["currency"] is None


@pytest.mark.parametrize(
    ("raw", "period"),
    [
        ("月額10万円", "monthly"),
        ("10万円/月", "monthly"),
        ("$500 per month", "monthly"),
        ("年額120万円", "yearly"),
        ("年間120万", "yearly"),
        ("$6,000/year", "yearly"),
        ("300万円", None),
    ],
)
def test_periods_are_named_and_the_amount_stays(ask, raw, period) -> None:
    answer = ask("money", raw)
    assert (answer.state, answer.reason) == ("present", period)


@pytest.mark.parametrize(
    "raw", ["応相談", "未定", "要見積", "ASK", "オープン価格", "不明", "-", "予算未定", "金額未定"]
)
def test_placeholders(ask, raw) -> None:
    assert ask("money", raw).state == "placeholder"


@pytest.mark.parametrize(
    "raw",
    [
        *("300", "1500", "500〜1000", "数百万円", "何千万", "万円", "500〜300万", "初期100万、月額10万", "300万または500万"),
        *("1億5000", "1.234", "1,00円", "20,00万", "1万2億", "10%", "2026/10", "-5", "¥100 $100", "kr 100", "高い", "1250€600"),
        *("300万以上500万以下以上", -1, True, math.inf, 10**20, "9" * 60),
    ],
)  # fmt: skip
def test_what_nobody_could_tell(ask, raw) -> None:
    answer = ask("money", raw)
    assert answer.state == "invalid"
    assert answer.reason


def test_a_follow_up_is_an_answer_without_an_amount(ask) -> None:
    answer = ask("money", "未確認：次回10/15に確認")
    assert (answer.state, answer.value, answer.reason) == ("present", None, "follow-up")


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("300万円程度", 300, 300),
        ("300万強", 300, 300),
        ("300万円弱", 300, 300),
        ("ざっくり300万", 300, 300),
        ("計300万円", 300, 300),
        ("トータル300万円", 300, 300),
        ("予算は300万円", 300, 300),
        ("予算額：300万円", 300, 300),
        ("予算300万円(確保済)", 300, 300),
        ("300万円（稟議中）", 300, 300),
        ("300万円で稟議中", 300, 300),
        ("300万円で申請予定", 300, 300),
        ("300万円を見込む", 300, 300),
        ("300万円(仮)", 300, 300),
        ("300万円＋税", 300, 300),
        ("300万円(税別)", 300, 300),
        ("300万円（税込330万円）", 300, 300),
        ("300万円（3,000,000円）", 300, 300),
        ("来期300万円", 300, 300),
        ("2026年度 300万円", 300, 300),
        ("300万円（2026年度）", 300, 300),
        ("金3,000,000円也", 300, 300),
        ("\\3,000,000", 300, 300),
        ("300萬円", 300, 300),
        ("300 0000円", None, None),
        ("３，０００，０００円", 300, 300),
        ("3,000千円", 300, 300),
        ("3百50万", 350, 350),
        ("30百万円", 3000, 3000),
        ("1億5千万円", 15_000, 15_000),
        ("百万円", 100, 100),
        ("2、3百万", 200, 300),
        ("2〜3千万", 2000, 3000),
        ("300〜500万円程度", 300, 500),
        ("300万円以上500万円未満", 300, 500),
        ("300万円以上、500万円以下", 300, 500),
        ("300万円超500万円以内", 300, 500),
        ("1〜3億円", 10_000, 30_000),
        ("MAX300万円", None, 300),
        ("300万円が上限", None, 300),
        ("300万円程度まで", None, 300),
        ("300万円以内で検討中", None, 300),
        ("300万円以内希望", None, 300),
        ("最低300万円", 300, None),
        ("300万円を超える", 300, None),
        ("300万円〜応相談", 300, None),
        ("100K+", 10, None),
    ],
)
def test_budgets_with_what_people_write_beside_them(ask, raw, low, high) -> None:
    answer = ask("money", raw)
    if low is None and high is None:
        assert answer.state == "invalid"
    else:
        assert answer.value == {"low": low and low * MAN, "high": high and high * MAN, "currency": "JPY"}


@pytest.mark.parametrize(
    ("raw", "low", "high", "currency"),
    [
        ("＄50,000", 50_000, 50_000, "USD"),
        ("US $50k", 50_000, 50_000, "USD"),
        ("50000USD", 50_000, 50_000, "USD"),
        ("5万USドル", 50_000, 50_000, "USD"),
        ("$50k（約750万円）", 50_000, 50_000, "USD"),
        ("approx. $50k", 50_000, 50_000, "USD"),
        ("between $50k and $100k", 50_000, 100_000, "USD"),
        ("From 26 to 50 €", 26, 50, "EUR"),
        ("€50,000 excl. VAT", 50_000, 50_000, "EUR"),
        ("CHF 105.–", 105, 105, "CHF"),
        ("6 300 руб.", 6300, 6300, "RUB"),
        ("SFr 20'000", 20_000, 20_000, "CHF"),
        ("1億ドン", 10**8, 10**8, "VND"),
    ],
)
def test_budgets_in_other_currencies(ask, raw, low, high, currency) -> None:
    assert ask("money", raw).value == {"low": low, "high": high, "currency": currency}


@pytest.mark.parametrize(
    ("raw", "amount", "period"),
    [
        ("月10万円", 10 * MAN, "monthly"),
        ("10万円（月額）", 10 * MAN, "monthly"),
        ("10万円/月額", 10 * MAN, "monthly"),
        ("10万円／月", 10 * MAN, "monthly"),
        ("¥100,000 MRR", 10 * MAN, "monthly"),
        ("年300万円", 300 * MAN, "yearly"),
        ("年間約300万円", 300 * MAN, "yearly"),
        ("300万円／年", 300 * MAN, "yearly"),
    ],
)
def test_periods_as_people_write_them(ask, raw, amount, period) -> None:
    answer = ask("money", raw)
    assert (answer.value["low"], answer.value["high"], answer.reason) == (amount, amount, period)


@pytest.mark.parametrize(
    "raw",
    [
        *("1人月額1,000円", "1,000円/ID", "1ユーザー1000円", "100万円×3年", "300万円/3年", "初期費用100万円、月額10万円", "今期100万 来期200万", "300万円（別途100万円）"),
        *("3,000", "1,500", "数千万円", "数十万円", "200万円台後半", "小規模", "Aプラン300万円", "-100万円", "2,3百万", "300.000円", "未定（300万円程度）", "571.12坪"),
    ],
)  # fmt: skip
def test_budgets_that_two_people_would_read_differently(ask, raw) -> None:
    answer = ask("money", raw)
    assert answer.state == "invalid"
    assert answer.reason


@pytest.mark.parametrize(
    "raw", ["予算なし", "予算未確保", "予算はこれから", "お任せ", "非公開", "見積後", "予算感不明"]
)
def test_words_instead_of_a_budget(ask, raw) -> None:
    assert ask("money", raw).state == "placeholder"
