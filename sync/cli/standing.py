"""How things stand, for other programs: `baton status --json`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sync.cli.service import daemon_json
from sync.cli.show import plain

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.spending import Spending
    from sync.flow.status import Status
    from sync.store.streams import StreamStanding


def as_json_of(found: Status, app: App) -> dict[str, Any]:
    from sync.app import planned_calls, read_spending

    spendings = read_spending(app)
    schedule = app.settings.schedule
    return {
        "mode": found.mode,
        "environment": app.settings.environment,
        "rules_hash": app.settings.rules.rules_hash,
        "schedule": {
            "hot": schedule.hot,
            "other": schedule.other,
            "sweep": schedule.sweep,
            "reconcile": schedule.reconcile,
            "formulas": schedule.formulas,
        },
        "compared": found.compared,
        "connections": {
            name: {
                "tenant": found.tenants.get(name),
                **_spending_json(planned_calls(app, name), spendings.get(name)),
            }
            for name in app.context.connections
        },
        "streams": [_stream_json(standing, found, app) for standing in found.streams],
        "handoffs": found.handoffs,
        "returned_for_missing_information": found.returned_incomplete,
        "clocks": found.clocks,
        "batches": found.batches,
        "thin": found.thin,
        "handoffs_waiting": found.handoffs_waiting,
        "records_waiting": found.records_waiting,
        "next_wake": found.next_wake,
        "writes_per_handoff": found.writes_per_handoff,
        "outbox": [
            {"connection": name, "state": state, "count": count}
            for (name, state), count in sorted(found.outbox.items())
        ],
        "held": found.held,
        "parked": [
            {"id": entry.id, "ref": entry.ref, "reason": entry.reason, "fields": sorted(entry.new)}
            for entry in found.parked
        ],
        "unwritable": found.unwritable,
        "contested": found.contested,
        "undone": found.undone,
        "ambiguous": [{"handoff": h, "anchor": a, "reason": r} for h, a, r in found.ambiguous],
        "judge_failed": [{"handoff": h, "anchor": a, "place": p} for h, a, p in found.judge_failed],
        "unmapped": found.unmapped,
        "service": daemon_json(app),
        "runs": found.runs,
    }


def _spending_json(planned: int, spending: Spending | None) -> dict[str, Any]:
    """`calls_a_day` is what was measured, where enough was."""
    if spending is None:
        return {"calls_a_day": planned, "calls_measured": None, "quota": None, "budget": None, "pauses": []}
    usage = spending.usage
    quota = {"used": usage.quota_used, "max": usage.quota_max, "others": spending.others} if usage.quota_max else None
    return {
        "calls_a_day": spending.measured or planned,
        "calls_measured": spending.measured,
        "quota": quota,
        "budget": {"allowed": usage.allowance, "used": usage.ours},
        "pauses": spending.pauses,
    }


def _stream_json(standing: StreamStanding, found: Status, app: App) -> dict[str, Any]:
    kept: dict[str, Any] = plain(standing)
    kept.pop("cursor")
    kept["asked_again"] = standing.gone
    lag = behind(standing, found, app)
    return {
        **kept,
        "records": found.records.get((standing.connection, standing.stream), 0),
        "behind_seconds": lag.total_seconds() if lag else 0,
    }


def behind(standing: StreamStanding, found: Status, app: App) -> timedelta | None:
    """How far a stream is behind the latest run, when that is more than two of its intervals."""
    latest = next((run.ended_at for run in found.runs if run.ended_at), None)
    if latest is None or standing.switched_off:
        return None
    hot, other, _ = app.intervals
    spec = app.context.spec(standing.connection, standing.stream)
    interval = hot if spec and spec.hot else other
    lag = latest - standing.last_success if standing.last_success else None
    return lag if lag and lag > 2 * interval + timedelta(minutes=1) else None
