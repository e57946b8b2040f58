"""The gate before delivery: a run that would change far more than usual waits for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection as Transaction

from sync.core.model.records import RecordRef
from sync.flow.context import Context
from sync.flow.report import Tally
from sync.store import approval, showing
from sync.store.outbox import ChangeKind


@dataclass(frozen=True, slots=True)
class Hold:
    """What the gate keeps back at one target."""

    connection: str
    kind: ChangeKind
    held: int
    counted: int
    """Unapproved changes pending or written within 24 h."""
    limit: int
    fields: Mapping[str, int] = field(default_factory=dict[str, int])
    """Flag names with how many of the held changes set them, the commonest first."""
    samples: tuple[RecordRef, ...] = ()
    """Some of the records."""

    @property
    def name(self) -> str:
        """What `approve` calls it."""
        return f"{self.connection}:{self.kind}"


SAMPLES = 3


def hold(context: Context, now: datetime) -> Tally:
    """Hold the ready entries of every target and kind that is above its limit; release what is approved."""
    tally = Tally()
    with context.store.write() as tx:
        if context.gate_approved:
            tally.add("approved", approval.approve_pending(tx))
            return tally
        # Every limit is at least that: how much is in scope need not be counted in every cycle that writes something.
        if max(approval.count_for_gate(tx, now).values(), default=0) <= context.hold_minimum:
            return tally
        for (connection, kind), (counted, limit) in _measure(context, tx, now).items():
            if counted > limit:
                tally.add("held", approval.hold_ready(tx, connection, kind))
    return tally


def approve(context: Context, connection: str | None = None, kind: ChangeKind | None = None) -> int:
    """A person has seen what is held: it may be sent. Returns how many entries were released.

    What is desired otherwise by now is another entry and is not held yet: it meets the gate anew.
    """
    with context.store.write() as tx:
        return approval.release(tx, connection, kind)


def read_holds(context: Context, tx: Transaction, now: datetime) -> list[Hold]:
    """Every target and kind that has held entries."""
    measured = _measure(context, tx, now)
    holds: list[Hold] = []
    for (connection, kind), held in sorted(approval.count_held(tx).items()):
        counted, limit = measured.get((connection, kind), (held, context.hold_minimum))
        fields, samples = Counter[str](), list[RecordRef]()
        for ref, names in approval.read_held(tx, connection, kind):
            fields.update(names)
            samples += [ref] if len(samples) < SAMPLES else []
        holds.append(Hold(connection, kind, held, counted, limit, dict(fields.most_common()), tuple(samples)))
    return holds


def _measure(context: Context, tx: Transaction, now: datetime) -> dict[tuple[str, ChangeKind], tuple[int, int]]:
    in_scope = showing.count_in_scope(tx)
    return {
        (connection, kind): (n, max(context.hold_minimum, int(context.hold_share * in_scope.get(connection, 0))))
        for (connection, kind), n in approval.count_for_gate(tx, now).items()
    }
