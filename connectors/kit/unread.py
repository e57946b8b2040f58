"""Rows that become records only where somebody looks, and fingerprints by which rows that did not change need no look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, overload

from connectors.kit import cell, instant
from connectors.kit.shape import shaped
from sync.core.model.records import SourceRecord

_LENGTH = 16


class Unread(Sequence[SourceRecord]):
    """The records of some rows, made when they are asked for; behind them others that are there already."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        make: Callable[[Mapping[str, Any]], SourceRecord],
        others: Sequence[SourceRecord] = (),
    ) -> None:
        self._rows, self._made = rows, len(rows)
        self._bare = make
        self._others = others

    @cached_property
    def _make(self) -> Callable[[Mapping[str, Any]], SourceRecord]:
        return shaped(self._bare)

    def __iter__(self) -> Iterator[SourceRecord]:
        yield from map(self._make, self._rows)
        yield from self._others

    def __len__(self) -> int:
        return self._made + len(self._others)

    @overload
    def __getitem__(self, index: int) -> SourceRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SourceRecord]: ...
    def __getitem__(self, index: int | slice) -> SourceRecord | Sequence[SourceRecord]:
        if isinstance(index, slice):
            return [self[n] for n in range(len(self))[index]]
        if 0 <= index < self._made:
            return self._make(self._rows[index])
        place = range(len(self))[index]
        return self._make(self._rows[place]) if place < self._made else self._others[place - self._made]


def take_fingerprints(told: Iterable[tuple[str, bytes]], *circumstances: object) -> dict[str, bytes]:
    """By reference, a fingerprint of all that each record is made from: what was said of it, and the circumstances that
    all of them share. Empty where two are of one record."""
    salt, told = _salt(circumstances), [*told]
    found = {ref: sha256(salt + text).digest()[:_LENGTH] for ref, text in told}
    return found if len(found) == len(told) else {}


@lru_cache(maxsize=64)
def _salt(circumstances: tuple[object, ...]) -> bytes:
    """Pages of one stream share theirs, and writing them out costs more than a page of fingerprints."""
    return sha256(repr(circumstances).encode("utf-8", "backslashreplace")).digest()


@cache
def code_of(*modules: str) -> str:
    """Of the code that makes records of rows (by the names of loaded modules): what another version read is read again."""
    files = [sys.modules[name].__file__ for name in (*modules, cell.__name__, instant.__name__)]
    return sha256(b"".join(Path(file).read_bytes() for file in files if file)).hexdigest()
