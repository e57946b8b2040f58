"""What goes over the wire of one run: what Baton was told, what it wrote, and which planted fault struck.

Stands on both servers of the simulator. A door sees what leaves (after faults), a tap sees what reaches the system.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from connectors.hubspot.fields import WIRE_NAMES as HUBSPOT_NAMES
from connectors.hubspot.fields import from_wire as from_hubspot
from connectors.salesforce.fields import from_wire as from_salesforce
from connectors.salesforce.fields import wire_names as salesforce_names
from connectors.simulator.control import PREFIX
from connectors.simulator.faults import Fault
from connectors.simulator.kernel import LoopbackServer, Request, Response
from sync.trial import Trial
from tests.acceptance.harness import normal
from tests.reference.served import Served

Values = dict[str, Any]
Question = tuple[str, str, str, bytes]
_EVIDENCE = re.compile(r"/associations/.*contacts/\w+/batch/read$")
_REPLACEABLE = re.compile(r"/(updated|deleted)/?$|/query(All)?/\w+-\d+$|/account-info/")
"""What Baton can do without: a feed of deletions (the daily comparison finds what it would have told), a page whose query
can be asked again from where it stood, and the vendor's own count of calls."""
_STAMPS = frozenset(
    ("SystemModstamp", "LastModifiedDate", "LastModifiedById", "lastmodifieddate", "hs_lastmodifieddate")
)
"""What the vendor itself moves when a record is saved."""
_OURS = {"hubspot": frozenset(HUBSPOT_NAMES.values())}


@dataclass
class Trap:
    """Kills a process at the n-th request from now on: before it is applied, or after it and before its answer."""

    after: int
    applied: bool
    writes: bool = False
    """Only requests that write are counted."""
    pid: int = 0
    sprung: bool = False


@dataclass
class Wire:
    """Ears and eyes of one run."""

    trial: Trial
    served: Served = field(default_factory=Served)
    deaf: bool = False
    names: dict[int, str] = field(default_factory=dict[int, str])
    """id of a planted fault → what the campaign calls it."""
    struck: Counter[str] = field(default_factory=Counter[str])
    told: dict[Question, tuple[int, str]] = field(default_factory=dict[tuple[str, str, str, bytes], tuple[int, str]])
    """Every question of the cycle under way → when it was asked last, and the fault that this suffered, or empty."""
    wrong: list[str] = field(default_factory=list[str])
    """Writes that must not be: another shape, a foreign field, a change of anything else, a repetition."""
    repeats: int = 0
    written: dict[str, Values] = field(default_factory=dict[str, Values])
    """Record → flags as Baton wrote them last."""
    untouched: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """Record → when it was last modified before Baton first wrote to it."""
    flagged: set[str] = field(default_factory=set[str])
    """Records on which Baton wrote a judgement of something in scope."""
    planted: list[Fault] = field(default_factory=list[Fault])
    patience: float = 60.0
    """Seconds after which Baton has given up waiting for an answer."""
    rows: int = 0
    requests: int = 0
    before: int = 0
    """Requests that came before the cycle under way: a slow answer to one of them is none of its own."""
    trap: Trap | None = None
    meanwhile: Callable[[], None] | None = None
    """Done once, while Baton reads evidence again and has loaded what it judges."""

    def __post_init__(self) -> None:
        simulator = self.trial.simulator
        for server in (simulator.salesforce_server, simulator.hubspot_server):
            server.system = Tap(self, server.system)
            server.answer = Door(self, server, server.answer).answer

    def plant(self, system: str, name: str, fault: Fault) -> None:
        self.names[id(fault)] = name
        self.planted.append(fault)
        getattr(self.trial.simulator, f"{system}_server").faults.add(fault)

    def clear(self) -> None:
        """No planted fault strikes any more."""
        for server in (self.trial.simulator.salesforce_server, self.trial.simulator.hubspot_server):
            server.faults.clear()

    def begin_cycle(self) -> None:
        self.told.clear()
        self.before = self.requests

    def unanswered(self) -> list[str]:
        """What was asked in this cycle, and not answered in the end."""
        return sorted(
            {f"{system} {method} {path} ({name})" for (system, method, path, _), (_, name) in self.told.items() if name}
        )

    def spring(self, request: Request, *, before: bool) -> bool:
        """Whether the process that asks is killed now."""
        trap = self.trap
        if trap is None or trap.sprung or trap.applied is before or (trap.writes and not is_write(request)):
            return trap is not None and trap.sprung
        trap.after -= 1
        if trap.after >= 0 or not trap.pid:
            return False
        trap.sprung = True
        os.kill(trap.pid, signal.SIGKILL)
        return True


