"""Whatever a CRM holds, a normaliser answers, and answers the same for the same thing written differently."""

from __future__ import annotations

import json
import string
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sync.core.mapping.normalise import KINDS, company_key, compile_tables, find_day, normalise
from sync.core.model.items import NormaliseContext, Normalised, ValueState
from tests.depth import share

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
COMPANIES = "株式会社 (株) ㈱ 青葉 商事 東京支店 本社 営業部 御中 様 Inc. Co., Ltd. GmbH (AOBA) (旧:若葉) A B ・ - . , 部 支店 合同会社 KK co"
COMPANY_LIKE = st.lists(st.sampled_from([*COMPANIES.split(" "), " ", "　"]), max_size=7).map("".join)
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
@settings(max_examples=share(600, 200))
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
@settings(max_examples=share(80, 40))
def test_no_repetition_is_slow(kind: str, piece: str) -> None:
    began = process_time()
    read(kind, piece * (480 // len(piece)))
    read(kind, piece * (95 // len(piece)) + "!")
    assert process_time() - began < 2


HOSTILE = [
    "\0" * 100_000, "\ud800" * 100_000, "\u202e" * 100_000, "あ" * 100_000, "1" * 100_000, "1/" * 50_000, "((((" * 25_000,
    "@" * 100_000, "a@b.jp," * 14_000, "株式会社 " * 20_000, "10/1、" * 20_000, "\u0301" * 100_000, "مرحبا 10/1 \u202e1/01",
    "\u202e090-1234-5678", "\x1b[31m300万円\x07", "300\x00万円", "﷽" * 50_000, "½" * 100, "𝟏𝟎/𝟏𝟓", "١٠/١٥", "10\u2044" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_hostile_is_raised_at_or_waited_for(text: str) -> None:
    began = process_time()
    for kind in KINDS:
        assert read(kind, text).state in ValueState
    find_day(text, date(2026, 1, 15))
    assert process_time() - began < 5


def forms_of(text: str) -> list[str]:
    """The same text as other keyboards and systems leave it."""
    return [
        f"　 {text} \n",
        f"\ufeff{text}\u200b",
        *(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")),
        text.replace(" ", "\u3000"),
        text.replace(" ", "\xa0 "),
        "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isdigit() else c for c in text),
    ]


@given(CRM_LIKE, st.sampled_from([k for k in KINDS if k != "company"]))
@settings(max_examples=share(300, 100))
def test_blanks_and_compatible_forms_change_nothing(text: str, kind: str) -> None:
    expected = read(kind, text)
    for form in forms_of(text):
        assert read(kind, form) == expected, form


@given(CRM_LIKE)
@settings(max_examples=share(200, 66))
def test_blanks_and_compatible_forms_change_no_company_and_no_day(text: str) -> None:
    company, day = read("company", text), find_day(text, date(2026, 1, 15))
    for form in forms_of(text):
        other = read("company", form)
        assert other.state is company.state
        assert company.value is None or other.value["key"] == company.value["key"]
        assert find_day(form, date(2026, 1, 15)) == day


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(st.sampled_from(KINDS), st.text(string.ascii_letters + string.digits + " .,@+-/:", max_size=25))
@settings(max_examples=share(200, 66))
def test_full_width_is_the_same(kind: str, text: str) -> None:
    plain, full = read(kind, text), read(kind, wide(text))
    assert plain.state == full.state
    if kind != "company":
        assert plain == full
    elif plain.value:
        assert plain.value["key"] == full.value["key"]


@given(CRM_LIKE)
@settings(max_examples=share(300, 100))
def test_texts_and_names_are_stable(text: str) -> None:
    once = read("text", text)
    if once.state is ValueState.PRESENT:
        assert read("text", once.value) == once


@given(CRM_LIKE | COMPANY_LIKE)
@settings(max_examples=share(300, 100))
def test_the_key_of_a_company_is_the_key_of_itself(text: str) -> None:
    company = read("company", text)
    if company.value:
        key = company.value["key"]
        assert read("company", company.value["name"]).value["key"] == key
        assert company_key(key) == key


@given(CRM_LIKE, CONTEXTS)
@settings(max_examples=share(300, 100))
def test_what_was_read_reads_as_itself(text: str, context: NormaliseContext) -> None:
    for kind in ("date", "email"):
        once = read(kind, text, context)
        if once.value is not None:
            assert read(kind, once.value, context) == once
    moment = read("datetime", text, context)
    if moment.value is not None:
        assert read("datetime", moment.value, context).value == moment.value
    phone = read("phone", text, context)
    if phone.value is not None:
        assert read("phone", phone.value["e164"], context).value == {"e164": phone.value["e164"], "extension": None}
    title = read("title", text, context)
    if title.value is not None:
        assert read("title", title.value["label"], context) == title


def jp_numbers() -> st.SearchStrategy[str]:
    prefix = st.sampled_from(
        ["03", "06", "090", "080", "070", "050", "045", "0120", "0570", "011", "0463", "098", "0800", "0990", "020"]
    )
    return st.builds(lambda p, d: p + d, prefix, st.text(string.digits, min_size=6, max_size=9))


@given(jp_numbers(), st.sampled_from(["", "-", " "]))
@settings(max_examples=share(200, 66))
def test_the_quick_way_for_phones_agrees_with_the_library(digits: str, mark: str) -> None:
    answer = read("phone", mark.join((digits[:3], digits[3:6], digits[6:])))
    assume(answer.state is not ValueState.PLACEHOLDER)
    number = phonenumbers.parse(digits, "JP")
    assert (answer.state is ValueState.PRESENT) == phonenumbers.is_valid_number(number)
    if answer.value:
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert answer.value == {"e164": e164, "extension": None}
        assert read("phone", e164).value == answer.value


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.sampled_from(["", "万", "千", "百万", "千万", "億"]),
    st.sampled_from(["", "円"]),
    st.sampled_from(["", "~"]),
    st.booleans(),
)
@settings(max_examples=share(300, 100))
def test_the_quick_way_for_budgets_agrees_with_the_long_one(
    a: int, b: int, unit: str, yen: str, to: str, grouped: bool
) -> None:
    first, second = (f"{n:,}" if grouped else str(n) for n in (a % 10_000, b % 10_000))
    text = f"{first}~{second}{unit}{yen}" if to else f"{first}{unit}{yen}"
    assert read("money", text) == read("money", f"予算 {text}")


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["Z", "+0000", "+09:00", "-08:00", "", "+14:00", ".123Z", ".123456+09:00"]),
)
@settings(max_examples=share(200, 66))
def test_the_quick_way_for_instants_agrees_with_the_long_one(at: datetime, offset: str) -> None:
    iso = at.replace(microsecond=0).isoformat()
    for kind in ("date", "datetime"):
        assert read(kind, iso + offset) == read(kind, f"{iso.replace('-', '/', 2).replace('T', ' ')}{offset}")


LOCAL = st.text(string.ascii_letters + string.digits + "._+-'", min_size=1, max_size=66)
DOMAIN = st.lists(st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12), min_size=1, max_size=4)


@given(LOCAL, DOMAIN.map(".".join), st.sampled_from(["com", "jp", "co.jp", "invalid", "local", "123", "x", "museum"]))
@settings(max_examples=share(300, 100))
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
@settings(max_examples=share(200, 66))
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
@settings(max_examples=share(200, 66))
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
@settings(max_examples=share(120, 40))
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


AROUND = st.sampled_from(
    ["", "次回 ", "資料送付済。", "300万円で", "TEL 03-1234-5678 ", "v10.2 の", "決裁者同席で", "24/7対応。", "14時〜 "]
)
BEHIND = st.sampled_from(
    ["", " 訪問", " 14時 デモ", "に電話", "までに見積送付", "、3名で訪問", " 10:00-11:00 オンライン", "（仮）", "@渋谷"]
)
NEAR = st.dates(date(2026, 6, 20), date(2027, 4, 10))
ON = date(2026, 7, 20)


def written_forms(day: date) -> list[str]:
    weekday = "月火水木金土日"[day.weekday()]
    return [
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.month}月{day.day}日({weekday})",
        f"{day.month:02}/{day.day:02}",
        f"{day.month}/{day.day}({weekday})",
        f"R{day.year - 2018}.{day.month}.{day.day}",
        wide(f"{day.month}/{day.day}({weekday})"),
    ]


@given(CRM_LIKE | st.text(max_size=60), st.none() | st.dates(), st.sampled_from(["JP", "US", "GB", "ZZ", ""]))
@settings(max_examples=share(400, 133))
def test_a_day_is_found_or_not_and_nothing_is_raised(text: str, written: date | None, region: str) -> None:
    found = find_day(text, written, region)
    assert found is None or type(found) is date


@given(AROUND, NEAR, BEHIND, st.integers(0, 6))
@settings(max_examples=share(300, 100))
def test_the_day_is_found_in_every_form(before: str, day: date, behind: str, form: int) -> None:
    assert find_day(before + written_forms(day)[form] + behind, ON) == day


@given(
    NEAR, NEAR, st.integers(0, 6), st.integers(0, 6), st.sampled_from([" ", "、", "〜", " or ", "か", "に電話、", "\n"])
)
@settings(max_examples=share(300, 100))
def test_two_days_are_none_and_one_day_twice_is_one(one: date, other: date, a: int, b: int, between: str) -> None:
    both = written_forms(one)[a] + between + written_forms(other)[b] + "に訪問"
    found = find_day(both, ON)
    assert found is None or (one == other and found == one)
    assert one != other or between not in (" ", "\n") or found == one


@given(NEAR, st.integers(0, 6), st.sampled_from(["以降", "頃", "から", "〜", "の週", "の翌日", "前後", "の件で連絡"]))
@settings(max_examples=share(100, 40))
def test_about_a_day_is_no_day(day: date, form: int, about: str) -> None:
    assert find_day(written_forms(day)[form] + about, ON) is None


@given(st.dates(date(1950, 1, 1), date(2090, 12, 31)), st.integers(1, 12), st.integers(1, 31))
@settings(max_examples=share(200, 66))
def test_a_day_without_year_is_near_the_day_of_writing(written: date, month: int, day: int) -> None:
    found = find_day(f"{month}月{day}日 訪問", written)
    assert found is None or (found.month, found.day) == (month, day)
    assert found is None or -30 <= (found - written).days <= 270


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_missing(kind: str) -> None:
    assert read(kind, None) == Normalised(ValueState.MISSING)
