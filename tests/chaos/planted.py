"""Bugs that the campaign must find: each replaces a piece of the engine in this process, before any run begins.

Replacing code at run time is what this one file is for, and is done nowhere else: the campaign has to be seen to fail,
and must not do it by editing the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction
from sqlalchemy import update

import connectors.hubspot.sink
import connectors.hubspot.streams
import connectors.salesforce.sink
import sync.flow.cycle
import sync.flow.deliver
from sync.flow.bundle import Bundle
from sync.flow.context import Context
from sync.flow.keep import count_saved, keep_records
from sync.flow.report import Tally
from sync.ports import FlagWrite, Page, WriteOutcome, WriteResult
from sync.store import settlement
from sync.store import streams as stream_store
from sync.store.intake import Saved
from sync.store.outbox import IN_FLIGHT, State
from sync.store.tables import HandoffRow, OutboxRow, table


@dataclass(frozen=True)
class Bug:
    plant: Callable[[], None]
    shown_by: Sequence[str]
    """Troubles whose runs must go red."""


def _cursor_before_records() -> None:
    def save(self: Bundle, pages: Sequence[Page], fresh: Any, taken: Any, saved: Saved) -> None:
        with self.context.store.write() as tx:
            for page in pages:
                stream_store.save_cursor(tx, self.connection, page.stream, page.cursor)
        with self.context.store.write() as tx:
            keep_records(self.context, tx, fresh, consistent=False, taken=taken, saved=saved)
        count_saved(self.tally, sum(len(page.records) for page in pages), saved)

    Bundle._save = save


def _dirty_without_sequence() -> None:
    settle = settlement.settle

    def settle_all(tx: Transaction, judged: Sequence[Any]) -> None:
        settle(tx, judged)
        row = table(HandoffRow)
        tx.execute(update(row).where(row.c.id.in_([one.id for one in judged])).values(dirty_seq=None))

    settlement.settle = settle_all


def _no_read_back() -> None:
    def recover(context: Context, now: datetime, run: int | None = None) -> Tally:
        row = table(OutboxRow)
        with context.store.write() as tx:
            unknown = row.c.state.in_([state.value for state in IN_FLIGHT])
            tx.execute(update(row).where(unknown).values(state=State.READY.value))
        return Tally()

    sync.flow.deliver.recover = sync.flow.cycle.recover = recover


def _no_allow_list() -> None:
    """What the allow-list would stop: a slip that sends a name which is not ours along."""
    to_salesforce, to_hubspot = connectors.salesforce.sink.to_wire, connectors.hubspot.sink.to_wire

    def slip(values: Any, stream: str, chosen: frozenset[str] = frozenset()) -> dict[str, Any]:
        return {**to_salesforce(values, stream, chosen), "Description": "touched"}

    def slip_there(values: Any, chosen: frozenset[str] = frozenset()) -> dict[str, str]:
        return {**to_hubspot(values, chosen), "jobtitle": "touched"}

    connectors.salesforce.sink.to_wire, connectors.hubspot.sink.to_wire = slip, slip_there


def _no_sweep() -> None:
    def sweep_all(_cycle: Any) -> None:
        pass

    sync.flow.cycle.sweep_all = sweep_all


def _wrong_modified_field() -> None:
    streams: Any = connectors.hubspot.streams.STREAMS
    streams["contacts"] = replace(streams["contacts"], modified="hs_lastmodifieddate")


def _batch_as_unit() -> None:
    def result(_sending: Any, change: FlagWrite, _row: Any) -> WriteResult:
        return WriteResult(change.ref, WriteOutcome.APPLIED)

    connectors.salesforce.sink._result = result


BUGS: Mapping[str, Bug] = {
    "cursor saved before the records": Bug(
        _cursor_before_records, ("killed at a statement", "killed at any instant", "killed before a request")
    ),
    "dirty cleared without sequence": Bug(_dirty_without_sequence, ("read while it judges",)),
    "no read-back": Bug(_no_read_back, ("killed before an answer", "sf:reset_after", "hs:reset_after")),
    "no allow-list": Bug(_no_allow_list, ("restart",)),
    "no sweep": Bug(_no_sweep, ("late commits",)),
    "wrong modified field": Bug(_wrong_modified_field, ("restart", "index lag")),
    "batch as unit of success": Bug(_batch_as_unit, ("row:lock_row", "row:validation_rule")),
}
