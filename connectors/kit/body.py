"""Bodies of answers: no larger and no slower than any honest one, and JSON even where a text was cut in the middle of a
character."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
import urllib3

from sync.errors import TransientError

LARGEST = 128 * 1024 * 1024
"""Bytes after decompression. Pages hold 2,000 rows at most: 64 KiB for each of them."""


_PIECE = 1 << 18


class TooLarge(Exception):
    """An answer that goes on and on; nothing of it was kept."""


class TooSlow(Exception):
    """An answer that trickles: every piece came in time, the whole did not."""


def read_body(response: urllib3.BaseHTTPResponse, ends_at: float, clock: Callable[[], float] = time.monotonic) -> bytes:
    """The whole body, unpacked as it comes. Raises TooLarge, TooSlow (after `ends_at` of the clock) and urllib3's errors."""
    return gather(_pieces(response, ends_at, clock))


def open_text(response: urllib3.BaseHTTPResponse, ends_at: float) -> io.TextIOBase:
    """A UTF-8 text, unpacked as it comes, line breaks as they are. Reading it raises TransientError."""
    return io.TextIOWrapper(io.BufferedReader(_Body(response, ends_at)), "utf-8", newline="")


class _Body(io.RawIOBase):
    """A body as a file."""

    def __init__(self, response: urllib3.BaseHTTPResponse, ends_at: float) -> None:
        self._response = response
        self._pieces = _pieces(response, ends_at, time.monotonic)
        self._rest = b""
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            try:
                self._rest = next(self._pieces, b"")
            except (TooSlow, urllib3.exceptions.HTTPError) as error:
                raise TransientError(f"an answer broke off ({type(error).__name__})") from None
            self._size += len(self._rest)
            if self._size > LARGEST:
                raise TransientError("an answer that goes on and on")
        taken = min(len(buffer), len(self._rest))
        buffer[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken

    def close(self) -> None:
        if not self.closed:
            self._response.close()
        super().close()


def _pieces(response: urllib3.BaseHTTPResponse, ends_at: float, clock: Callable[[], float]) -> Iterator[bytes]:
    """What has arrived, without waiting until a piece is full."""
    while piece := response.read1(_PIECE, decode_content=True):
        yield piece
        if clock() > ends_at:
            raise TooSlow("an answer that takes longer than the time-out for a whole call")


def gather(chunks: Iterable[bytes], largest: int = LARGEST) -> bytes:
    """The whole body. Raises TooLarge as soon as it passes the limit, without reading on."""
    kept, size = list[bytes](), 0
    for chunk in chunks:
        size += len(chunk)
        if size > largest:
            raise TooLarge(f"an answer of more than {largest} bytes")
        kept.append(chunk)
    return b"".join(kept)


def read_json(data: bytes) -> Any:
    """Raises ValueError. Half an emoji (services cut texts by UTF-16 units) becomes `?` instead of spoiling the page."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"\\u" not in data:
            raise
    try:
        mended = json.dumps(json.loads(data.decode()), ensure_ascii=False)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return orjson.loads(mended.encode("utf-8", "replace"))
