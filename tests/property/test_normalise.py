"""Whatever a CRM holds, a normaliser answers, and answers the same for the same thing written differently."""

from __future__ import annotations

import json
import string
import unicodedata
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sync.core.mapping.normalise import KINDS, compile_tables, normalise
from sync.core.model.items import NormaliseContext, Normalised, ValueState

MAPPINGS = Path(__file__).parents[2] / "mappings"
YAML_SAFE = YAML(typ="safe")
TABLES = compile_tables(YAML_SAFE.load(MAPPINGS / "titles.yaml"), YAML_SAFE.load(MAPPINGS / "placeholders.yaml"))
CONTEXT = NormaliseContext(written_on=datetime(2026, 1, 15, 3, tzinfo=UTC))

WRITTEN = """0 1 3 8 10 12 31 300 2026 20260108 46030 万 億 千 円 ¥ $ € k M , . - / : 〜 ～ ー 〇 三 年 月 日 度 期 来 今 再来 翌
    以内 以降 まで 半年 四半期 Q2 FY26 H1 上期 令和 R8 元 春 ヶ月 週間 中 末 頃 午後 時 半 T Z +09:00 ( ) （ ） @ < > example.com taro
    内線 FAX TEL +81 03 株式会社 (株) ㈱ Inc. Co., 支店 御中 様 部長 代理 副 取締役 室 Manager Assistant 未定 確認中 次回 なし 特に
    xxx test ? … ・ 、 。 = ' " \\ \x00 \u200b \ud800 𠮷 İ ß ﬁ ½ ² ㍿ ㍻ ٣"""
PIECES = st.sampled_from(WRITTEN.split())
CRM_LIKE = st.lists(PIECES | st.sampled_from(" \n"), max_size=8).map("".join)
RAW = st.one_of(
    CRM_LIKE,
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.none(),
    st.binary(max_size=8),
    st.lists(st.text(max_size=5), max_size=3),
    st.fixed_dictionaries({}, optional={"family": CRM_LIKE, "given": CRM_LIKE}),
)
CONTEXTS = st.builds(
    NormaliseContext,
    region=st.sampled_from(["JP", "US", "GB", "KR", "ZZ", ""]),
    tz=st.sampled_from([None, "Asia/Tokyo", "America/New_York", "Nowhere"]),
    written_on=st.none() | st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),
    fiscal_year_start=st.integers(1, 12),
    fiscal_year_named_by=st.sampled_from(["start", "end"]),
    currency=st.sampled_from([None, "USD"]),
    item=st.sampled_from([None, "ng_topics", "phone", "timing"]),
)


def read(kind: str, raw: object, context: NormaliseContext = CONTEXT) -> Normalised:
    return normalise(kind, raw, context, TABLES, {"web": "inbound_form"})


@example("company", "0\ud800", CONTEXT)
@given(st.sampled_from(KINDS), RAW, CONTEXTS)
@settings(max_examples=600, deadline=None)
def test_every_value_gets_an_answer(kind: str, raw: object, context: NormaliseContext) -> None:
    answer = read(kind, raw, context)
    assert answer.state in ValueState
    assert answer.state is not ValueState.STALE
    assert answer.state is not ValueState.UNREADABLE or (kind == "picklist" and answer.reason == "unmapped")
    if answer.state is ValueState.PRESENT:
        assert answer.value is not None or answer.reason == "follow-up"
    else:
        assert answer.value is None
    if answer.state is ValueState.INVALID:
        assert answer.reason
    json.dumps(answer.value, ensure_ascii=False).encode()


