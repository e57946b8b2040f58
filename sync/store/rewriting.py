"""Kept records that we change ourselves, by sealing, erasing or having written to them: nothing of it was read in a CRM.

What the record looked like when it was read last says nothing of it from then on: its fingerprint is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sync.core.model.records import RecordRef, SourceRecord
from sync.store import fingerprints
from sync.store.hashes import hash_flags, hash_record
from sync.store.records import WHOLE, make_record
from sync.store.tables import SourceRecordRow, table
from sync.store.types import in_set

_record = table(SourceRecordRow)
_SLICE = 1_000
_REWRITE = (
    update(_record)
    .where(_record.c.ref == bindparam("b_ref"))
    .values(
        {
            _record.c[name]: bindparam(f"b_{name}", type_=_record.c[name].type)
            for name in ("vals", "facts", "flags", "content_hash", "flags_hash")
        }
    )
)


def rewrite(tx: Connection, change: Callable[[SourceRecord], SourceRecord]) -> int:
    """Replace what is kept of records by what `change` makes of it, in place: nothing counts as changed in a CRM.
    Returns how many records that were."""
    count, after = 0, ""
    while rows := list(tx.execute(select(*WHOLE).where(_record.c.ref > after).order_by(_record.c.ref).limit(_SLICE))):
        after = rows[-1].ref
        before = [make_record(row) for row in rows]
        pairs = [(old, new) for old in before if (new := change(old)) != old]
        if pairs:
            fingerprints.forget(tx, [str(new.ref) for _, new in pairs])
            tx.execute(_REWRITE, [_rewritten(new) for _, new in pairs])
        count += len(pairs)
    return count


def replace_in_place(tx: Connection, record: SourceRecord) -> None:
    """Keep this instead of what is kept of the record; nothing counts as changed in a CRM."""
    fingerprints.forget(tx, [str(record.ref)])
    tx.execute(_REWRITE, [_rewritten(record)])


def _rewritten(record: SourceRecord) -> dict[str, Any]:
    return {
        "b_ref": str(record.ref),
        "b_vals": dict(record.values),
        "b_facts": dict(record.facts),
        "b_flags": None if record.flags is None else dict(record.flags),
        "b_content_hash": hash_record(str(record.ref), record).content,
        "b_flags_hash": hash_flags(record.flags),
    }


def record_written_flags(tx: Connection, written: Mapping[RecordRef, Mapping[str, Any]], at: datetime) -> None:
    """The CRM accepted these flags: they are what the records hold from `at` on."""
    query = select(_record.c.ref, _record.c.flags).where(in_set(_record.c.ref, written))
    rows: list[dict[str, Any]] = []
    for text, flags in tx.execute(query):
        now_held = {**(flags or {}), **written[RecordRef.parse(text)]}
        held = {name: value for name, value in now_held.items() if value is not None}
        rows.append({"b_ref": text, "b_flags": held, "b_hash": hash_flags(held), "b_at": at})
    if rows:
        fingerprints.forget(tx, [row["b_ref"] for row in rows])
        change = update(_record).where(_record.c.ref == bindparam("b_ref"))
        tx.execute(
            change.values(
                flags=bindparam("b_flags", type_=_record.c.flags.type),
                flags_hash=bindparam("b_hash"),
                flags_written_at=bindparam("b_at", type_=_record.c.modified_at.type),
            ),
            rows,
        )
