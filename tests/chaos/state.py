"""Troubles that are no single answer: what the CRMs take away for a while, and when and how things become visible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connectors.hubspot.fields import WIRE_NAMES as HUBSPOT_NAMES
from connectors.salesforce.fields import WIRE_NAMES as SALESFORCE_NAMES
from sync.flow.link import link_dirty
from sync.flow.pull import pull_head
from sync.store import records
from tests.chaos import people
from tests.chaos.bed import Bed

Doing = Callable[[Bed], None]
PATIENCE = 1.0
"""Seconds of real time that Baton waits for an answer in runs with slow ones."""
FLOOD = 25_000
ONCE = frozenset(("25,000 rows on one stamp",))
"""What takes too long to come back in the runs of everything together."""
_MAPPED = ("Pain__c", "Budget_Status__c", "Desired_Timing__c", "Next_Action__c", "Phone", "LeadSource")
_OURS = ("status", "missing_items", "note", "next_actor")
_READ_SCOPES = ("crm.objects.contacts.read", "crm.objects.owners.read", "sales-email-read")


def _access(bed: Bed, stream: str, name: str, **rights: bool) -> None:
    bed.control("salesforce", "fls", {"object": stream, "field": name, **rights})


def _begin_access(names: tuple[str, ...], **rights: bool) -> Doing:
    def begin(bed: Bed) -> None:
        stream, name = bed.random.choice(("Lead", "Opportunity")), bed.random.choice(names)
        if bed.org.data.tables[stream].kind.find(name) is None:
            stream = "Lead"
        bed.kept.setdefault("fls", []).append((stream, name))
        _access(bed, stream, name, **rights)
        if bed.random.random() < 0.5:
            bed.engine.forget()

    return begin


def _end_access(name: str) -> Doing:
    def end(bed: Bed) -> None:
        stream, field = bed.kept["fls"].pop()
        _access(bed, stream, field, readable=True, editable=True)
        bed.strike(name)

    return end


def _scopes(kept: Callable[[str], bool], name: str) -> tuple[Doing, Doing]:
    def begin(bed: Bed) -> None:
        every = sorted(bed.portal.credentials.scopes)
        bed.kept["scopes"] = every
        gone = bed.random.choice(_READ_SCOPES)
        bed.control("hubspot", "scopes", {"scopes": [s for s in every if s != gone and kept(s)]})

    def end(bed: Bed) -> None:
        bed.control("hubspot", "scopes", {"scopes": bed.kept.pop("scopes")})
        bed.strike(name)

    return begin, end


def _switch(name: str, system: str, values: dict[str, Any], back: dict[str, Any]) -> tuple[Doing, Doing]:
    def begin(bed: Bed) -> None:
        bed.control(system, "switch", values)

    def end(bed: Bed) -> None:
        bed.control(system, "switch", back)
        bed.strike(name)

    return begin, end


def _expire(bed: Bed) -> None:
    bed.control("salesforce", "expire_sessions", {})
    bed.strike("token expires")


def cut_pages(bed: Bed) -> None:
    """The org answers with so few rows that every query has pages."""
    bed.control("salesforce", "switch", {"page_cap": 5})


def join_pages(bed: Bed) -> None:
    bed.control("salesforce", "switch", {"page_cap": None})


def _expire_locators(bed: Bed) -> None:
    cut_pages(bed)
    bed.control("salesforce", "expire_locators", {})


def _locators_live(bed: Bed) -> None:
    join_pages(bed)
    bed.strike("locators expire")


def _late_begin(bed: Bed) -> None:
    """Half of what people do now commits up to fifteen minutes later than it is stamped; Baton reads in between."""
    bed.control("salesforce", "switch", {"late_share": 0.5, "late_seconds": 900.0})
    bed.live_on(acts=6, minutes=0.1)
    for _ in range(6):
        people.edit(bed.trial.world, bed.random, bed.now, bed.moved)
    bed.pass_time(0.1)
    bed.strike("late commits", len(bed.org.commits))
    bed.control("salesforce", "switch", {"late_share": 0.0})


def _at_the_last_second(bed: Bed) -> None:
    """The search index has not seen what people did, and Baton reads now."""
    bed.live_on(acts=6, minutes=0.1)
    bed.strike("index lag", 6)


def _rule_begin(bed: Bed) -> None:
    blank = bed.random.choice(("Website", "Industry", "Phone"))
    rule = {"object": "Lead", "blank": blank, "message": f"{blank} is required by the admin"}
    bed.control("salesforce", "validation_rules", {"rules": [rule]})


def _rule_end(bed: Bed) -> None:
    bed.control("salesforce", "validation_rules", {"rules": []})
    bed.strike("validation rule")


def _lock_begin(bed: Bed) -> None:
    rows = [r for s in ("Lead", "Opportunity") for r in bed.org.data.tables[s].rows]
    locked = bed.random.sample(rows, len(rows) // 2)
    bed.control("salesforce", "locks", {"add": [{"parent": one, "seconds": 20} for one in locked]})
    bed.strike("row locks", len(locked))


def _edit_ours(bed: Bed) -> None:
    """Somebody types into our fields, or an import overwrites them."""
    from tests.chaos.judge import held

    refs = sorted(held(bed.trial))
    for ref in bed.random.sample(refs, min(len(refs), 4)):
        system, stream, record_id = ref.split(":")
        if system == "salesforce":
            record: dict[str, Any] = {SALESFORCE_NAMES["next_actor"]: bed.random.choice(("is", "fs", "none"))}
        else:
            record = {"properties": {HUBSPOT_NAMES["next_actor"]: bed.random.choice(("is", "fs", "none"))}}
        event = {"at": None, "system": system, "op": "update", "object": stream, "id": record_id, "record": record}
        bed.trial.simulator.apply([event])
        bed.edited.add(ref)
        bed.strike("our fields edited by hand")


def _touch_all(bed: Bed) -> None:
    """An admin's mass edit: everything gets one stamp, and nothing that matters changes."""
    stamp = bed.now.replace(microsecond=0).isoformat()
    events: list[dict[str, Any]] = []
    for stream in ("Lead", "Opportunity"):
        rows = [r for r in bed.org.data.tables[stream].rows.values() if not r["IsDeleted"]]
        field = {"Lead": "Website", "Opportunity": "Description"}[stream]
        events += [
            {
                "at": stamp,
                "system": "salesforce",
                "op": "update",
                "object": stream,
                "id": r["Id"],
                "record": {field: "https://example.jp"},
            }
            for r in rows
        ]
    bed.trial.simulator.apply(events)
    bed.strike("mass edit on one stamp", len(events))


