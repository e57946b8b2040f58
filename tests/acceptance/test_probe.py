"""`check --probe`: settles both answers of every question, touches our fields alone, and puts back what they held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from connectors.kit.pace import Pace
from connectors.simulator.kernel import Request, Response
from sync.app import App, open_app
from sync.checkup import probe_folder
from sync.core.model.records import RecordRef
from sync.errors import ConfigError
from sync.flow.check import Finding, probe
from sync.flow.connect import prepare
from sync.flow.context import Mode
from sync.ports import Tenant
from sync.store import probes, restraints
from sync.store.restraints import RestraintKind
from sync.trial import Trial
from tests.acceptance.harness import mark, rows_of, running_trial, written_since


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with running_trial(tmp_path_factory.mktemp("operator"), seed=5, handoffs=20) as trial:
        trial.write_config("observe")
        yield trial


def lead(trial: Trial) -> str:
    rows = rows_of(trial, "salesforce", "Lead").values()
    return next(row["Id"] for row in rows if not row["IsDeleted"] and not row["IsConverted"])


def contact(trial: Trial) -> str:
    return next(iter(rows_of(trial, "hubspot", "contacts")))


def ask(trial: Trial, *records: str) -> list[Finding]:
    """The probe, on the simulated clock."""
    clock = trial.simulator.clock
    clock.advance(timedelta(minutes=1))
    started = clock.now()

    def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    pace = Pace(lambda: (clock.now() - started).total_seconds(), sleep)
    named = [RecordRef.parse(one) for one in records]
    return probe_folder(trial.folder, lambda _mapping: [(str(ref), [ref]) for ref in named], pace)


def kinds(found: list[Finding]) -> set[str]:
    return {one.id for one in found}


@contextmanager
def switched(trial: Trial, system: str, before: dict[str, Any], **switches: Any) -> Iterator[None]:
    server = getattr(trial.simulator, f"{system}_server")
    server.control("switch", switches)
    try:
        yield
    finally:
        server.control("switch", before)


class Elsewhere:
    """A source that is asked nothing but whose it is."""

    def tenant(self) -> Tenant:
        return Tenant("00D", "acme.my.salesforce.com", sandbox=False, name="Acme")


def test_production_is_refused_before_anything_is_asked_or_written(trial: Trial) -> None:
    start = mark(trial)
    with open_app(trial.folder) as app:
        connection = replace(app.context.connections["salesforce"], source=cast(Any, Elsewhere()))
        context = replace(app.context, connections={"salesforce": connection})
        with pytest.raises(ConfigError, match="production"):
            probe(context, [RecordRef("salesforce", "Lead", lead(trial))], lambda _seconds: None)
    assert written_since(trial, start) == []


def test_a_record_that_is_not_there_or_carries_nothing_is_refused(trial: Trial) -> None:
    start = mark(trial)
    for ref in (
        "salesforce:Lead:00Q000000000001AAA",
        "salesforce:Account:001000000000001AAA",
        "hubspot:contacts:999999999",
    ):
        with pytest.raises(ConfigError, match="--record"):
            ask(trial, ref)
    assert written_since(trial, start) == []


def test_what_the_fields_held_is_put_back_and_nothing_else_is_touched(trial: Trial) -> None:
    refs = (f"salesforce:Lead:{lead(trial)}", f"hubspot:contacts:{contact(trial)}")
    ours = trial.simulator.salesforce_server
    ours.control("apply", {"events": [{"at": None, "system": "salesforce", "op": "update", "object": "Lead", "id": lead(trial),
                                       "record": {"Baton_Note__c": "前のメモ", "Baton_Missing_Items__c": "pain;timing"}}]})  # fmt: skip
    before, start = _held(trial), mark(trial)
    found = ask(trial, *refs)
    assert _held(trial) == before
    assert all(name.lower().startswith("baton_") for one in written_since(trial, start) for name in one.values)
    assert {"probe_alike", "probe_visible", "probe_identical", "probe_missing"} <= kinds(found), found
    assert not [one for one in found if one.kind.severity in ("error", "warning")], found
    waited = {one.where: one.parts["seconds"] for one in found if one.id == "probe_visible"}
    assert waited["salesforce"] == 0
    assert waited["hubspot"] <= 45  # the index lags up to half a minute, looked at ever more seldom


def _held(trial: Trial) -> dict[str, Any]:
    """Everything on the probed records, but what every save moves."""
    moving = ("LastModifiedDate", "SystemModstamp", "LastModifiedById", "lastmodifieddate")
    rows = {**rows_of(trial, "salesforce", "Lead"), **rows_of(trial, "hubspot", "contacts")}
    return {
        key: {name: value for name, value in row.items() if name not in moving and value not in (None, "")}
        for key, row in rows.items()
    }


@pytest.mark.parametrize("bumps", [True, False])
def test_whether_an_identical_write_moves_the_stamp(trial: Trial, bumps: bool) -> None:
    with switched(trial, "salesforce", {"identical_update_bumps": True}, identical_update_bumps=bumps):
        found = ask(trial, f"salesforce:Lead:{lead(trial)}")
    assert next(one for one in found if one.id == "probe_identical").parts["moves"] is bumps


@pytest.mark.parametrize("bumps", [True, False])
def test_the_same_of_the_portal(trial: Trial, bumps: bool) -> None:
    with switched(trial, "hubspot", {"noop_bumps": False}, noop_bumps=bumps):
        found = ask(trial, f"hubspot:contacts:{contact(trial)}")
    assert next(one for one in found if one.id == "probe_identical").parts["moves"] is bumps


def test_a_slow_index_is_measured_and_sweeps_reach_back_further(trial: Trial) -> None:
    ref = f"hubspot:contacts:{contact(trial)}"
    with switched(trial, "hubspot", {"index_lag": [0.0, 30.0]}, index_lag=[0.0, 0.0]):
        assert "probe_visible" in kinds(ask(trial, ref))
    with open_app(trial.folder) as app:
        assert prepare(app.context)[0].overlap == app.context.overlap
    with switched(trial, "hubspot", {"index_lag": [0.0, 30.0]}, index_lag=[1200.0, 1200.0]):
        assert "probe_not_visible" in kinds(ask(trial, ref))
    with open_app(trial.folder) as app, app.store.write() as tx:
        told = probes.read(tx, "hubspot")
        assert told is not None
        probes.write(tx, "hubspot", replace(told, visible_after=timedelta(minutes=40)))
    with open_app(trial.folder) as app:
        assert prepare(app.context)[0].overlap == timedelta(minutes=80)
        with app.store.write() as tx:
            probes.write(tx, "hubspot", replace(told, visible_after=timedelta()))


@pytest.mark.parametrize("how", ["partial", "fail", "fail_400"])
def test_a_record_that_is_gone_leaves_its_neighbours_alone_however_the_portal_tells(trial: Trial, how: str) -> None:
    with switched(trial, "hubspot", {"unknown_in_update": "partial"}, unknown_in_update=how):
        found = ask(trial, f"hubspot:contacts:{contact(trial)}")
    assert "probe_missing" in kinds(found), found


class Automation:
    """What an org does by itself when a lead is saved over the API."""

    def __init__(self, system: Any, act: Callable[[Any, str], None]) -> None:
        self.system, self.act = system, act
        self.name, self.clock = system.name, system.clock

    def handle(self, request: Request) -> Response:
        response: Response = self.system.handle(request)
        if request.method == "PATCH":
            for one in orjson.loads(request.body)["records"]:
                self.act(self.system, one["id"])
        return response

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return self.system.control(action, payload)


@contextmanager
def automated(trial: Trial, record: dict[str, Any]) -> Iterator[None]:
    server = trial.simulator.salesforce_server

    def act(system: Any, record_id: str) -> None:
        if record_id in system.data.tables["Lead"].rows:
            system.apply(
                {
                    "at": None,
                    "system": "salesforce",
                    "op": "update",
                    "object": "Lead",
                    "id": record_id,
                    "record": record,
                }
            )

    system = server.system
    server.system = Automation(system, act)  # type: ignore[assignment]  # stands in front of it
    try:
        yield
    finally:
        server.system = system


def test_a_field_that_does_not_keep_what_is_written_is_not_written_by_the_engine(trial: Trial) -> None:
    ref = f"salesforce:Lead:{lead(trial)}"
    with automated(trial, {"Baton_Status__c": "preparing", "Pain__c": "自動入力された課題"}):
        found = ask(trial, ref)
    unlike = next(one for one in found if one.id == "probe_unlike")
    assert unlike.parts["fields"] == ("status",)
    assert next(one for one in found if one.id == "probe_automation").parts["fields"] == ("Pain__c",)
    assert barred(trial) == {("Lead", "status")}
    ask(trial, ref)  # put right since
    assert barred(trial) == set()


def test_where_a_write_moves_the_owner_nothing_is_written(trial: Trial) -> None:
    ref = f"salesforce:Lead:{lead(trial)}"
    owner = rows_of(trial, "salesforce", "Lead")[lead(trial)]["OwnerId"]
    other = next(row["Id"] for row in rows_of(trial, "salesforce", "User").values() if row["Id"] != owner)
    with automated(trial, {"OwnerId": other}):
        assert "probe_owner_moved" in kinds(ask(trial, ref))
    assert {stream for stream, _ in barred(trial)} == {"Lead"}
    assert ("Lead", "note") in barred(trial)
    ask(trial, ref)
    assert barred(trial) == set()


def barred(trial: Trial) -> set[tuple[str, str]]:
    """What the engine leaves out of its writes once it has checked its fields."""
    with open_app(trial.folder) as app:
        prepare(_writing(app).context)
        with app.store.read() as tx:
            return {(one.stream, one.flag) for one in restraints.read(tx, RestraintKind.UNWRITABLE)}


def _writing(app: App) -> App:
    return replace(app, context=replace(app.context, mode=Mode.WRITE))


def test_fields_that_cannot_be_put_back_are_named(trial: Trial, tmp_path: Path) -> None:
    ref, server = f"salesforce:Lead:{lead(trial)}", trial.simulator.salesforce_server
    writes = 0

    class Failing(Automation):
        def handle(self, request: Request) -> Response:
            nonlocal writes
            writes += request.method == "PATCH"
            if request.method == "PATCH" and writes > 3:
                return Response(400, [{"errorCode": "INVALID_FIELD", "message": "No such column"}])
            return self.system.handle(request)

    system = server.system
    server.system = Failing(system, lambda *_: None)  # type: ignore[assignment]  # stands in front of it
    try:
        found = ask(trial, ref)
    finally:
        server.system = system
    assert "probe_not_restored" in kinds(found), found
    ask(trial, ref)
