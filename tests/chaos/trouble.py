"""Every kind of trouble by name. Each begins, lasts for an episode of a run, and is over; it counts its own strikes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.simulator.hubspot import refusal as hubspot
from connectors.simulator.refusal import Plan, Refusal, RowRefusal
from connectors.simulator.salesforce import refusal as salesforce
from tests.chaos import death, state
from tests.chaos.bed import Bed

Doing = Callable[[Bed], None]
_FREQUENT = frozenset(("read", "search", "write", "token"))
"""Topics that every cycle asks about."""
_OF_A_DAY = frozenset(("daily_limit", "429_daily"))
"""Refusals that stop all calls until the next day."""


def nothing(_bed: Bed) -> None:
    pass


@dataclass(frozen=True)
class Trouble:
    """`drive`: how Baton is run under it, where that is not a cycle or two in this process."""

    name: str
    begin: Doing = nothing
    end: Doing = nothing
    drive: Doing | None = None
    blind: bool = False
    """While it lasts Baton is not served what the reference has heard."""
    lasting: bool = False
    """What it breaks is found again only when tenants and streams are checked anew."""
    believed: bool = False
    """A lie that Baton must believe until the daily comparison: afterwards only the end of the run tells."""
    writes: bool = False
    """It strikes writes alone, of which a cycle has few: people keep editing while it lasts."""


def all_troubles() -> dict[str, Trouble]:
    """By name, in an order that never changes."""
    found = [*_refused("sf", "salesforce", salesforce.refusals().values())]
    found += _refused("hs", "hubspot", hubspot.refusals().values())
    found += [_row("salesforce", "row", ("Lead", "Opportunity"), one) for one in salesforce.row_refusals().values()]
    found += [_row("hubspot", "hs row", ("contacts",), one) for one in hubspot.row_refusals().values()]
    found += [_part(f"part:{name}", partial(salesforce.plan_part, name)) for name in salesforce.part_refusals()]
    found += [Trouble(name, *rest) for name, *rest in state.STATES]
    found += [Trouble(name, drive=drive) for name, drive in death.DEATHS.items()]
    named = {one.name: one for one in found}
    assert len(named) == len(found), "two troubles have one name"
    return named


def _refused(short: str, system: str, refusals: Iterable[Refusal]) -> list[Trouble]:
    """Baton creates no record: what only a creation can meet is left out."""
    return [_refusal(f"{short}:{one.name}", system, one) for one in refusals if _topics(one)]


def _refusal(name: str, system: str, refusal: Refusal) -> Trouble:
    topics = _topics(refusal)
    begin = partial(_plant, system, name, refusal)
    if topics == ["replication"]:
        return _part(name, partial(_plan_feed, refusal), _sweep)
    if topics == ["page"]:
        return Trouble(name, partial(_plant_in_pages, begin), state.join_pages, _sweep)
    if refusal.name in _OF_A_DAY:
        return Trouble(name, begin, drive=_go_on_the_next_day)
    persistent = not refusal.passes and not _FREQUENT.isdisjoint(topics) and topics != ["write"]
    return Trouble(name, begin, drive=_start_again if persistent else None, writes=topics == ["write"])


def _plant_in_pages(plant: Doing, bed: Bed) -> None:
    state.cut_pages(bed)
    plant(bed)


def _sweep(bed: Bed) -> None:
    bed.cycle(sweep=True)


def _start_again(bed: Bed) -> None:
    """Somebody starts Baton again a few times, in vain while it lasts."""
    for _ in range(4):
        bed.engine.stop()
        bed.cycle(sweep=bed.random.random() < 0.4)
        bed.pass_time(5)


def _go_on_the_next_day(bed: Bed) -> None:
    """After a quota that has ended no call is made before it is full again."""
    bed.cycle()
    bed.pass_time(25 * 60)
    bed.cycle()


def _plan_feed(refusal: Refusal, *, times: int) -> Plan:
    """Feeds of deletions are asked along with queries, in one call: the refusal meets its part there."""
    (body,) = refusal.body
    part = {"url": "/deleted/", "status": refusal.status, "code": body["errorCode"], "message": body["message"]}
    return "part_errors", {"add": [{**part, "times": times}]}


def _topics(refusal: Refusal) -> list[str]:
    return sorted(set(refusal.matches) - {"create"})


def _plant(system: str, name: str, refusal: Refusal, bed: Bed) -> None:
    """On one or two of the topics that it is about, for some requests from one of the next on."""
    topics = _topics(refusal)
    chosen = set(bed.random.sample(topics, min(len(topics), bed.random.choice((1, 2, 3)))))
    if "write" in topics and bed.random.random() < 0.5:
        chosen.add("write")  # of which there are few
    if not chosen & _FREQUENT:
        chosen |= set(topics) & {"read", "search"}
    for topic in sorted(chosen):
        times = bed.random.choice((1, 3, 5, 8, 12, 16))
        seconds = bed.random.choice((0.02, state.PATIENCE + 0.3)) if refusal.kind == "slow" else 0.0
        fault = refusal.fault(topic, times=times, after=bed.random.choice((0, 0, 0, 1, 3)), seconds=seconds)
        bed.wire.plant(system, name, fault)
    if "token" in topics:
        bed.control(system, "expire_sessions" if system == "salesforce" else "expire", {})


def _row(system: str, short: str, streams: tuple[str, ...], refusal: RowRefusal) -> Trouble:
    """On most records of these streams, for the next write or few of each."""
    name = f"{short}:{refusal.name}"

    def begin(bed: Bed) -> None:
        for stream in streams:
            table = getattr(bed, "org" if system == "salesforce" else "portal").data.tables[stream]
            for record_id in getattr(table, "rows", None) or table.live:
                if bed.random.random() < 0.6:
                    bed.control(system, *refusal.plan(str(record_id), times=bed.random.choice((1, 2, 3))))
        bed.kept[name] = [(one, one.times or 0) for one in _planted(bed, system)]

    def end(bed: Bed) -> None:
        left = _planted(bed, system)
        bed.strike(name, sum(times - (one.times if one in left else 0) for one, times in bed.kept.pop(name)))
        bed.control(system, "row_errors", {"clear": True})

    lie = refusal.fields.get("on", "update") != "update"
    return Trouble(name, begin, end, blind=lie, believed=lie, writes=not lie)


def _planted(bed: Bed, system: str) -> list[Any]:
    return list(bed.org.obstacles.rows if system == "salesforce" else bed.portal.data.obstacles._rows)


def _part(name: str, plan: Callable[..., Plan], drive: Doing | None = None) -> Trouble:
    def begin(bed: Bed) -> None:
        times = bed.random.choice((1, 2, 4, 8))
        bed.kept[name] = times
        bed.control("salesforce", *plan(times=times))

    def end(bed: Bed) -> None:
        left = sum(one.times or 0 for one in bed.org.obstacles.parts)
        bed.strike(name, max(bed.kept.pop(name) - left, 0))
        bed.control("salesforce", "part_errors", {"clear": True})

    return Trouble(name, begin, end, drive)