def _meanwhile(bed: Bed) -> None:
    """People edit, and their edits are read and linked, between the loading of what is judged and its settling."""

    def edit_and_read() -> None:
        world, now = bed.trial.world, bed.now
        for journey in [j for j in world.plots.journeys if j.exists and not j.out and j.lead and not j.converted][:12]:
            assert journey.lead is not None
            item, writer = bed.random.choice(("pain", "budget_status", "next_action")), world.plots.writer
            cell = writer.placeholder(item) if journey.lead.cell(item).usable else writer.sound(item)
            world.ledger.set_values(journey.lead, now, journey.rep, {item: cell})
        bed.trial.simulator.apply(world.advance(now))
        with bed.engine.another() as context:
            for connection in context.connections.values():
                pull_head(context, connection, connection.streams, now)
            link_dirty(context, now)
        bed.strike("read while it judges")

    bed.wire.meanwhile = edit_and_read


def _meanwhile_end(bed: Bed) -> None:
    bed.wire.meanwhile = None


def _hard_delete(bed: Bed) -> None:
    """A lead and a logged call leave the org without passing the bin: only the feed of deletions tells, or a comparison.
    Not a call with a deal that somebody entered: it may be all that brings this into the scope."""
    world = bed.trial.world
    quiet = world.plots.quiet(bed.now, hs=False)
    bed.pass_time(1)
    bed.cycle()
    gone = [quiet.anchor.ref] if quiet.exists else []
    found = [one for one in world.plots.journeys if one.exists and not one.plot.startswith("deal_")]
    touches = [touch for journey in found for touch in journey.touches]
    called = [touch for touch in touches if touch.ref.startswith("salesforce:Task:")]
    if called:
        touch = bed.random.choice(called)
        for one in world.plots.journeys:
            if touch in one.touches:
                one.touches.remove(touch)
                bed.moved.append(one)
        gone.append(touch.ref)
    for ref in gone:
        _, stream, record_id = ref.split(":")
        bed.erased.append(ref)
        bed.trial.simulator.apply(
            [{"at": None, "system": "salesforce", "op": "hard_delete", "object": stream, "id": record_id}]
        )
    quiet.gone = True
    bed.strike("hard deletion", len(gone))


def _unshare(bed: Bed) -> None:
    """The admin takes some records away from our user, and gives them back later: no stamp tells of either."""
    rows = [one for stream in ("Lead", "Opportunity") for one in bed.org.data.tables[stream].rows]
    hidden = bed.random.sample(rows, min(len(rows), 4))
    bed.kept["hidden"] = hidden
    bed.control("salesforce", "share", {"add": [{"id": one, "access": "none"} for one in hidden]})
    bed.strike("records not shared", len(hidden))


def _share(bed: Bed) -> None:
    bed.control("salesforce", "share", {"add": [{"id": one, "access": "edit"} for one in bed.kept.pop("hidden")]})


