"""Record ids: 15 case-sensitive characters, or 18 with a suffix that makes them case-safe."""

from __future__ import annotations

import re
from functools import lru_cache

SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")


@lru_cache(maxsize=200_000)
def to18(record_id: str) -> str:
    """The 18-character form. Raises ValueError for anything that is no id, a wrong suffix included."""
    if not ID.fullmatch(record_id):
        raise ValueError(f"{record_id!r} is no record id")
    stem = record_id[:15]
    full = stem + "".join(_suffix(stem[start : start + 5]) for start in (0, 5, 10))
    if len(record_id) == 18 and record_id.upper() != full.upper():
        raise ValueError(f"{record_id!r} has a wrong suffix, expected {full[15:]}")
    return full


def _suffix(chunk: str) -> str:
    return SUFFIX[sum(1 << place for place, char in enumerate(chunk) if "A" <= char <= "Z")]


def make_id(prefix: str, number: int) -> str:
    """The id of the number-th record of an object, such as 00Q5g00000A0001AAA."""
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return to18(f"{prefix}5g0000{digits}")