@given(
    st.sampled_from([k for k in KINDS if k != "text"]),
    st.sampled_from(
        [
            "1",
            "1,",
            "1.",
            "a.",
            "-",
            "(",
            "〜",
            "内線",
            "1万",
            "株式会社",
            "（",
            "a@",
            "年",
            "ヶ月",
            "来",
            "部長",
            "・",
            "x,",
        ]
    ),
)
@settings(max_examples=80, deadline=timedelta(seconds=1))
def test_no_repetition_is_slow(kind: str, piece: str) -> None:
    read(kind, piece * (480 // len(piece)))
    read(kind, piece * (95 // len(piece)) + "!")


@given(CRM_LIKE, st.sampled_from([k for k in KINDS if k != "company"]))
@settings(max_examples=200, deadline=None)
def test_blanks_around_and_compatible_forms_change_nothing(text: str, kind: str) -> None:
    assert read(kind, f"　 {text} \n") == read(kind, text)
    assert read(kind, unicodedata.normalize("NFKC", text)) == read(kind, text)


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(st.sampled_from(KINDS), st.text(string.ascii_letters + string.digits + " .,@+-/:", max_size=25))
@settings(max_examples=200, deadline=None)
def test_full_width_is_the_same(kind: str, text: str) -> None:
    plain, full = read(kind, text), read(kind, wide(text))
    assert plain.state == full.state
    if kind != "company":
        assert plain == full
    elif plain.value:
        assert plain.value["key"] == full.value["key"]


@given(CRM_LIKE)
@settings(max_examples=300, deadline=None)
def test_texts_and_names_are_stable(text: str) -> None:
    once = read("text", text)
    if once.state is ValueState.PRESENT:
        assert read("text", once.value) == once
    company = read("company", text)
    if company.value:
        assert read("company", company.value["name"]).value["key"] == company.value["key"]


def jp_numbers() -> st.SearchStrategy[str]:
    prefix = st.sampled_from(["03", "06", "090", "080", "070", "050", "045", "0120", "0570", "011"])
    return st.builds(lambda p, d: p + d, prefix, st.text(string.digits, min_size=6, max_size=9))


@given(jp_numbers(), st.sampled_from(["", "-", " "]))
@settings(max_examples=200, deadline=None)
def test_the_quick_way_for_phones_agrees_with_the_library(digits: str, mark: str) -> None:
    answer = read("phone", mark.join((digits[:3], digits[3:6], digits[6:])))
    assume(answer.state is not ValueState.PLACEHOLDER)
    number = phonenumbers.parse(digits, "JP")
    assert (answer.state is ValueState.PRESENT) == phonenumbers.is_valid_number(number)
    if answer.value:
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert answer.value == {"e164": e164, "extension": None}
        assert read("phone", e164).value == answer.value


LOCAL = st.text(string.ascii_letters + string.digits + "._+-'", min_size=1, max_size=66)
DOMAIN = st.lists(st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12), min_size=1, max_size=4)


@given(LOCAL, DOMAIN.map(".".join), st.sampled_from(["com", "jp", "co.jp", "invalid", "local", "123", "x", "museum"]))
@settings(max_examples=300, deadline=None)
def test_the_quick_way_for_mail_agrees_with_the_library(local: str, domain: str, top: str) -> None:
    address = f"{local}@{domain}.{top}"
    answer = read("email", address)
    assume(answer.state is not ValueState.PLACEHOLDER)
    try:
        expected = validate_email(address, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        expected = None
    if expected is not None and len(local) > 64:
        expected = None
    if local[0] in "'" or local.startswith("<"):
        return
    assert answer.value == expected
    if expected:
        assert read("email", expected) == answer


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_a_date_reads_the_same_in_every_form(day: date) -> None:
    forms: list[object] = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        day.strftime("%Y%m%d"),
        day.strftime("%b %d, %Y"),
        (day - date(1899, 12, 30)).days,
        day,
    ]
    if day >= date(2019, 5, 1):
        forms.append(f"令和{day.year - 2018}年{day.month}月{day.day}日")
    assert {read("date", form).value for form in forms} == {day.isoformat()}
    assert read("timing", forms[2]).value == {"from": day.isoformat(), "to": day.isoformat()}


@given(st.integers(1, 99_999_999))
@settings(max_examples=200, deadline=None)
def test_an_amount_reads_the_same_in_every_form(amount: int) -> None:
    rest = f"{amount % 10_000}" if amount % 10_000 else ""
    forms: list[object] = [
        amount,
        f"{amount}円",
        f"¥{amount:,}",
        f"約{amount:,} 円",
        f"JPY {amount}",
        wide(f"{amount:,}") + "円",
    ]
    if amount >= 10_000:
        forms.append(f"{amount // 10_000}万{rest}円")
    assert {json.dumps(read("money", form).value) for form in forms} == {
        json.dumps({"low": amount, "high": amount, "currency": "JPY"})
    }


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(1, 12), st.integers(1, 36), CRM_LIKE)
@settings(max_examples=120, deadline=None)
def test_windows_are_in_order_and_within_starts_on_the_day(written: date, start: int, months: int, text: str) -> None:
    on = datetime(written.year, written.month, written.day, 12, tzinfo=UTC)
    context = NormaliseContext(written_on=on, fiscal_year_start=start, tz="UTC")
    inside = read("timing", f"{months}ヶ月以内", context).value
    assert inside["from"] == written.isoformat() <= inside["to"]
    year = read("timing", "来期", context).value
    assert written.isoformat() < year["from"] < year["to"]
    window = read("timing", text, context).value
    if window and window["from"] and window["to"]:
        assert window["from"] <= window["to"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_missing(kind: str) -> None:
    assert read(kind, None) == Normalised(ValueState.MISSING)