def _neighbour_begin(bed: Bed) -> None:
    """HubSpot's own Salesforce sync runs beside us, ten to fifteen minutes late; what it copies the world knows nothing of."""
    bed.untrue = True
    user = bed.trial.world.colleagues["hubspot-sync"].user_id
    bed.kept["neighbour"] = bed.trial.simulator.start_neighbour(user_id=user, stores_ids=False)
    bed.live_on(acts=4, minutes=5)
    for _ in range(3):
        bed.pass_time(9)
        done = bed.kept["neighbour"].run()
        bed.strike("native sync beside us", sum(count for name, count in done.items() if name != "waiting") + 1)


def _neighbour_end(bed: Bed) -> None:
    bed.pass_time(16)
    bed.kept.pop("neighbour").run()
    bed.trial.simulator.neighbour = None


def _flood(bed: Bed) -> None:
    """More contacts than a search ever shows get one millisecond; out of scope, so that the slow reading may skip them."""
    made = [
        {
            "at": None,
            "system": "hubspot",
            "op": "insert",
            "object": "contacts",
            "record": {"properties": {"lastname": "Flood", "lifecyclestage": "subscriber"}},
        }
        for _ in range(FLOOD)
    ]
    bed.flood = set(bed.trial.simulator.apply(made))
    edit = {"at": None, "system": "hubspot", "op": "mass_update", "object": "contacts", "ids": sorted(bed.flood)}
    bed.trial.simulator.apply([{**edit, "record": {"properties": {"jobtitle": "担当"}}}])
    bed.pass_time(1)
    bed.cycle()
    bed.strike("25,000 rows on one stamp", len(bed.flood))


def _flood_end(bed: Bed) -> None:
    bed.pass_time(1)
    bed.cycle(sweep=True)
    with bed.engine.start().store.read() as tx:
        kept = records.count_by_stream(tx)["hubspot", "contacts"]
    if kept < FLOOD:
        bed.losses.append(f"of a flood of {FLOOD} contacts only {kept} are there")


def _restart(bed: Bed) -> None:
    bed.engine.stop()
    bed.strike("restart")


def _clock_jump(bed: Bed) -> None:
    bed.pass_time(60 * bed.random.choice((7, 26, 50)))
    bed.strike("long pause")


def _nothing(_bed: Bed) -> None:
    pass


_fewer = _scopes(lambda _: True, "scopes missing")
_absent = _switch(
    "object gone", "salesforce", {"absent_objects": ["LeadHistory", "OpportunityFieldHistory"]}, {"absent_objects": []}
)
_quota = _switch("daily quota ends", "salesforce", {"daily_limit": 1}, {"daily_limit": 115_000})
_hs_quota = _switch(
    "daily quota ends (HubSpot)",
    "hubspot",
    {"limits": "simulated", "daily_max": 1},
    {"limits": "off", "daily_max": 625_000},
)
STATES: tuple[tuple[Any, ...], ...] = (
    # name, begin, end, drive, blind, lasting, believed
    ("field hidden", _begin_access(_MAPPED, readable=False), _end_access("field hidden"), None, True, True),
    (
        "our field hidden",
        _begin_access(tuple(SALESFORCE_NAMES[n] for n in _OURS), readable=False),
        _end_access("our field hidden"),
        None,
        True,
        True,
    ),
    (
        "our field read-only",
        _begin_access(tuple(SALESFORCE_NAMES[n] for n in _OURS), editable=False),
        _end_access("our field read-only"),
        None,
        True,
        True,
    ),
    ("scopes missing", *_fewer, None, True, True),
    ("object gone", *_absent, None, True, True),
    ("daily quota ends", *_quota, None, False, False),
    ("daily quota ends (HubSpot)", *_hs_quota, None, False, False),
    ("token expires", _expire, _nothing, None, False, False),
    ("locators expire", _expire_locators, _locators_live, None, False, False),
    ("late commits", _late_begin, _nothing, None, False, False),
    ("index lag", _at_the_last_second, _nothing, None, False, False),
    ("validation rule", _rule_begin, _rule_end, None, False, False),
    ("row locks", _lock_begin, _nothing, None, False, False),
    ("our fields edited by hand", _edit_ours, _nothing, None, False, False),
    ("mass edit on one stamp", _touch_all, _nothing, None, False, False),
    ("read while it judges", _meanwhile, _meanwhile_end, None, False, False),
    ("hard deletion", _hard_delete, _nothing, None, True, False, True),
    ("records not shared", _unshare, _share, None, True, False, True),
    ("native sync beside us", _neighbour_begin, _neighbour_end, None, False, False),
    ("25,000 rows on one stamp", _flood, _flood_end, None, False, False),
    ("restart", _restart, _nothing, None, False, False),
    ("long pause", _clock_jump, _nothing, None, False, False),
)
LAG = timedelta(seconds=31)
