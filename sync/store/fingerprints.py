"""What records looked like when they were read last, as a fingerprint of the answer: the same needs no second look.

A fingerprint holds as long as what is kept of the record is what was made of that answer. Whatever changes a kept record
in another way forgets it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import gt
from typing import Any

from sqlalchemy import Connection

from sync.store.driver import fetch, is_postgresql, put, run

_READ = "SELECT ref, digest FROM fingerprint WHERE ref {}"
_BETWEEN = 4
"""One in so many of a span may be a record that was not asked for."""


def find_others(tx: Connection, taken: Mapping[str, bytes]) -> Collection[str]:
    """Those of these records that are not known to look so."""
    if not taken:
        return ()
    held = None if is_postgresql(tx) else _read_span(tx, [*taken])
    known = dict(fetch(tx, _READ, taken) if held is None else held)
    if known == taken:
        return ()
    return {ref for (ref, digest), one in zip(taken.items(), map(known.get, taken), strict=True) if one != digest}


def _read_span(tx: Connection, refs: Sequence[str]) -> list[tuple[Any, ...]] | None:
    """Records that were read in their order lie side by side: one look-up for all of them, and no step per record. None:
    they were read in another order, or too much lies between them."""
    if any(map(gt, refs, refs[1:])):
        return None
    most = len(refs) + len(refs) // _BETWEEN
    span = "SELECT ref, digest FROM fingerprint WHERE ref BETWEEN ? AND ? LIMIT ?"
    cursor: Any = tx.exec_driver_sql(span, (refs[0], refs[-1], most + 1)).cursor
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found if len(found) <= most else None


def save(tx: Connection, taken: Mapping[str, bytes]) -> None:
    put(tx, "fingerprint", ("ref", "digest"), ("ref",), [*taken.items()])


def forget(tx: Connection, refs: Collection[str]) -> None:
    if refs:
        run(tx, "DELETE FROM fingerprint WHERE ref {}", refs)
