"""Bodies of answers: bounded, and readable even where a service cut a text inside a character."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.hubspot.client import Client
from connectors.hubspot.settings import HubSpotSettings
from connectors.kit import body
from connectors.kit.body import TooLarge, gather, read_json
from connectors.kit.meter import Meter
from connectors.kit.retry import Retry
from connectors.kit.session import ApiSession
from connectors.simulator import SimClock
from connectors.simulator.kernel import LoopbackServer, Request, Response
from sync.errors import TransientError


def test_half_an_emoji_does_not_spoil_the_page() -> None:
    assert read_json(b'{"a": "caf\\ud83d", "b": "\\ud83d\\ude00", "c": "\\\\ud83d"}') == {
        "a": "caf?",
        "b": "\U0001f600",
        "c": "\\ud83d",
    }


@pytest.mark.parametrize(
    "text", [b"<html>", b'{"a": "\\ud83d"', b'"\\u0061"' + b"[" * 100_000, b'{"a": \xff"\\u0061"}']
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(text)


def test_reading_stops_at_the_limit() -> None:
    taken: list[int] = []

    def endless() -> Any:
        while True:
            taken.append(1)
            yield b"x" * 100

    with pytest.raises(TooLarge):
        gather(endless(), largest=1_000)
    assert len(taken) == 11


class Bomb:
    """Answers any request with a small gzip that would unpack to more than anybody asks for."""

    name = "bomb"

    def __init__(self) -> None:
        self.clock = SimClock()

    def handle(self, request: Request) -> Response:
        return Response(200, bytes(body.LARGEST + 1))  # the server packs it: half a megabyte on the wire

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return {}


def test_a_bomb_is_a_failed_call_of_either_client() -> None:
    with LoopbackServer(Bomb()) as server:
        session = ApiSession(server.base_url, Meter("X"), (1, 30), {"Accept-Encoding": "gzip"})
        with pytest.raises(OSError, match="more than"):
            session.get(server.base_url + "/a")
        raw = {"url": server.base_url, "auth": {"flow": "token", "token": "pat-na1-simulator"}}
        client = Client(HubSpotSettings.model_validate(raw), Retry(attempts=1))
        with pytest.raises(TransientError):
            client.get("/crm/v3/anything")