class Door:
    """In front of one server: counts, remembers and hears what really leaves it."""

    def __init__(
        self, wire: Wire, server: LoopbackServer, answer: Callable[[Request], tuple[Response, Fault | None]]
    ) -> None:
        self.wire, self.server, self._answer = wire, server, answer

    def answer(self, request: Request) -> tuple[Response, Fault | None]:
        wire = self.wire
        if request.path.startswith(PREFIX) or wire.deaf:
            return self._answer(request)
        wire.requests += 1
        if wire.meanwhile is not None and _EVIDENCE.search(request.path):
            then, wire.meanwhile = wire.meanwhile, None
            then()
        if wire.spring(request, before=True):
            return Response(503), Fault("reset_before")
        asked = wire.requests
        response, fault = self._answer(request)
        if wire.spring(request, before=False):
            return response, Fault("reset_after")
        if fault is not None:
            wire.struck[wire.names.get(id(fault), fault.kind)] += 1
        self._remember(request, response, fault, asked)
        return response, fault

    def _remember(self, request: Request, response: Response, fault: Fault | None, asked: int) -> None:
        name = self.server.system.name
        bad = fault is not None and (fault.kind != "slow" or fault.seconds >= self.wire.patience)
        for question in () if is_write(request) else self._questions(request):
            last, _ = self.wire.told.get(question, (self.wire.before, ""))
            if last < asked:  # a slow answer may come after that to a repetition
                self.wire.told[question] = asked, self.wire.names.get(id(fault), "") if bad else ""
        if bad or response.status >= 300 or not response.body:
            return
        body = response.body
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else orjson.dumps(body)
        self.wire.served.hear(name, request.path, raw)
        if name == "hubspot" and "/associations/" in request.path and request.body:
            self._hear_silence(request, orjson.loads(raw))

    def _questions(self, request: Request) -> list[Question]:
        """What must be answered. Of several that came in one call each by itself: they may be asked again in another."""
        name = self.server.system.name
        asked = [(name, request.method, request.target or request.path, request.body)]
        if request.path.endswith("/composite"):
            asked = [(name, one["method"], one["url"], b"") for one in orjson.loads(request.body)["compositeRequest"]]
        return [one for one in asked if not _REPLACEABLE.search(one[2].partition("?")[0])]

    def _hear_silence(self, request: Request, answer: Values) -> None:
        """A record that was asked about and is named nowhere in the answer hangs on nothing."""
        parts = [part for part in request.path.split("/") if part]
        origin, target = parts[parts.index("batch") - 2], parts[parts.index("batch") - 1]
        named = {str(entry["from"]["id"]) for entry in answer.get("results") or ()}
        for one in orjson.loads(request.body).get("inputs", ()):
            if str(one["id"]) not in named and "after" not in one:
                self.wire.served._associate(origin, target, str(one["id"]), set())


class Tap:
    """Between a server and its system: what reaches the system, applied or not."""

    def __init__(self, wire: Wire, system: Any) -> None:
        self.wire, self.system = wire, system
        self.name, self.clock = system.name, system.clock

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return self.system.control(action, payload)

    def handle(self, request: Request) -> Response:
        if self.wire.deaf or not is_write(request):
            return self.system.handle(request)
        records = _records_in(self.name, request)
        if records is None:
            self.wire.wrong.append(f"a write of an unknown shape: {self.name} {request.method} {request.path}")
            return self.system.handle(request)
        if self.name == "salesforce":
            self.system.settle()
        before = self._everything()
        held = {ref: self._flags(ref) for ref, _ in records}
        for ref in held.keys() - self.wire.untouched.keys():
            if (at := modified_at(self.system, ref)) is not None:
                self.wire.untouched[ref] = at
        response: Response = self.system.handle(request)
        self._check(records, held, before, _accepted(response))
        return response

    def _check(
        self,
        records: list[tuple[str, Values]],
        held: Mapping[str, Values | None],
        before: Any,
        accepted: Collection[str],
    ) -> None:
        wire, after = self.wire, self._everything()
        wire.wrong += _foreign(self.name, before, after)
        for ref, sent in records:
            stream = ref.split(":")[1]
            ours = _OURS.get(self.name) or frozenset(salesforce_names(stream).values())
            if strangers := sorted(sent.keys() - ours):
                wire.wrong.append(f"{ref}: a write of fields that are not ours: {', '.join(strangers)}")
            now, was, asked = self._flags(ref), held[ref], _read(self.name, sent)
            if ref.rsplit(":", 1)[1] not in accepted:
                continue  # refused: nothing was changed, whatever stands there
            if now is None or was is None or any(now[n] != v for n, v in asked.items()):
                continue  # refused in part: the record does not hold what was sent
            wire.rows += 1
            last = wire.written.setdefault(ref, {})
            again = [n for n, v in asked.items() if was[n] == v and n in last and last[n] == v]
            if again:
                wire.repeats += 1
                wire.wrong.append(f"{ref}: written again as a change: {', '.join(sorted(again))}")
            last.update(asked)
            if now["status"] not in (None, "out_of_scope"):
                wire.flagged.add(ref)

    def _everything(self) -> Any:
        if self.name == "salesforce":
            return {name: dict(table.rows) for name, table in self.system.data.tables.items()}
        return {
            name: {number: dict(record.properties) for number, record in table.live.items()}
            for name, table in self.system.data.tables.items()
        }

    def _flags(self, ref: str) -> Values | None:
        """Flags on a record now, in the form that is compared; None: no such record."""
        _, stream, record_id = ref.split(":")
        if self.name == "salesforce":
            row = self.system.data.tables[stream].rows.get(record_id)
            held = None if row is None or row["IsDeleted"] else from_salesforce(row)
        else:
            record = self.system.data.tables[stream].live.get(int(record_id))
            held = None if record is None else from_hubspot(record.properties)
        return None if held is None else {name: normal(name, value) for name, value in held.items()}


