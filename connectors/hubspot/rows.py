"""Rows of a list, cut out of the answer as they were sent: most were sent before, and need not be taken apart to know that.

Rows are cut where each begins with its `id`, its `properties` behind it, and nothing stands between them but a comma, as
HubSpot writes them. An unescaped quote ends every text, so that no value can look like the beginning of a row; the links of a
row do at first sight, and are put back. Whatever is written otherwise is read as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, overload

import orjson

from connectors.kit.body import read_json
from sync.errors import TransientError

_LIST = b'{"results":['
_BEGIN = b'{"id":"'
_BETWEEN = b"}," + _BEGIN
_BEHIND_ID = b'","properties":{'
_PAGING = b'],"paging":{'
Raw = Mapping[str, Any]


class Rows(Sequence[Raw]):
    """Rows of one page, each read when it is asked for. Raises TransientError for one that is no JSON."""

    def __init__(self, ids: Sequence[str], texts: Sequence[bytes], begin: bytes = b"", end: bytes = b"") -> None:
        """`begin`, `end`: what each text lacks in front and behind."""
        self.ids = ids
        self.texts = texts
        self._begin, self._end = begin, end

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Raw]:
        return map(self._read, self.texts)

    @overload
    def __getitem__(self, index: int) -> Raw: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Raw]: ...
    def __getitem__(self, index: int | slice) -> Raw | Sequence[Raw]:
        if isinstance(index, slice):
            return Rows(self.ids[index], self.texts[index], self._begin, self._end)
        return self._read(self.texts[index])

    def mentioning(self, text: bytes) -> list[Raw]:
        """Those that hold this text."""
        return [self._read(one) for one in self.texts if text in one]

    def holding(self, names: Collection[str]) -> Sequence[Raw]:
        """Those in which one of these properties may hold something. All of a page name the same properties, in one order:
        where they are empty in another one, the row counts as holding them."""
        if not names or not self.texts:
            return []
        empty = _write_empty([*self[0]["properties"]], names)
        if empty is None:
            return self
        # In all rows at once they are found several times as fast as row by row.
        whole = b"".join(self.texts)
        lacking = [part for part in empty if whole.count(part) != len(self.texts)]
        return [self._read(text) for text in self.texts if not all(map(text.__contains__, lacking))] if lacking else []

    def _read(self, text: bytes) -> Raw:
        try:
            return read_json(b"%b%b%b" % (self._begin, text, self._end))
        except ValueError:
            raise TransientError("a row of an answer is no JSON") from None


NO_ROWS = Rows((), ())


def read_rows(data: bytes) -> dict[str, Any]:
    """An answer of a list with its rows (`results`) cut out. Raises ValueError as `read_json` does."""
    answer = _cut(data)
    if answer is None:
        answer = read_json(data)
        rows: Sequence[Raw] = answer["results"]
        answer["results"] = Rows([str(row["id"]) for row in rows], [*map(orjson.dumps, rows)]) if rows else NO_ROWS
    return answer


def _cut(data: bytes) -> dict[str, Any] | None:
    """None: not written as is known."""
    first = len(_LIST) + len(_BEGIN)
    stop = len(data) - 2 if data.endswith(b"]}") else data.rfind(_PAGING)
    if not data.startswith(_LIST + _BEGIN) or stop < first or data[stop - 1 : stop] != b"}":
        return None
    texts = data.split(_BETWEEN)
    texts[0] = texts[0][first:]
    texts[-1] = texts[-1][: stop - 1 - len(data)]
    ids = [text.partition(_BEHIND_ID)[0] for text in texts]
    if not b"".join(ids).isdigit():
        texts = _put_links_back(texts)
        ids = [text.partition(_BEHIND_ID)[0] for text in texts]
    if not ids or not all(map(bytes.isdigit, ids)):
        return None
    try:
        answer = orjson.loads(_LIST + data[stop:])
        orjson.loads(_BEGIN + texts[-1] + b"}")  # where it ends was found from behind
    except ValueError:
        return None
    return {**answer, "results": Rows(b",".join(ids).decode().split(","), texts, _BEGIN, b"}")}


def _put_links_back(texts: Sequence[bytes]) -> list[bytes]:
    """Links of one row were taken for rows."""
    begins = [n for n, text in enumerate(texts) if text.partition(_BEHIND_ID)[0].isdigit()]
    return [_BETWEEN.join(texts[n:end]) for n, end in pairwise([*begins, len(texts)])] if begins[:1] == [0] else []


def _write_empty(order: Sequence[str], names: Collection[str]) -> list[bytes] | None:
    """How a row writes that these properties are empty: those that stand side by side in one text, up to the name of the
    next one, for what is longer is found faster. None: not all are told."""
    written, before = list[bytes](), -2
    places = [n for n, name in enumerate(order) if name in names]
    if len(places) != len(names):
        return None
    for n in places:
        text = b"null," + orjson.dumps(order[n + 1]) + b":" if n + 1 < len(order) else b"null}"
        if n == before + 1:
            written[-1] += text
        else:
            written.append(orjson.dumps(order[n]) + b":" + text)
        before = n
    return written
