"""Sets of records too large to keep by name: a number of eight bytes for each, and one that is said of it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator

_SLOTS = 4096
"""Each holds the entries of one in so many; looking one up walks its slot."""


class Roster:
    """What is known of each of many references, by a hash of it: 16 bytes an entry, whatever its name is.

    Two references have the same hash once in ten million rosters of a million entries.
    """

    __slots__ = ("_hashes", "_values")

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(_SLOTS)]
        self._values = [array("q") for _ in range(_SLOTS)]

    def __len__(self) -> int:
        return sum(map(len, self._hashes))

    def put(self, ref: str, value: int) -> None:
        """One that is not in it."""
        found = hash(ref)
        self._hashes[found % _SLOTS].append(found)
        self._values[found % _SLOTS].append(value)

    def get(self, ref: str) -> int | None:
        return self.get_hash(hash(ref))

    def get_hash(self, wanted: int) -> int | None:
        slot = wanted % _SLOTS
        try:
            return self._values[slot][self._hashes[slot].index(wanted)]
        except ValueError:
            return None

    def set(self, ref: str, value: int) -> None:
        """One that is in it, or a new one."""
        wanted = hash(ref)
        slot = wanted % _SLOTS
        try:
            self._values[slot][self._hashes[slot].index(wanted)] = value
        except ValueError:
            self.put(ref, value)

    def items(self) -> Iterator[tuple[int, int]]:
        """(hash, value), in no order."""
        for hashes, values in zip(self._hashes, self._values, strict=True):
            yield from zip(hashes, values, strict=True)


class Crowd:
    """How many texts come several times: eight bytes for each that was put in."""

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(_SLOTS)]

    def put(self, text: str) -> None:
        found = hash(text)
        self._hashes[found % _SLOTS].append(found)

    def __contains__(self, text: str) -> bool:
        found = hash(text)
        return found in self._hashes[found % _SLOTS]

    def several(self) -> Iterator[int]:
        """Of each text that came more than once, how often it came."""
        for hashes in self._hashes:
            yield from (n for n in Counter(hashes).values() if n > 1)