def modified_at(system: Any, ref: str) -> datetime | None:
    """When the CRM says that a record was last modified; None: no such record."""
    _, stream, record_id = ref.split(":")
    if system.name == "salesforce":
        row = system.data.tables[stream].rows.get(record_id)
        return None if row is None else datetime.strptime(row["SystemModstamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    record = system.data.tables[stream].live.get(int(record_id))
    return None if record is None else datetime.fromisoformat(record.modified)


def _accepted(response: Response) -> set[str]:
    """Ids of the records that a system says it has written, before any planted fault spoils what it says."""
    if response.status >= 300 or response.body is None:
        return set()
    body: Any = response.body if isinstance(response.body, (dict, list)) else orjson.loads(response.body)
    rows = body if isinstance(body, list) else body.get("results", ())
    return {str(row["id"]) for row in rows if row.get("success", True) and row.get("id")}


def is_write(request: Request) -> bool:
    """Whether a request could change something, judged without knowing what Baton ought to send."""
    path = request.path.rstrip("/")
    if request.method == "GET" or path.endswith(("/search", "/batch/read", "/token")):
        return False
    if path.endswith("/composite"):
        return any(part["method"] != "GET" for part in orjson.loads(request.body)["compositeRequest"])
    return not (request.method == "POST" and "/composite/sobjects/" in path)


def _records_in(system: str, request: Request) -> list[tuple[str, Values]] | None:
    """The records of a write with what is sent for each; None: a write of another shape than the two expected."""
    path, body = request.path.rstrip("/"), orjson.loads(request.body) if request.body else {}
    parts = path.split("/")
    if (
        system == "hubspot"
        and request.method == "POST"
        and path.endswith("/batch/update")
        and body.keys() == {"inputs"}
    ):
        found = [(f"hubspot:{parts[-3]}:{one['id']}", one["properties"]) for one in body["inputs"]]
        return found if all(one.keys() == {"id", "properties"} for one in body["inputs"]) else None
    if system == "salesforce" and request.method == "PATCH" and path.endswith("/composite/sobjects"):
        return [
            (
                f"salesforce:{one['attributes']['type']}:{one['id']}",
                {k: v for k, v in one.items() if k not in ("attributes", "id")},
            )
            for one in body["records"]
        ]
    return None


def _read(system: str, sent: Values) -> Values:
    """What was sent, by flag name and in the form that is compared."""
    whole = from_salesforce(sent) if system == "salesforce" else from_hubspot(sent)
    names = HUBSPOT_NAMES if system == "hubspot" else {**salesforce_names("Opportunity"), **salesforce_names("Lead")}
    return {name: normal(name, whole[name]) for name, wire in names.items() if wire in sent}


def _foreign(
    system: str, before: Mapping[str, Mapping[Any, Values]], after: Mapping[str, Mapping[Any, Values]]
) -> list[str]:
    """Whatever changed while one write was carried out, beside our fields on records that were there before."""
    found: list[str] = []
    for name, rows in after.items():
        earlier = before[name]
        if rows.keys() != earlier.keys():
            found.append(f"{system}:{name}: a write made or removed {len(rows.keys() ^ earlier.keys())} records")
        ours = _OURS.get(system) or frozenset(salesforce_names(name).values())
        for record_id, row in rows.items():
            old = earlier.get(record_id)
            if old is None or old is row or old == row:
                continue
            changed = {n for n in row.keys() | old.keys() if row.get(n) != old.get(n)} - ours - _STAMPS
            if changed:
                found.append(f"{system}:{name}:{record_id}: a write changed {', '.join(sorted(changed))}")
    return found
