"""What the campaign takes for a write, a repetition, an answer, and what it lets the world's truth know of stamps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson

from connectors.hubspot.fields import WIRE_NAMES
from connectors.simulator.faults import Fault
from connectors.simulator.kernel import LoopbackServer, Request, Response
from sync.trial import Trial
from tests.acceptance.harness import running_trial
from tests.chaos.bed import still_overwritten
from tests.chaos.judge import tell_stamps
from tests.chaos.wire import Door, Tap, Wire, modified_at

REF = "hubspot:contacts:7"
STAMP = "2026-11-17T00:00:00.000Z"


class Portal:
    """One contact; every write is answered as told, and carried out where that is a success."""

    name = "hubspot"
    clock = None

    def __init__(self) -> None:
        self.record = SimpleNamespace(properties={WIRE_NAMES["next_actor"]: "is"}, modified=STAMP)
        self.data = SimpleNamespace(tables={"contacts": SimpleNamespace(live={7: self.record})})
        self.refuses = False

    def handle(self, request: Request) -> Response:
        if self.refuses:
            return Response(400, {"category": "VALIDATION_ERROR"})
        for one in orjson.loads(request.body)["inputs"]:
            self.record.properties = {**self.record.properties, **one["properties"]}
        return Response(200, {"status": "COMPLETE", "results": [{"id": "7"}]})


def listen() -> tuple[Portal, Wire, Tap]:
    portal = Portal()
    server = SimpleNamespace(system=portal, answer=None)
    simulator = SimpleNamespace(salesforce_server=SimpleNamespace(system=portal, answer=None), hubspot_server=server)
    wire = Wire(cast(Trial, SimpleNamespace(simulator=simulator)))
    return portal, wire, Tap(wire, portal)


def write(tap: Tap, value: str) -> None:
    body = {"inputs": [{"id": "7", "properties": {WIRE_NAMES["next_actor"]: value}}]}
    tap.handle(Request("POST", "/crm/objects/2026-09/contacts/batch/update", body=orjson.dumps(body)))


def test_what_was_written_is_a_repetition_when_it_is_written_again() -> None:
    _, wire, tap = listen()
    write(tap, "fs")
    assert (wire.rows, wire.repeats, wire.wrong) == (1, 0, [])
    write(tap, "fs")
    assert wire.repeats == 1
    assert wire.wrong == [f"{REF}: written again as a change: next_actor"]


def test_a_refused_write_is_no_repetition_though_its_value_stands_there() -> None:
    portal, wire, tap = listen()
    write(tap, "fs")
    portal.refuses = True
    write(tap, "fs")
    assert (wire.rows, wire.repeats, wire.wrong) == (1, 0, [])


def test_the_stamp_before_the_first_write_is_kept() -> None:
    portal, wire, tap = listen()
    before = modified_at(portal, REF)
    write(tap, "fs")
    portal.record.modified = "2026-11-18T00:00:00.000Z"
    write(tap, "is")
    assert wire.untouched == {REF: before}


def test_what_somebody_typed_waits_for_the_sweep_while_it_is_not_committed() -> None:
    there: dict[str, dict[str, Any]] = {REF: {"next_actor": "is"}}
    assert still_overwritten([REF], there, {REF: {"next_actor": "is"}}, lambda _: False) == set()
    assert still_overwritten([REF], there, {REF: {"next_actor": "is"}}, lambda one: one == "7") == {REF}
    assert still_overwritten([REF], there, {REF: {"next_actor": "fs"}}, lambda _: False) == {REF}
    assert still_overwritten([REF], {}, {}, lambda _: False) == set()


def test_the_truth_hears_from_the_crm_what_moved_a_stamp(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=3, handoffs=4, salesforce={}, hubspot={"rollups": True}) as trial:
        journey = next(j for j in trial.world.plots.journeys if j.contact is not None and not j.out)
        assert journey.contact is not None
        ref, now = journey.contact.ref, trial.simulator.clock.now() + timedelta(hours=1)
        trial.world.ledger.call(journey, now, journey.rep, via="hs")
        trial.pass_time(now + timedelta(minutes=1))
        assert trial.world.ledger.stamps.of[ref] < now, "a call moves no stamp in HubSpot, as a rule"
        tell_stamps(trial, {})
        assert trial.world.ledger.stamps.of[ref] >= now


def behind_a_door(answer: Callable[[Wire], Fault | None]) -> tuple[Wire, Callable[..., None]]:
    """A wire, and what asks through it and suffers the fault that `answer` gives."""
    _, wire, _ = listen()

    def suffer(_: Request) -> tuple[Response, Fault | None]:
        fault = answer(wire)
        wire.names[id(fault)] = "a refusal"
        return Response(200), fault

    door = Door(wire, cast(LoopbackServer, SimpleNamespace(system=SimpleNamespace(name="salesforce"))), suffer)

    def ask(*urls: str) -> None:
        body = orjson.dumps({"compositeRequest": [{"method": "GET", "url": url} for url in urls]})
        door.answer(Request("GET", urls[0]) if len(urls) == 1 else Request("POST", "/composite", body=body))

    return wire, ask


def test_each_question_of_a_refused_call_may_be_answered_in_another() -> None:
    faults = iter((Fault("status"), None, None))
    wire, ask = behind_a_door(lambda _: next(faults))
    ask("/query?q=a", "/query?q=b")
    assert len(wire.unanswered()) == 2
    ask("/query?q=b", "/query?q=c")
    assert wire.unanswered() == ["salesforce GET /query?q=a (a refusal)"]
    ask("/query?q=a")
    assert wire.unanswered() == []


def test_a_slow_answer_counts_for_the_cycle_that_asked() -> None:
    slow, next_cycle_begins = Fault("slow", seconds=90.0), [False, True]

    def answer(wire: Wire) -> Fault:
        if next_cycle_begins.pop(0):
            wire.begin_cycle()
        return slow

    wire, ask = behind_a_door(answer)
    ask("/query?q=a")
    assert len(wire.unanswered()) == 1
    ask("/query?q=a")
    assert wire.unanswered() == []
