from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("03-5253-1111", "+81352531111"),
        ("０３－５２５３－１１１１", "+81352531111"),
        ("03ー5253ー1111", "+81352531111"),
        ("03(5253)1111", "+81352531111"),
        ("(03) 5253-1111", "+81352531111"),
        ("03.5253.1111", "+81352531111"),
        ("0352531111", "+81352531111"),
        ("090 1234 5678", "+819012345678"),
        ("050-1234-5678", "+815012345678"),
        ("0120-123-456", "+81120123456"),
        ("0570-123-456", "+81570123456"),
        ("045-123-4567", "+81451234567"),
        ("+81 3 5253 1111", "+81352531111"),
        ("+81(0)3-5253-1111", "+81352531111"),
        ("81-3-5253-1111", "+81352531111"),
        ("tel:+81-3-1234-5678", "+81312345678"),
        ("TEL：03-5253-1111", "+81352531111"),
        ("03-5253-1111（代表）", "+81352531111"),
        ("03-5253-1111 田中様直通", "+81352531111"),
        ("010 1 201-555-0123", "+12015550123"),
        ("+1 (201) 555-0123", "+12015550123"),
        (9012345678, "+819012345678"),
        (352531111.0, "+81352531111"),
    ],
)
def test_numbers(ask, raw, e164) -> None:
    assert ask("phone", raw).value == {"e164": e164, "extension": None}


@pytest.mark.parametrize(
    "raw",
    [
        "03-5253-1111 内線7742",
        "03(5253)1111（内線 7742）",
        "03-5253-1111 ext. 7742",
        "03-5253-1111 x7742",
        "03-5253-1111#7742",
    ],
)
def test_extensions_are_kept(ask, raw) -> None:
    assert ask("phone", raw).value == {"e164": "+81352531111", "extension": "7742"}


@pytest.mark.parametrize(
    "raw",
    [
        "03-5253-1111 / 090-1234-5678",
        "03-5253-1111、090-1234-5678",
        "TEL 03-5253-1111 FAX 03-5253-1112",
        "FAX 03-5253-1112 / TEL 03-5253-1111",
        "TEL/FAX 03-5253-1111",
        "03-5253-1111または090-1234-5678",
    ],
)
def test_of_several_the_first_that_is_no_fax(ask, raw) -> None:
    assert ask("phone", raw).value["e164"] == "+81352531111"


@pytest.mark.parametrize(
    "raw",
    [
        "0000000000",
        "000-0000-0000",
        "090-0000-0000",
        "111-1111-1111",
        "1234567890",
        "03-0000-0000",
        "0123456789",
        "なし",
        "電話番号不明",
        "-",
    ],
)
def test_dummies(ask, raw) -> None:
    assert ask("phone", raw).state == "placeholder"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("FAX 03-5253-1111", "fax"),
        ("ファックス：03-5253-1111", "fax"),
        ("03-1234", "too short"),
        ("110", "too short"),
        ("連絡はメールで", "not a phone number"),
        ("+1 201-555-0123-4567-89", "too long"),
        ("02-1234-5679", "no such number"),
    ],
)
def test_what_is_no_number(ask, raw, reason) -> None:
    answer = ask("phone", raw)
    assert (answer.state, answer.reason) == ("invalid", reason)


@pytest.mark.parametrize(
    ("region", "raw", "e164"),
    [
        ("US", "(201) 555-0123", "+12015550123"),
        ("GB", "0121 234 5678", "+441212345678"),
        ("KR", "02-212-3456", "+8222123456"),
        ("KR", "010-2000-0000", "+821020000000"),
        ("FR", "01 23 45 67 89", "+33123456789"),
        ("US", "+81 3-5253-1111", "+81352531111"),
    ],
)
def test_other_regions(ask, region, raw, e164) -> None:
    assert ask("phone", raw, region=region).value["e164"] == e164


def test_an_unknown_region_reads_international_numbers_only(ask) -> None:
    assert ask("phone", "+81 3-5253-1111", region="ZZ").state == "present"
    assert ask("phone", "03-5253-1111", region="ZZ").state == "invalid"
