"""Ids and stamps of everything that the streams hold: pieces of the order of ids, five of any streams in one call."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.kit.batch import split
from connectors.kit.errors import Refused
from connectors.salesforce import soql
from connectors.salesforce.client import MAX_QUERIES, query_path
from connectors.salesforce.rows import Rows
from sync.errors import BatonError, BudgetExhausted, StreamUnavailable, TransientError
from sync.ports import Part, StreamSpec, Walk

PIECE = 1_900
"""Rows that a piece should hold: a page takes 2,000, and some came since the marks were set."""

Found = tuple[str, Part | BatonError]


@dataclass(slots=True)
class _Piece:
    """Ids behind `low`, up to and with `high`; an empty text is no bound."""

    spec: StreamSpec
    low: str
    high: str


def read_inventory(rows: Rows, walks: Sequence[Walk]) -> Iterator[Found]:
    broken: set[str] = set()
    for group in split([piece for walk in walks for piece in _pieces(walk)], MAX_QUERIES):
        yield from _read_group(rows, [one for one in group if one.spec.name not in broken], broken)


def _read_group(rows: Rows, group: Sequence[_Piece], broken: set[str]) -> Iterator[Found]:
    asked: list[_Piece] = []
    queries: list[str] = []
    for piece in group:
        try:
            queries.append(query_path(_query(rows, piece)))
            asked.append(piece)
        except StreamUnavailable as error:
            if piece.spec.name not in broken:
                yield piece.spec.name, error
            broken.add(piece.spec.name)
    answers = rows.client.compose(queries, [one.spec.name for one in asked]) if asked else []
    for piece, answer in zip(asked, answers, strict=True):
        name = piece.spec.name
        if name in broken:
            continue
        try:
            yield from _read_piece(rows, piece, answer)
        except BudgetExhausted:
            raise  # of the connection, not of the stream
        except (StreamUnavailable, TransientError) as error:
            rows.hide_refused(name, error)
            broken.add(name)
            yield name, error


def _read_piece(rows: Rows, piece: _Piece, answer: Any) -> Generator[Found, None, None]:
    """All pages of a piece; a locator that expired between them is replaced by another query behind the last row."""
    last = piece.low
    while True:
        if isinstance(answer, BatonError):
            raise answer
        try:
            for page in rows.client.pages(answer, piece.spec.name):
                found = page["records"]
                last = soql.check_id(found[-1]["Id"]) if found else last
                place = (piece.high or None) if page["done"] else last
                yield piece.spec.name, Part(rows.stamps(piece.spec, found), place)
            return
        except Refused as error:
            if error.answer.code != "INVALID_QUERY_LOCATOR":
                raise
        piece = _Piece(piece.spec, last, piece.high)
        (answer,) = rows.client.compose([query_path(_query(rows, piece))], [piece.spec.name])


def _pieces(walk: Walk) -> Iterator[_Piece]:
    """What is left of the stream. Marks are put in the order in which Salesforce compares ids; wherever they lie, the
    pieces together are everything."""
    low = walk.place if walk.place and soql.is_id(walk.place) else ""
    marks = sorted({soql.check_id(one) for one in walk.marks(PIECE) if soql.is_id(one)})
    for mark in marks:
        if mark > low:
            yield _Piece(walk.spec, low, mark)
            low = mark
    yield _Piece(walk.spec, low, "")


def _query(rows: Rows, piece: _Piece) -> str:
    where = soql.between(piece.low, piece.high)
    return soql.select(rows.stamp_columns(piece.spec), piece.spec.name, where, ("Id",))
