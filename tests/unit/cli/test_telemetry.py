"""Nothing secret and nobody's data reaches a log."""

from __future__ import annotations

import io
import logging

import orjson
import pytest
import structlog

from sync import telemetry


@pytest.fixture
def log():
    out = io.StringIO()
    telemetry.configure(as_json=True, stream=out)
    yield out
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = []


def _lines(log):
    return [orjson.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer 00D5g000001abcd!AQ8AQ.xyz_123",
        "grant refused: client_secret=hunter2&x=1",
        "token pat-na1-01234567-89ab-cdef is wrong",
        "session 00D5g000001abcdEAA!AQ8AQFh.x_y expired",
        "jwt eyJhbGciOi.eyJpc3Mi.c2ln",
        "lead taro.yamada+x@example.co.jp is late",
        "postgresql://baton:hunter2@db/baton",
    ],
)
def test_secrets_and_addresses_are_hidden_in_any_text(log, text):
    structlog.get_logger().info("refused", message=text, nested={"deep": [text]})

    told = log.getvalue()
    assert telemetry.HIDDEN in told
    for secret in ("AQ8AQ", "hunter2", "01234567", "eyJpc3Mi", "yamada"):
        assert secret not in told


def test_what_people_typed_is_hidden_and_counts_are_not(log):
    structlog.get_logger().info(
        "judged", values={"NG_Topics__c": "離職の話"}, counts={"new": 3, "ng_topics": "x"}, token=5
    )

    (line,) = _lines(log)
    assert line["values"] == telemetry.HIDDEN and line["token"] == telemetry.HIDDEN
    assert line["counts"] == {"new": 3, "ng_topics": telemetry.HIDDEN}


def test_tracebacks_and_libraries_pass_the_same_filter(log):
    try:
        raise ValueError("no mail to taro@example.co.jp")
    except ValueError:
        structlog.get_logger().exception("crashed")
        logging.getLogger("urllib3").warning("retrying with %s", "Bearer abc.def")
    logging.getLogger("urllib3").info("chatter")

    told = _lines(log)
    assert [line["event"].split()[0] for line in told] == ["crashed", "retrying"]
    assert "taro@" not in log.getvalue() and "abc.def" not in log.getvalue()
    assert "ValueError" in told[0]["exception"]
