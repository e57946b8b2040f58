"""What records looked like when they were read last, as a fingerprint of the answer: the same needs no second look.

A fingerprint holds as long as what is kept of the record is what was made of that answer. Whatever changes a kept record
in another way forgets it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from sync.store.driver import fetch, put, run


def read(tx: Connection, refs: Collection[str]) -> dict[str, bytes]:
    return dict(fetch(tx, "SELECT ref, digest FROM fingerprint WHERE ref {}", refs)) if refs else {}


def save(tx: Connection, taken: Mapping[str, bytes]) -> None:
    put(tx, "fingerprint", ("ref", "digest"), ("ref",), [*taken.items()])


def forget(tx: Connection, refs: Collection[str]) -> None:
    if refs:
        run(tx, "DELETE FROM fingerprint WHERE ref {}", refs)
