"""Fields of the records that a record refers to (`RecordType.Name`): read with it, through the real client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

import connectors
from connectors.salesforce.facts import Reading
from connectors.salesforce.rows import make_record
from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from sync.core.model.records import Kind
from sync.ports import Source, StreamSpec

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
DEALS = StreamSpec("Opportunity", Kind.DEAL, ("Type", "RecordType.Name", "Owner.Email"))


class Bench(NamedTuple):
    org: SalesforceOrg
    server: LoopbackServer
    source: Source

    def happen(self, op: str, name: str, **more: Any) -> str:
        return self.server.control("apply", {"events": [{"op": op, "object": name, **more}]})["ids"][0]

    def read(self) -> list[Mapping[str, Any]]:
        (spec,), _, _ = self.source.available([DEALS])
        return [dict(one.values) for page in self.source.head([spec], {}) for one in page.records]


@pytest.fixture
def bench() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(org := SalesforceOrg(clock)) as server:
        auth = {"flow": "client_credentials", "client_id": "sim-consumer-key", "client_secret": "sim-consumer-secret"}
        connector = connectors.load("salesforce")
        settings = connector.read_settings("salesforce", {"url": server.base_url, "auth": auth})
        yield Bench(org, server, connector.open("salesforce", settings)[0])


def test_a_record_type_is_read_by_its_name(bench: Bench) -> None:
    renewal = bench.happen("insert", "RecordType", record={"Name": "更新", "SobjectType": "Opportunity"})
    user = bench.happen(
        "insert", "User", record={"LastName": "IS", "Email": "is@example.jp", "Username": "is@example.jp"}
    )
    deal = {"Name": "d", "StageName": "Prospecting", "CloseDate": "2026-12-01", "OwnerId": user}
    bench.happen("insert", "Opportunity", record={**deal, "RecordTypeId": renewal})
    bench.happen("insert", "Opportunity", record=deal)
    told = bench.read()
    assert [one["RecordType.Name"] for one in told] == ["更新", None]
    assert [one["Owner.Email"] for one in told] == ["is@example.jp"] * 2


def test_an_org_without_record_types_is_no_news_and_another_hidden_parent_is(bench: Bench) -> None:
    deals = bench.org.data.find_object("Opportunity")
    assert deals is not None
    for name in ("RecordTypeId", "OwnerId"):
        del deals.fields[next(one for one in deals.fields if one.lower() == name.lower())]
    (spec,), off, unreadable = bench.source.available([DEALS])
    assert (spec.fields, off, unreadable) == (("Type",), {}, {"Opportunity": ["Owner.Email"]})


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ({"RecordType": {"Name": "更新"}}, {"RecordType.Name": "更新"}),
        ({"RecordType": None}, {"RecordType.Name": None}),
        ({"RecordType": "odd"}, {"RecordType.Name": None}),
        ({"RecordType": {"Name": ["odd"]}}, {"RecordType.Name": None}),
        ({}, {}),
    ],
)
def test_whatever_shape_the_parent_has(row: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    whole = {"Id": "0060000000000O1", "SystemModstamp": "2026-10-06T01:00:00.000+0000", **row}
    record = make_record(DEALS, whole, Reading("salesforce", START + timedelta(hours=1), lambda: ZoneInfo("UTC")))
    assert record is not None
    assert record.values == values
