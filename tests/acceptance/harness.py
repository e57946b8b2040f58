"""What the acceptance tests share: a trial, Baton on it through real HTTP, and ears on everything that was served."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from connectors.simulator.kernel import LogEntry, Request, Response
from sync.app import App, open_app
from sync.core.model.flags import EXACT_NAMES, Flags
from sync.core.model.records import RecordRef
from sync.flow.cycle import run_once
from sync.flow.report import CycleReport
from sync.store.tables import DeliveryRow, HandoffRow, OutboxRow, RunRow, StreamState
from sync.trial import Trial
from tests import leak
from tests.reference.judge import NAMES, Reference
from tests.reference.served import Served

Flat = dict[str, dict[str, Any]]


class Ears:
    """Stands in front of a simulated system and keeps what it answers; asks and changes nothing."""

    def __init__(self, system: Any, served: Served) -> None:
        self.system, self.served = system, served
        self.name, self.clock = system.name, system.clock
        self.deaf = False

    def handle(self, request: Request) -> Response:
        response: Response = self.system.handle(request)
        body = response.body
        if response.status < 300 and body and not self.deaf:
            raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
            self.served.hear(self.name, request.path, raw)
        return response

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return self.system.control(action, payload)


@contextmanager
def running_trial(folder: Path, *, seed: int, handoffs: int, **switches: Any) -> Iterator[Trial]:
    """Both simulators with the seeded company in them and our fields created."""
    trial = Trial.start(folder, seed=seed, handoffs=handoffs, **switches)
    try:
        from sync.app import read_settings

        trial.create_flag_fields(read_settings(folder).mapping)
        yield trial
    finally:
        trial.stop()


def listen(trial: Trial) -> Served:
    """Keep everything that both CRMs answer from now on."""
    served = Served()
    for server in (trial.simulator.salesforce_server, trial.simulator.hubspot_server):
        server.system = Ears(server.system, served)
    return served


@contextmanager
def opened(trial: Trial, mode: str = "write") -> Iterator[App]:
    with open_app(trial.folder, trial.overrides(mode), approve=True) as app:
        yield app
        leak.check(_told(app))


def _told(app: App) -> str:
    """What runs, parked writes and attempts tell, in words."""
    columns = (RunRow.problems, OutboxRow.reason, DeliveryRow.message, StreamState.last_error, HandoffRow.failed)
    with app.store.read() as tx:
        return repr([list(tx.execute(select(column).distinct()).scalars()) for column in columns])


def cycle(app: App, *, sweep: bool = False) -> CycleReport:
    """One cycle that must succeed entirely."""
    report = run_once(app.context, sweep=sweep)
    assert report.problems == (), report.problems
    return report


def settle(trial: Trial, app: App, rounds: int = 3) -> CycleReport:
    """Time past the longest lag, one sweep, and cycles until nothing is written any more."""
    trial.simulator.clock.advance(timedelta(minutes=16))
    report = cycle(app, sweep=True)
    for _ in range(rounds):
        trial.simulator.clock.advance(timedelta(minutes=1))
        report = cycle(app)
        if not report.wrote:
            return report
    raise AssertionError(f"still writing after {rounds} cycles: {report.counts}")


def look(trial: Trial) -> dict[RecordRef, Flags]:
    """Flags on all records, read back through both APIs; what is said to us is not heard as said to Baton."""
    ears = [s.system for s in (trial.simulator.salesforce_server, trial.simulator.hubspot_server)]
    deafened = [one for one in ears if isinstance(one, Ears)]
    for one in deafened:
        one.deaf = True
    try:
        return trial.read_back()
    finally:
        for one in deafened:
            one.deaf = False


def existing(trial: Trial, flags: Flat) -> Flat:
    """Only the flags of records that can still be written: what was deleted, merged away or converted meanwhile, and
    not served yet, is no difference."""
    contacts = trial.simulator.hubspot_server.control("dump", {"object": "contacts"})
    alive = {f"hubspot:contacts:{one}" for one, record in contacts.items() if not record.get("archived")}
    for name in ("Lead", "Opportunity"):
        rows = trial.simulator.salesforce_server.control("dump", {"object": name})["records"]
        alive |= {f"salesforce:{name}:{r['Id']}" for r in rows if not r["IsDeleted"] and not r.get("IsConverted")}
    return {ref: values for ref, values in flags.items() if ref in alive}


def written(trial: Trial) -> Flat:
    """The same in the shape that is compared: without the texts, ids as sets."""
    return {str(ref): without_texts(flags) for ref, flags in look(trial).items()}


def without_texts(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {name: normal(name, flags.get(name)) for name in EXACT_NAMES}


def normal(name: str, value: Any) -> Any:
    """Ids joined by `;` as sets: a CRM gives them back in its own order."""
    if name in ("missing_items", "unmet_criteria", "missing_at_pass") and value:
        return frozenset(str(value).split(";"))
    return value or None if name not in ("missing_count",) else value


def referred(reference: Reference, served: Served, now: Any) -> Flat:
    return {ref: {n: normal(n, f.get(n)) for n in NAMES} for ref, f in reference.judge_all(served, now).items()}


def differences(left: Flat, right: Flat, names: tuple[str, str]) -> list[str]:
    """Readable differences of two sets of flags; empty when equal."""
    found = []
    for ref in sorted(set(left) | set(right)):
        a, b = left.get(ref), right.get(ref)
        if a is None or b is None:
            found.append(f"{ref}: only {names[0] if b is None else names[1]} has flags: {a or b}")
            continue
        parts = [
            f"{n}: {names[0]}={show(a.get(n))} {names[1]}={show(b.get(n))}"
            for n in sorted(set(a) | set(b))
            if a.get(n) != b.get(n)
        ]
        if parts:
            found.append(f"{ref}: " + "; ".join(parts))
    return found


def show(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


# What went over the wire ----------------------------------------------------------------------------------------------

Mark = tuple[int, int]
_READING = re.compile(r"/(search|batch/read|oauth2/token|token)$")


@dataclass(frozen=True, slots=True)
class Written:
    """One record in the body of one write, with the names and values as sent."""

    ref: str
    values: dict[str, Any]
    position: int
    """Of the request in the log of its system."""


def mark(trial: Trial) -> Mark:
    """Where both request logs stand."""
    return len(trial.simulator.salesforce_server.log), len(trial.simulator.hubspot_server.log)


def requests_since(trial: Trial, since: Mark = (0, 0)) -> dict[str, list[LogEntry]]:
    """What each system was asked since then."""
    simulator = trial.simulator
    return {
        "salesforce": simulator.salesforce_server.log[since[0] :],
        "hubspot": simulator.hubspot_server.log[since[1] :],
    }


def is_write(entry: LogEntry) -> bool:
    """Whether a request could change a record, judged without knowing what Baton ought to send."""
    if entry.method == "GET" or _READING.search(entry.path):
        return False
    if entry.path.endswith("/composite"):
        parts = orjson.loads(entry.body)["compositeRequest"]
        return any(part["method"] != "GET" for part in parts)
    return True


def written_since(trial: Trial, since: Mark = (0, 0)) -> list[Written]:
    """Every record in every write, in order per system. Fails on a write of another shape than the two expected."""
    found: list[Written] = []
    for entries, start in zip(requests_since(trial, since).values(), since, strict=True):
        for position, entry in enumerate(entries, start):
            if is_write(entry):
                found += [Written(ref, values, position) for ref, values in _records_in(entry)]
    return found


def _records_in(entry: LogEntry) -> Iterator[tuple[str, dict[str, Any]]]:
    body = orjson.loads(entry.body)
    stream = re.fullmatch(r"/crm/objects/[^/]+/(\w+)/batch/update", entry.path)
    if entry.system == "hubspot" and entry.method == "POST" and stream:
        assert body.keys() == {"inputs"}
        for one in body["inputs"]:
            assert one.keys() == {"id", "properties"}
            yield f"hubspot:{stream[1]}:{one['id']}", one["properties"]
    elif entry.method == "PATCH" and entry.path.endswith("/composite/sobjects"):
        assert body.keys() == {"allOrNone", "records"}
        for one in body["records"]:
            values = {name: value for name, value in one.items() if name not in ("attributes", "id")}
            yield f"salesforce:{one['attributes']['type']}:{one['id']}", values
    else:
        raise AssertionError(f"a write of an unknown shape: {entry.method} {entry.path}")


def rows_of(trial: Trial, system: str, name: str) -> dict[str, dict[str, Any]]:
    """Every record of an object as it lies in the CRM, by id, asked by the back door."""
    found = getattr(trial.simulator, f"{system}_server").control("dump", {"object": name})
    if system == "hubspot":
        return {record_id: record["properties"] for record_id, record in found.items()}
    return {row["Id"]: row for row in found["records"]}


def outstanding(app: App) -> App:
    """The same application as a daemon without approval would see it."""
    return replace(app, context=replace(app.context, gate_approved=False))
