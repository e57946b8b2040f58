"""What must be true of a run when everything is quiet again."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

import connectors
from connectors.simulator.kernel import LogEntry
from connectors.simulator.salesforce.switches import alternatives
from sync.flow.report import Outcome
from sync.store import agenda, dirty_records, ledger, settlement
from sync.store.outbox import State
from tests.acceptance.harness import is_write, mark, requests_since, without_texts
from tests.chaos.bed import Bed
from tests.chaos.plan import Plan

FEW = 4
QUIET = timedelta(minutes=3)
"""So long nothing may come due when quiet is measured."""
_UNTOLD = frozenset(
    ("tracked_lead_fields", "tracked_opportunity_fields", "absent_objects", "completes_tasks", "convert_sets_what")
)
"""Switches under which the CRM itself keeps less than what really happened: the reference alone judges then."""


def hides_truth(plan: Plan) -> bool:
    """Whether what really happened can be told from the CRMs of this run."""
    return any(
        plan.salesforce.get(name, values[0]) != values[0] for name, values in alternatives().items() if name in _UNTOLD
    )


def unsettled(bed: Bed) -> list[str]:
    """What the store still wants to do."""
    app = bed.engine.start()
    with app.store.read() as tx:
        counts = ledger.count_by_state(tx)
        waiting = {s.value: n for (_, s), n in counts.items() if s not in (State.DELIVERED, State.SUPERSEDED)}
        found = {
            "changed records": dirty_records.count(tx),
            "handoffs to judge": agenda.count_pending(tx, bed.now, app.context.rules_hash),
            "handoffs that cannot be judged": len(settlement.read_failed(tx, 100)),
            **waiting,
        }
    return [f"{n} {name}" for name, n in found.items() if n]


def hold(bed: Bed, *, truth: bool) -> None:
    """Add every loss to the bed."""
    bed.wire.deaf = True
    bed.control("salesforce", "switch", {"locator_minutes": 60.0, "page_cap": None})
    bed.control("hubspot", "switch", {"limits": "off"})  # whoever reads back here knows none of it
    found = {str(ref): without_texts(flags) for ref, flags in bed.trial.read_back().items()}
    bed.wire.deaf = False
    bed.losses += bed.judges.differ(found, "reference")[:FEW]
    if truth and not bed.untrue:
        bed.losses += bed.judges.differ(found, "truth")[:FEW]
    bed.losses += [f"left over: {one}" for one in unsettled(bed)]
    bed.losses += _not_quiet(bed)
    for server in (bed.trial.simulator.salesforce_server, bed.trial.simulator.hubspot_server):
        bed.losses += [f"the simulator itself crashed: {error!r}" for error in server.crashes]


def _not_quiet(bed: Bed) -> list[str]:
    """Two further cycles write nothing and cost what an idle cycle costs."""
    found: list[str] = []
    for _ in range(2):
        bed.trial.simulator.clock.advance(timedelta(minutes=1))
        since = mark(bed.trial)
        report = bed.engine.cycle()
        if report is None or report.outcome is not Outcome.DONE:
            found.append(
                f"not quiet: {report.outcome.value if report else 'no cycle'} {report.problems[:2] if report else ''}"
            )
            continue
        for system, entries in requests_since(bed.trial, since).items():
            found += [f"not quiet: {e.method} {e.path}" for e in entries if is_write(e)][:FEW]
            cost, least = sum(e.cost for e in entries), _idle_calls(bed, system)
            if cost > least:
                found.append(f"not quiet: {cost} calls of {system} instead of {least}: {_shown(entries)}")
    return found


def _idle_calls(bed: Bed, system: str) -> int:
    ready = bed.engine.ready
    assert ready is not None
    connection = ready.connections[system]
    return ceil(len(connection.streams) / connectors.load(connection.kind).streams_per_call)


def _shown(entries: list[LogEntry]) -> str:
    return ", ".join(f"{e.method} {e.path.rsplit('/', 2)[-2]}/{e.path.rsplit('/', 1)[-1]}" for e in entries)[:300]
