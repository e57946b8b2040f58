"""Everything that can be done to a client, by name: what a campaign walks through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.simulator.hubspot import refusal as hubspot
from connectors.simulator.hubspot import switches as hubspot_switches
from connectors.simulator.refusal import Plan, Refusal, RowRefusal
from connectors.simulator.salesforce import refusal as salesforce
from connectors.simulator.salesforce import switches as salesforce_switches

System = Literal["salesforce", "hubspot"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble. `plan` gives the control action and payload that plant it on that system's server."""

    system: System
    kind: Literal["request", "row", "part", "switch"]
    name: str
    topic: str
    """What the refused requests are about; of a row the batch; of a switch its name."""
    passes: bool
    """Goes away although nobody repairs anything (a planted one after its `times`). A switch stays as it is set."""
    plan: Callable[..., Plan]
    """`plan(times=1, after=0, seconds=0.5)` of a request, `plan(record_id, times=1)` of a row, `plan(url="", times=1)`
    of a part, `plan()` of a switch."""

    @property
    def key(self) -> str:
        """Unique name, for reports and for `--only`."""
        return f"{self.system}.{self.kind}.{self.topic}.{self.name}"


def troubles() -> dict[str, Trouble]:
    """All of them by key: every refusal at every topic, every refusal of a row or part, every switch's other values."""
    return {one.key: one for one in (*_of_salesforce(), *_of_hubspot())}


def _of_salesforce() -> Iterator[Trouble]:
    yield from _requests("salesforce", salesforce.refusals())
    yield from _rows("salesforce", salesforce.row_refusals())
    for name, passes in salesforce.part_refusals().items():
        yield Trouble("salesforce", "part", name, "read", passes, _plan_part(name))
    yield from _switches("salesforce", salesforce_switches.alternatives())


def _of_hubspot() -> Iterator[Trouble]:
    yield from _requests("hubspot", hubspot.refusals())
    yield from _rows("hubspot", hubspot.row_refusals())
    yield from _switches("hubspot", hubspot_switches.alternatives())


def _requests(system: System, refusals: Mapping[str, Refusal]) -> Iterator[Trouble]:
    for refusal in refusals.values():
        for topic in refusal.about:
            yield Trouble(system, "request", refusal.name, topic, refusal.passes, _plan_request(refusal, topic))


def _rows(system: System, rows: Mapping[str, RowRefusal]) -> Iterator[Trouble]:
    for row in rows.values():
        topic = str(row.fields.get("on", "write")).replace("update", "write")
        yield Trouble(system, "row", row.name, topic, row.passes, row.plan)


def _switches(system: System, switches: Mapping[str, tuple[Any, ...]]) -> Iterator[Trouble]:
    for name, values in switches.items():
        for value in values[1:]:
            yield Trouble(system, "switch", str(value), name, False, _plan_switch(name, value))


def _plan_request(refusal: Refusal, topic: str) -> Callable[..., Plan]:
    return lambda **how: refusal.plan(topic, **how)


def _plan_part(name: str) -> Callable[..., Plan]:
    return lambda url="", **how: salesforce.plan_part(name, url, **how)


def _plan_switch(name: str, value: Any) -> Callable[..., Plan]:
    return lambda: ("switch", {name: value})
