"""Rows cut out of an answer as they were sent: most were sent before, and need not be taken apart to know that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, overload

from connectors.kit.body import read_json
from sync.errors import TransientError

_RECORDS = b'"records":['
_TYPE = b'{"attributes":{"type":"'
_DECODER = json.JSONDecoder()


class Cut(Sequence[Mapping[str, Any]]):
    """Rows of one object, each read when it is asked for. Raises TransientError for one that is no JSON."""

    def __init__(self, begin: bytes, texts: Sequence[bytes]) -> None:
        self.begin = begin
        """With this every row begins."""
        self.texts = texts
        """What follows it, up to the brace that ends the row."""

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        if isinstance(index, slice):
            return Cut(self.begin, self.texts[index])
        try:
            return read_json(self.begin + self.texts[index] + b"}")
        except ValueError:
            raise TransientError("a row of an answer is no JSON") from None


def read_cut(data: bytes) -> Any:
    """An answer of one query or of several, with the rows (`records`) cut out. Raises ValueError as `read_json` does.

    Rows are cut where each begins with its `attributes`, the type before all, and nothing stands between them but a comma: so
    Salesforce writes them where nobody asks for pretty printing. An unescaped quote ends every text, so that no value can
    look like the beginning of a row. Whatever is written otherwise is read as a whole.
    """
    try:
        rest, cuts = _cut(data)
        answer = read_json(rest)
        return answer if _put_back(answer, cuts) == len(cuts) else read_json(data)
    except (ValueError, RecursionError):
        return read_json(data)


def _cut(data: bytes) -> tuple[bytes, list[Cut]]:
    """The answer with a number in place of all the rows of a query, and the rows."""
    kept, cuts, at = list[bytes](), list[Cut](), 0
    place = data.find(_RECORDS + _TYPE)
    while place >= 0:
        first = place + len(_RECORDS)
        begin = data[first : data.index(b'",', first + len(_TYPE)) + 2]
        place = data.find(_RECORDS + _TYPE, first)
        stop = place if place >= 0 else len(data)
        *texts, last = data[first + len(begin) : stop].split(b"}," + begin)
        size = _size_of_row(begin + last) - len(begin)
        kept += [data[at:first], str(len(cuts)).encode()]
        at = stop - len(last) + size
        cuts.append(Cut(begin, [*texts, last[: size - 1]]))
    return b"".join([*kept, data[at:]]), cuts


def _size_of_row(text: bytes) -> int:
    """Bytes of the row with which the text begins."""
    decoded = text.decode()
    return len(decoded[: _DECODER.raw_decode(decoded)[1]].encode())


def _put_back(answer: Any, cuts: Sequence[Cut]) -> int:
    """Returns how many places were found."""
    parts = answer.get("compositeResponse") if isinstance(answer, dict) else None
    bodies = [part.get("body") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else [answer]
    found = 0
    for body in bodies:
        if isinstance(body, dict) and body.get("records") == [found] and found < len(cuts):
            body["records"] = cuts[found]
            found += 1
    return found
