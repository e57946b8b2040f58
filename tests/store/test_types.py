"""A whole set as one parameter: found by index, in and out of larger conditions."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import and_, or_, select

from sync.store import Store
from sync.store.tables import HandoffMemberRow, HandoffRow, RecordKeyRow, SharedTextRow, SourceRecordRow, table
from sync.store.types import in_set
from sync.store.upsert import upsert
from tests.store.database import new_store

_text, _key, _member = table(SharedTextRow), table(RecordKeyRow), table(HandoffMemberRow)
COLUMNS = [
    _text.c.handoff_id, _text.c.mark, _key.c.key, _member.c.handoff_id, _member.c.ref, table(HandoffRow).c.id,
    table(SourceRecordRow).c.ref,
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_sqlite_finds_the_members_of_a_set_by_an_index(tmp_path: Path, column) -> None:
    store = new_store(tmp_path / "baton.db")
    for condition in (in_set(column, ["a"]), and_(in_set(column, ["a"]), column != "b")):
        with store.read() as tx:
            told = str(select(column).where(condition).compile(dialect=tx.dialect))
            plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {told}", ('["a"]', "b")[: told.count("?")]).all()
        assert plan[0][3].startswith("SEARCH"), (told, plan)
    store.close()


def test_a_set_is_a_condition_like_any(store: Store) -> None:
    rows = [{"handoff_id": f"h{n}", "item": "pain", "mark": f"m{n}"} for n in range(4)]
    with store.write() as tx:
        upsert(tx, _text, rows)
    ids, some = _text.c.handoff_id, in_set(_text.c.handoff_id, ["h1", "h3", "nobody"])
    with store.read() as tx:
        for condition, found in (
            (some, ["h1", "h3"]),
            (~some, ["h0", "h2"]),
            (or_(some, ids == "h0"), ["h0", "h1", "h3"]),
            (and_(~some, ids != "h0"), ["h2"]),
            (in_set(ids, []), []),
        ):
            assert list(tx.execute(select(ids).where(condition).order_by(ids)).scalars()) == found
