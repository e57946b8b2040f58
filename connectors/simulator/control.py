"""The control API: `POST /__sim/<action>` with JSON. Never logged, never costs. The same as `server.control(…)`."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.simulator.faults import Fault

if TYPE_CHECKING:
    from connectors.simulator.kernel import LogEntry, LoopbackServer

PREFIX = "/__sim/"


def run_action(server: LoopbackServer, action: str, payload: dict[str, Any]) -> Any:
    """Do one control action. Unknown actions go to the system; ValueError and KeyError become 400."""
    if action == "clock":
        return _drive_clock(server, payload)
    if action == "faults":
        return _plant_faults(server, payload)
    if action == "log":
        return _read_log(server, payload)
    return server.system.control(action, payload)


def _drive_clock(server: LoopbackServer, payload: dict[str, Any]) -> dict[str, Any]:
    clock = server.system.clock
    if "set" in payload:
        clock.set(datetime.fromisoformat(payload["set"]))
    if "advance_seconds" in payload:
        clock.advance(timedelta(seconds=float(payload["advance_seconds"])))
    if "speed" in payload:
        clock.run(float(payload["speed"]))
    return {"now": clock.now().isoformat(), "speed": clock.speed}


def _plant_faults(server: LoopbackServer, payload: dict[str, Any]) -> dict[str, Any]:
    if payload.get("clear"):
        server.faults.clear()
    server.faults.add(*(Fault(**entry) for entry in payload.get("add", [])))
    return {"waiting": len(server.faults)}


def _read_log(server: LoopbackServer, payload: dict[str, Any]) -> dict[str, Any]:
    since = int(payload.get("since", 0))
    entries = server.log[since:]
    return {
        "next": since + len(entries),
        "total_cost": sum(entry.cost for entry in server.log),
        "entries": [_show_entry(entry) for entry in entries],
    }


def _show_entry(entry: LogEntry) -> dict[str, Any]:
    try:
        body: dict[str, str] = {"body": entry.body.decode()}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(entry.body).decode()}
    return {
        "at": entry.at.isoformat(),
        "system": entry.system,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "status": entry.status,
        "cost": entry.cost,
        "note": entry.note,
        **body,
    }
