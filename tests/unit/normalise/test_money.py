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
