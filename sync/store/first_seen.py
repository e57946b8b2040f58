"""When each present value of a record was first seen, as it is kept beside the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import compress
from operator import eq
from typing import Any

from sync.store.types import from_micros, read_json, write_bytes

_FIRST = "*"
"""In `value_written`: the stamp of the version in which all fields without a stamp of their own were first seen."""
_ONE = '{"*":'


class FirstSeen(Mapping[str, datetime]):
    """When each value that is present was first seen. Reckoned where it is asked for: of most values nobody does."""

    __slots__ = ("_own", "_values")

    def __init__(self, values: Mapping[str, Any], stamps: Mapping[str, int]) -> None:
        self._values, self._own = values, stamps

    def get(self, key: str, default: Any = None) -> Any:
        value = self._values.get(key)
        if value is None or value == "":
            return default
        own = self._own
        return from_micros(own[key] if key in own else own[_FIRST])

    def __getitem__(self, key: str) -> datetime:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._values.items() if value is not None and value != "")

    def __len__(self) -> int:
        return sum(1 for _ in self)


def write_first(stamp: int) -> bytes:
    """Of a first version, as of any of which nothing was there before. Stamps are in microseconds."""
    return b'{"*":%d}' % stamp


def write_next(values: Mapping[str, Any], text: bytes, kept: bytes, stamps: str, stamp: int) -> bytes | str:
    """Of the version that follows. `text`: its values as JSON; `kept` and `stamps`: those of the version before, and when
    they were first seen."""
    if kept == text:
        return stamps
    same = map(eq, values.values(), map(read_json(kept).get, values))
    stayed = {name for name, value in compress(values.items(), same) if value is not None and value != ""}
    if not stayed:
        return write_first(stamp)  # it begins anew
    told = {n: at for n, at in read(stamps).items() if n in stayed or n == _FIRST}
    anew = [n for n, value in values.items() if value is not None and value != "" and n not in stayed]
    return write_bytes(told | dict.fromkeys(anew, stamp))


def read(text: str) -> dict[str, int]:
    """The stamps as `FirstSeen` takes them."""
    # Most of a record was seen in its first version alone.
    if text.startswith(_ONE) and text[len(_ONE) : -1].isdecimal():
        return {_FIRST: int(text[len(_ONE) : -1])}
    return read_json(text)
