"""Tables: the first row that fits decides; what nobody knows stays careful."""

from __future__ import annotations

import pytest

from connectors.hubspot import errors as hubspot
from connectors.kit.errors import Answer, Refused, judge_record, redact
from connectors.salesforce import errors as salesforce
from sync.errors import (
    AuthError,
    BatonError,
    BudgetExhausted,
    OutcomeUnknown,
    StreamUnavailable,
    Throttled,
    TransientError,
)
from sync.ports import WriteOutcome


@pytest.mark.parametrize("table", [hubspot.TABLE, salesforce.TABLE])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
def test_a_server_error_is_transient_for_a_reading_and_open_for_a_write(table: hubspot.ErrorTable, status: int) -> None:
    assert type(table.error(Answer(status))) is TransientError
    assert type(table.error(Answer(status), writing=True)) is OutcomeUnknown


@pytest.mark.parametrize("table", [hubspot.TABLE, salesforce.TABLE])
def test_an_unknown_refusal_keeps_its_answer_for_who_can_read_it_and_shows_no_body(table: hubspot.ErrorTable) -> None:
    answer = Answer(400, "NEW_CODE", "taro@example.jp is wrong", body={"message": "taro@example.jp"})
    error = table.error(answer, writing=True)
    assert isinstance(error, Refused)
    assert error.answer is answer
    assert "taro" not in f"{error} {error!r} {answer!r}"
    assert "NEW_CODE" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind", "wait"),
    [
        (429, b'{"message":"You have reached your secondly limit.","category":"RATE_LIMITS"}', Throttled, 1.0),
        (429, b'{"message":"x","policyName":"TEN_SECONDLY_ROLLING","errorType":"RATE_LIMIT"}', Throttled, 10.0),
        (429, b'{"message":"You have reached your ten_secondly_rolling limit."}', Throttled, 10.0),
        (429, b'{"message":"You have reached your daily limit.","policyName":"DAILY"}', BudgetExhausted, 3600.0),
        (429, b"<html>", Throttled, 1.0),
        (423, b"", Throttled, 2.0),
        (477, b"", Throttled, 3600.0),
        (401, b'{"category":"INVALID_AUTHENTICATION","message":"x"}', AuthError, None),
        (403, b'{"category":"BANNED","message":"x"}', AuthError, None),
    ],
)
def test_what_hubspot_says_becomes_the_next_move(
    status: int, body: bytes, kind: type[BatonError], wait: float | None
) -> None:
    error = hubspot.TABLE.error(hubspot.read_answer(status, body, {}), writing=True)
    assert type(error) is kind
    assert getattr(error, "retry_after", None) == wait


def test_retry_after_is_honoured_and_milliseconds_are_recognised() -> None:
    assert hubspot.read_answer(477, b"", {"Retry-After": "7200"}).retry_after == 7200
    assert hubspot.read_answer(477, b"", {"Retry-After": "120000"}).retry_after == 120
    assert hubspot.read_answer(429, b"", {"Retry-After": "soon"}).retry_after is None
    for absurd in ("9" * 20, "9" * 400):
        assert hubspot.read_answer(429, b"", {"Retry-After": absurd}).retry_after == 86_400


def test_a_missing_scope_names_the_scopes_that_would_do() -> None:
    body = b"""{"status":"error","message":"This app hasn't been granted all required scopes","category":"MISSING_SCOPES",
      "errors":[{"message":"One or more of the following scopes are required.",
      "context":{"requiredGranularScopes":["crm.objects.leads.read","crm.objects.leads.sensitive.read.v2"]}}]}"""
    error = hubspot.TABLE.error(hubspot.read_answer(403, body, {}), stream="leads")
    assert isinstance(error, StreamUnavailable)
    assert error.stream == "leads"
    assert "crm.objects.leads.read" in error.reason
    assert error.certain


@pytest.mark.parametrize("body", [b"", b"<html>Attention Required!</html>"])
def test_an_edge_that_refuses_says_nothing_of_the_stream(body: bytes) -> None:
    error = hubspot.TABLE.error(hubspot.read_answer(403, body, {}), stream="leads")
    assert isinstance(error, StreamUnavailable) and not error.certain


def test_a_path_that_is_not_found_says_nothing_of_the_credentials() -> None:
    error = hubspot.TABLE.error(hubspot.read_answer(404, b'{"message":"Not Found"}', {}))
    assert isinstance(error, TransientError)


_ITEM = '{"isValid":false,"message":"x does not exist","error":"PROPERTY_DOESNT_EXIST","name":"baton_status"}'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"message": f"Property values were not valid: [{_ITEM}]"}, [("baton_status", "PROPERTY_DOESNT_EXIST")]),
        (
            {"message": f"Property values were not valid: [{_ITEM},{_ITEM}]"},
            [("baton_status", "PROPERTY_DOESNT_EXIST")] * 2,
        ),
        (
            {"message": "no", "errors": [{"code": "INVALID_OPTION", "context": {"propertyName": ["baton_note"]}}]},
            [("baton_note", "INVALID_OPTION")],
        ),
        ({"message": "There was a problem with the request."}, []),
        ({"message": "broken [ {not json} ]"}, []),
        ({"errors": [None, {"context": None}]}, []),
        (None, []),
    ],
)
def test_refused_properties_are_found_in_both_kinds_of_body(body: object, expected: list[tuple[str, str]]) -> None:
    assert [(one.name, one.code) for one in hubspot.property_problems(body)] == expected


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "... UNABLE_TO_LOCK_ROW, unable to ...", WriteOutcome.RETRY),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "AsyncApexExecutions Limit exceeded.", WriteOutcome.RETRY),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: NullPointerException", WriteOutcome.RETRY),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "", WriteOutcome.REJECTED),
        ("ENTITY_IS_LOCKED", "", WriteOutcome.RETRY),
        ("", "", WriteOutcome.REJECTED),
    ],
)
def test_a_record_of_a_batch_is_judged_by_code_and_words(code: str, text: str, outcome: WriteOutcome) -> None:
    assert judge_record(salesforce.RECORD_TABLE, code, text).outcome is outcome


def test_a_context_that_is_not_listed_is_one_name_and_not_its_letters() -> None:
    error = {"code": "READ_ONLY_VALUE", "message": "no", "context": {"propertyName": "baton_note", "ids": "12"}}
    assert [one.name for one in hubspot.property_problems({"errors": [error]})] == ["baton_note"]
    assert hubspot.named_ids(error) == ["12"]


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"null", b"[]", b"[null]", b'"x"', b"{}", b'{"error":null}', None, []]
)
def test_no_body_is_too_odd_to_be_read(content: object) -> None:
    assert salesforce.read_answer(500, content).status == 500
    if isinstance(content, bytes):
        assert hubspot.read_answer(500, content, {}).status == 500


def test_words_for_the_operator_lose_addresses_and_numbers() -> None:
    text = (
        "taro.yamada@example.co.jp (03-1234-5678, +81 90 1234 5678): Website is required when Amount > 5000000 in 2026"
    )
    shown = redact(text)
    assert "taro" not in shown
    assert "1234" not in shown
    assert "Website is required" in shown
    assert len(redact("x" * 1000)) == 300


def test_words_for_the_operator_lose_them_in_full_width_too() -> None:
    shown = redact(
        "担当 ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ （０３－１２３４－５６７８、＋８１　９０ー１２３４ー５６７８）：業種を入力（２０２６年）"
    )
    assert "ｔａｒｏ" not in shown and "１２３４" not in shown and "５６７８" not in shown
    assert "業種を入力（２０２６年）" in shown
