"""What both connectors spend, over HTTP against the simulators: on a driven clock, so that no wait takes real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

import connectors
from connectors.kit.pace import Pace
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault
from connectors.simulator.hubspot import HubSpotPortal
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from sync.budget import Limit, Purpose, calling_for
from sync.core.model.records import Kind, RecordRef
from sync.errors import AuthError, BudgetExhausted, Throttled, TransientError
from sync.ports import KeepsCount, Sink, Source, StreamSpec

START = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)
"""Of the portal, which lies in Tokyo."""


@dataclass
class Bench:
    kind: str
    server: LoopbackServer
    clock: SimClock
    settings: Mapping[str, Any]
    spec: StreamSpec
    people: list[str]
    slept: list[float]

    def open(self, budget: Any = "20%", reread: Callable[[], Any] | None = None, **more: Any) -> tuple[Source, Sink]:
        connector = connectors.load(self.kind)
        read = connector.read_settings(self.kind, {**self.settings, "budget": budget, **more})
        pace = Pace(lambda: self.clock.now().timestamp(), self._sleep)
        source, sink = connector.open(self.kind, read, pace=pace, **({"reread": reread} if reread else {}))
        source.tenant()  # also tells the time zone
        return source, sink

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def read(self, source: Source, purpose: Purpose = Purpose.HEAD) -> int:
        """One reading that costs calls; how many records it brought."""
        with calling_for(purpose):
            return len(list(source.read(self.spec, self.people)))

    def others_use(self, calls: int) -> None:
        self.server.control("usage", {"others": calls})

    @property
    def calls(self) -> int:
        """What was asked and costs."""
        return sum(entry.cost > 0 for entry in self.server.log)


@pytest.fixture
def salesforce() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(SalesforceOrg(clock, daily_limit=1000)) as server:
        event = {"op": "insert", "object": "Lead", "record": {"LastName": "x", "Company": "y"}}
        ids = server.control("apply", {"events": [event]})["ids"]
        auth = {"flow": "client_credentials", "client_id": "sim-consumer-key", "client_secret": "sim-consumer-secret"}
        settings = {"url": server.base_url, "auth": auth}
        yield Bench("salesforce", server, clock, settings, StreamSpec("Lead", Kind.PERSON), ids, [])


@pytest.fixture
def hubspot() -> Iterator[Bench]:
    clock = SimClock(START, speed=0)
    with LoopbackServer(HubSpotPortal(clock, daily_max=1000, index_lag=(0, 0))) as server:
        event = {"op": "insert", "object": "contacts", "record": {"properties": {"lastname": "x"}}}
        ids = server.control("apply", {"events": [event]})["ids"]
        settings = {"url": server.base_url, "auth": {"flow": "token", "token": "pat-na1-simulator"}}
        yield Bench("hubspot", server, clock, settings, StreamSpec("contacts", Kind.PERSON), ids, [])


@pytest.fixture(params=["salesforce", "hubspot"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return request.getfixturevalue(request.param)


def test_no_purpose_goes_past_its_share_and_what_was_refused_was_not_asked(bench: Bench) -> None:
    source, _ = bench.open(40)
    for purpose, share in zip(reversed(Purpose), (0.5, 0.8, 0.9, 0.95, 1.0), strict=True):
        with pytest.raises(BudgetExhausted) as caught:
            for _ in range(99):
                bench.read(source, purpose)
        assert bench.calls == int(40 * share)
        assert caught.value.retry_after and "budget.daily" in str(caught.value)
    assert source.usage().ours == bench.calls == 40


def test_a_share_is_of_what_the_vendor_says_the_account_has(bench: Bench) -> None:
    source, _ = bench.open("5%")
    with pytest.raises(BudgetExhausted, match=r"45 of 45 calls \(50 a day"):
        for _ in range(99):
            bench.read(source)
    assert bench.calls == 45
    bench.server.control("switch", {"daily_limit" if bench.kind == "salesforce" else "daily_max": 2000})
    assert bench.read(source, Purpose.DEADLINE)  # the next answer tells of the larger quota
    assert bench.read(source)


def test_it_goes_on_at_the_instant_that_it_named_and_not_before(bench: Bench) -> None:
    source, _ = bench.open(10)
    with pytest.raises(BudgetExhausted) as caught:
        for _ in range(99):
            bench.read(source)
    (pause,) = [one for one in source.usage().pauses if one.purpose is Purpose.HEAD]
    assert (pause.limit, pause.since) == (Limit.BUDGET, START)
    assert pause.until == (MIDNIGHT if bench.kind == "hubspot" else START + timedelta(hours=25))
    assert caught.value.retry_after == (pause.until - START).total_seconds()
    before = len(bench.server.log)
    for gap in (pause.until - START - timedelta(seconds=1), timedelta(0)):
        bench.clock.advance(gap)
        with pytest.raises(BudgetExhausted):
            bench.read(source)
        assert source.server_time() == bench.clock.now()  # without a call
    assert len(bench.server.log) == before
    bench.clock.advance(timedelta(seconds=1))
    assert bench.read(source)
    assert not [one for one in source.usage().pauses if one.purpose is Purpose.HEAD]


def test_it_yields_to_other_tools_but_for_deadlines(bench: Bench) -> None:
    source, _ = bench.open("20%")
    bench.read(source)
    bench.others_use(800)
    bench.read(source)  # whose answer tells
    for purpose in list(Purpose)[1:]:
        with pytest.raises(BudgetExhausted, match="all tools together"):
            bench.read(source, purpose)
    assert bench.read(source, Purpose.DEADLINE)
    usage = source.usage()
    assert usage.quota_used is not None and usage.quota_used >= 800
    assert usage.ours < 20
    assert {one.limit for one in usage.pauses} == {Limit.ACCOUNT}
    assert {one.purpose for one in usage.pauses} == set(Purpose) - {Purpose.DEADLINE}


def test_a_used_up_account_is_left_alone_by_everybody(bench: Bench) -> None:
    source, _ = bench.open("20%")
    bench.others_use(1000)
    with pytest.raises(BudgetExhausted, match="used up"):
        bench.read(source, Purpose.DEADLINE)
    before = len(bench.server.log)
    for purpose in Purpose:
        with pytest.raises(BudgetExhausted):
            bench.read(source, purpose)
    bench.clock.advance(timedelta(minutes=14))
    with pytest.raises(BudgetExhausted):
        bench.read(source, Purpose.DEADLINE)
    assert len(bench.server.log) == before
    assert bench.slept == []
    (until,) = {one.until for one in source.usage().pauses}
    bench.clock.set(max(until, START + timedelta(hours=24)))
    assert bench.read(source)


def test_calls_of_an_earlier_process_count(bench: Bench) -> None:
    source, _ = bench.open(20)
    assert isinstance(source, KeepsCount)
    for _ in range(7):
        bench.read(source)
    spent = source.take_spent()
    assert sum(spent.values()) == bench.calls
    again, _ = bench.open(20)
    assert isinstance(again, KeepsCount)
    again.set_spent({hour: calls + again.take_spent()[hour] for hour, calls in spent.items()})
    with pytest.raises(BudgetExhausted):
        for _ in range(99):
            bench.read(again)
    assert bench.calls == 18


def test_a_limit_for_the_app_is_read_from_salesforce(salesforce: Bench) -> None:
    source, _ = salesforce.open(500)
    salesforce.server.control("switch", {"per_app_usage": 10})
    with pytest.raises(BudgetExhausted, match="9 of 10 calls are used that the admin allows this app"):
        for _ in range(99):
            salesforce.read(source)
    assert salesforce.read(source, Purpose.DEADLINE)


# -- windows and seconds


def test_a_burst_keeps_to_our_share_of_the_window_without_a_refusal(hubspot: Bench) -> None:
    hubspot.server.control("switch", {"burst_max": 40, "daily_max": 1_000_000})
    source, _ = hubspot.open("20%")
    for _ in range(100):
        hubspot.read(source)
    times = [entry.at for entry in hubspot.server.log]
    assert not [entry for entry in hubspot.server.log if entry.status == 429]
    assert max(sum(at <= one < at + timedelta(seconds=10) for one in times[1:]) for at in times) <= 30
    assert hubspot.clock.now() - START < timedelta(seconds=45)


def test_associations_keep_to_their_own_window(hubspot: Bench) -> None:
    hubspot.server.control("switch", {"burst_max": 190, "association_max": 150, "daily_max": 1_000_000})
    source, _ = hubspot.open("20%")
    calls = StreamSpec("calls", Kind.ACTIVITY)
    subject = RecordRef("hubspot", "contacts", hubspot.people[0])
    for _ in range(200):
        list(source.activities_of([calls], [subject]))
    asked = [entry for entry in hubspot.server.log if "/associations/" in entry.path]
    assert len(asked) == 200
    assert {entry.status for entry in hubspot.server.log} <= {200, 207}
    first = asked[0].at
    assert sum(entry.at < first + timedelta(seconds=10) for entry in asked) <= 112


def test_others_with_the_same_key_slow_us_down(hubspot: Bench) -> None:
    source, _ = hubspot.open("20%")
    tight = {"X-HubSpot-RateLimit-Max": "100", "X-HubSpot-RateLimit-Remaining": "0"}
    body = {"status": "COMPLETE", "results": []}
    hubspot.server.faults.add(Fault("status", {"path": "batch/read"}, status=200, body=body, headers=tight))
    with pytest.raises(TransientError, match="left out"):
        hubspot.read(source)
    hubspot.read(source)
    assert hubspot.slept == [10.0]


def test_searches_leave_room_for_other_tools(hubspot: Bench) -> None:
    source, _ = hubspot.open("20%")
    for _ in range(12):
        list(source.head([hubspot.spec], {"contacts": {"lo": 0, "hi": None, "last": 0, "seen": {}}}))
    times = [entry.at for entry in hubspot.server.log if entry.path.endswith("/search")]
    assert len(times) == 12
    assert max(sum(at <= one < at + timedelta(seconds=1) for one in times) for at in times) == 3


@pytest.mark.parametrize(
    ("body", "shortest", "longest"),
    [
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, 1, 2),
        ({"policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"}, 10, 12.5),
    ],
)
def test_a_window_that_others_filled_is_waited_out_and_not_for_ever(
    hubspot: Bench, body: dict[str, str], shortest: float, longest: float
) -> None:
    source, _ = hubspot.open("20%")
    fault = Fault("status", {"path": "batch/read"}, status=429, body=body)
    hubspot.server.faults.add(fault)
    hubspot.read(source)
    (slept,) = hubspot.slept
    assert shortest <= slept <= longest
    hubspot.server.faults.add(Fault("status", {"path": "batch/read"}, times=None, status=429, body=body))
    with pytest.raises(Throttled):
        hubspot.read(source)
    assert sum(hubspot.slept) < 40


# -- where answers do not tell the account's counter


def test_an_account_that_tells_no_counter_is_asked_for_it_every_quarter_of_an_hour(hubspot: Bench) -> None:
    hubspot.server.control("switch", {"daily_headers": False})
    source, _ = hubspot.open("2%")
    for _ in range(5):
        hubspot.read(source)
    asked = [entry for entry in hubspot.server.log if "api-usage" in entry.path]
    assert len(asked) == 1
    assert (source.usage().quota_max, source.usage().allowance) == (1000, 20)
    hubspot.clock.advance(timedelta(minutes=15))
    hubspot.read(source)
    assert sum("api-usage" in entry.path for entry in hubspot.server.log) == 2


def test_a_token_that_may_not_ask_for_it_is_not_stopped(hubspot: Bench) -> None:
    hubspot.server.control("switch", {"daily_headers": False})
    hubspot.server.faults.add(
        Fault("status", {"path": "api-usage"}, times=None, status=403, body={"category": "MISSING_SCOPES"})
    )
    source, _ = hubspot.open("2%")
    for _ in range(30):
        assert hubspot.read(source)
    assert sum("api-usage" in entry.path for entry in hubspot.server.log) == 1
    assert source.usage().allowance is None


# -- credentials that change


def test_a_rotated_key_is_picked_up_at_the_first_refusal(hubspot: Bench) -> None:
    key = {"now": "pat-na1-simulator"}

    def reread() -> Any:
        settings = {**hubspot.settings, "auth": {"flow": "token", "token": key["now"]}}
        return connectors.load("hubspot").read_settings("hubspot", settings)

    source, _ = hubspot.open(reread=reread)
    hubspot.read(source)
    hubspot.server.control("token", {"token": "pat-na1-rotated"})
    before = len(hubspot.server.log)
    with pytest.raises(AuthError) as caught:
        hubspot.read(source)
    assert "pat-" not in str(caught.value)
    assert len(hubspot.server.log) == before + 1, "the same key is not tried again"
    key["now"] = "pat-na1-rotated"
    assert hubspot.read(source)
    assert [entry.status for entry in hubspot.server.log[before + 1 :]] == [401, 200]


def test_a_rotated_secret_is_used_for_the_next_token(salesforce: Bench) -> None:
    auth = {**salesforce.settings["auth"]}

    def reread() -> Any:
        return connectors.load("salesforce").read_settings("salesforce", {**salesforce.settings, "auth": auth})

    source, _ = salesforce.open(reread=reread)
    salesforce.server.system.credentials.consumer_secret = "rotated"  # pyright: ignore[reportAttributeAccessIssue]  # the org's own
    salesforce.server.control("expire_sessions")
    auth["client_secret"] = "rotated"
    assert salesforce.read(source)


def test_a_refused_renewal_stops_without_hammering(bench: Bench) -> None:
    oauth = {"flow": "oauth", "client_id": "simulator-client", "client_secret": "simulator-secret",
             "refresh_token": "na1-simulator-refresh"}  # fmt: skip
    more: dict[str, Any] = {"auth": oauth} if bench.kind == "hubspot" else {}
    source, sink = bench.open("20%", None, **more)
    if bench.kind == "hubspot":
        bench.server.control("revoke")
        bench.server.control("expire")
    else:
        bench.server.system.credentials.run_as = False  # pyright: ignore[reportAttributeAccessIssue]  # the org's own
        bench.server.control("expire_sessions")
    before = len(bench.server.log)
    for _ in range(5):
        with pytest.raises(AuthError):
            bench.read(source)
        with pytest.raises(AuthError):
            sink.read_flags([RecordRef(bench.kind, bench.spec.name, bench.people[0])])
    assert [("token" in entry.path, entry.status) for entry in bench.server.log[before:]] == [(False, 401), (True, 400)]


def test_a_token_that_expires_in_the_middle_is_renewed_once_and_nothing_is_lost(bench: Bench) -> None:
    oauth = {"flow": "oauth", "client_id": "simulator-client", "client_secret": "simulator-secret",
             "refresh_token": "na1-simulator-refresh"}  # fmt: skip
    more: dict[str, Any] = {"auth": oauth} if bench.kind == "hubspot" else {}
    source, _ = bench.open("20%", None, **more)
    bench.read(source)
    expired = {
        "status": "error",
        "category": "EXPIRED_AUTHENTICATION",
        "message": "The OAuth token expired 1 second(s) ago.",
    }
    session = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    path, body = ("batch/read", expired) if bench.kind == "hubspot" else ("composite", session)
    before = len(bench.server.log)
    bench.server.faults.add(Fault("status", {"path": path}, after=1, status=401, body=body))
    assert [bench.read(source) for _ in range(3)] == [len(bench.people)] * 3
    asked = [("token" in entry.path, entry.status) for entry in bench.server.log[before:]]
    assert [status for token, status in asked if token] == [200]
    assert len(asked) == 5
    assert bench.slept == []


def test_calls_are_counted_once_each(bench: Bench) -> None:
    source, _ = bench.open("20%")
    times = [bench.calls]
    for _ in range(3):
        bench.read(source)
        times.append(bench.calls)
    assert {later - earlier for earlier, later in pairwise(times[1:])} == {1}
    assert source.usage().ours == bench.calls
