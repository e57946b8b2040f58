"""Two working weeks of first contacts, cycle by cycle: what the records say of them beside what anybody could have read.

What was readable is told from the CRMs' own records at the instant of each cycle (`Readable`), by rules written down here
once more; when a clock starts and is due is told by the generator. Neither knows Baton.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import Any

from connectors.hubspot.fields import WIRE_NAMES as HUBSPOT_NAMES
from connectors.salesforce.fields import WIRE_NAMES as SALESFORCE_NAMES
from connectors.simulator.world import days
from connectors.simulator.world.expectation import CONFIRM_AFTER, ClockState, Judge, blame
from connectors.simulator.world.journey import Journey
from sync.flow.connect import prepare
from sync.flow.context import Context
from sync.flow.cycle import run_once
from sync.flow.status import status
from sync.settings import write_overrides
from sync.trial import Trial
from tests.acceptance.harness import mark, opened, requests_since, rows_of, running_trial

INDEX_LAG = timedelta(seconds=30)
"""HubSpot's search sees a change this much later at most."""
STEP = timedelta(minutes=60)
WEEKS = timedelta(days=14)
DOWN = (datetime(2026, 11, 25, 3, 40, tzinfo=UTC), datetime(2026, 11, 27, 4, 10, tzinfo=UTC))
"""Wednesday 12:40 to Friday 13:10 in Tokyo: nobody runs Baton."""
_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
OUTAGE = datetime(2026, 11, 19, 9, 15, tzinfo=UTC)
"""Thursday 18:15 in Tokyo, when much is due."""
_NO_CALLS = {"kind": "status", "status": 503, "times": None, "match": {"path": "/calls/"}}
_PAUSED = {"owner_absent": "pause"}
SAME = timedelta(minutes=5)
_COPIES = ("Call", "Email")
_STREAMS = ("calls", "emails", "meetings", "communications")
_TEAMS: Mapping[str, tuple[str | None, ...]] = {"is": ("IS", "FS", None), "fs": ("FS", None)}
THIN = ("unlogged", "unlogged", "unlogged", "unlogged", "passed")
"""A company whose inside sales calls by phones that no system knows until they are imported, and whose field sales does not."""
KINDS = (
    "CTI call",
    "answered inbound",
    "missed inbound",
    "self-booked",
    "before the lead",
    "late-logged",
    "duplicated",
    "re-associated",
    "deleted",
    "absence",
    "badge of a batch",
    "due earlier with the batch",
    "card of no batch",
    "Task of the native sync",
    "due in the downtime",
    "written in the downtime",
    "breached",
    "corrected",
    "met late",
)
Shown = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Proof:
    """A contact that the APIs would tell of now."""

    ref: str
    at: datetime
    actor: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Something that tells of a contact which nobody may read."""

    at: datetime
    plain: bool
    """Nobody who looks now can miss it; else a later contact hides it from who did not look in time."""


class Readable:
    """Every qualifying activity in both CRMs as they are at this instant, by the record that it hangs on; and the traces of
    those that cannot be read."""

    def __init__(self, trial: Trial, blind: frozenset[str] = frozenset()) -> None:
        colleagues = trial.world.colleagues.values()
        self.actors = {one.user_id: one.actor for one in colleagues}
        self.actors |= {one.owner_id: one.actor for one in colleagues if one.owner_id}
        self.native = trial.world.colleagues["hubspot-sync"].user_id
        self.by_subject: dict[str, list[Proof]] = {}
        self.traces: dict[str, list[Trace]] = {}
        self.engaged: dict[str, list[tuple[str, datetime]]] = {}
        for row in rows_of(trial, "salesforce", "Task").values():
            if _is_live(row) and row["IsClosed"] and row["CreatedById"] != self.native and _is_task_contact(row):
                self._add(("WhoId", "WhatId"), row, "Task", _at(row["CompletedDateTime"]))
        for row in rows_of(trial, "salesforce", "Event").values():
            if _is_live(row) and row["CreatedById"] != self.native:
                self._add(("WhoId", "WhatId"), row, "Event", min(_at(row["CreatedDate"]), _at(row["StartDateTime"])))
        for row in rows_of(trial, "salesforce", "EmailMessage").values():
            if _is_live(row) and not row["Incoming"]:
                self._add(
                    ("RelatedToId",), {**row, "OwnerId": row["CreatedById"]}, "EmailMessage", _at(row["MessageDate"])
                )
        for stream in set(_STREAMS) - blind:
            found = trial.simulator.hubspot_server.control("dump", {"object": stream})
            for record_id, record in found.items():
                if not record["archived"]:
                    self._note(stream, record)
                if not record["archived"] and _is_engagement_contact(stream, record["properties"]):
                    self._add_engagement(stream, record_id, record)
        if blind:
            self._find_traces(trial, blind)

    def _note(self, stream: str, record: Mapping[str, Any]) -> None:
        for contact in record["associations"].get("contacts", []):
            self.engaged.setdefault(contact, []).append((stream, _at(record["properties"]["hs_timestamp"])))

    def _find_traces(self, trial: Trial, blind: frozenset[str]) -> None:
        """What nobody may read, by the contact; and calls and mails that the native sync copied."""
        people = trial.simulator.hubspot_server.control("dump", {"object": "contacts"})
        for stream in blind:
            for record in trial.simulator.hubspot_server.control("dump", {"object": stream}).values():
                at = _at(record["properties"]["hs_timestamp"])
                for contact in [] if record["archived"] else record["associations"].get("contacts", []):
                    stamp = people[contact]["properties"].get("notes_last_contacted")
                    others = (other for _, other in self.engaged.get(contact, ()))
                    plain = stamp is not None and _at(stamp) == at and not any(abs(o - at) <= SAME for o in others)
                    self.traces.setdefault(contact, []).append(Trace(at, plain))
        for row in rows_of(trial, "salesforce", "Task").values():
            if (
                _is_live(row)
                and row["IsClosed"]
                and row["CreatedById"] == self.native
                and row["TaskSubtype"] in _COPIES
            ):
                self.traces.setdefault(row["WhoId"], []).append(Trace(_at(row["CompletedDateTime"]), plain=False))

    def tell_of(self, journey: Journey, since: datetime, now: datetime) -> list[Trace]:
        """Traces of contacts on any record of the handoff."""
        found = [trace for entry in journey.entries() for trace in self.traces.get(entry.id, [])]
        return [one for one in found if since <= one.at <= now]

    def _add(self, links: tuple[str, ...], row: Mapping[str, Any], name: str, at: datetime) -> None:
        proof = Proof(f"salesforce:{name}:{row['Id']}", at, self.actors.get(row["OwnerId"]))
        for link in links:
            if row[link]:
                self.by_subject.setdefault(row[link], []).append(proof)

    def _add_engagement(self, stream: str, record_id: str, record: Mapping[str, Any]) -> None:
        held = record["properties"]
        at = _at(held["hs_timestamp"])
        if stream == "meetings":
            at = min(_at(held["hs_createdate"]), _at(held["hs_meeting_start_time"]))
        proof = Proof(f"hubspot:{stream}:{record_id}", at, self.actors.get(held.get("hubspot_owner_id") or ""))
        for contact in record["associations"].get("contacts", []):
            self.by_subject.setdefault(contact, []).append(proof)

    def of(self, journey: Journey, clock: str, since: datetime, now: datetime) -> list[Proof]:
        """What would stop that clock, on any record of the handoff."""
        found = [proof for entry in journey.entries() for proof in self.by_subject.get(entry.id, [])]
        return [one for one in found if since <= one.at <= now and one.actor in _TEAMS[clock]]


def _is_live(row: Mapping[str, Any]) -> bool:
    return not row["IsDeleted"]


def _is_task_contact(row: Mapping[str, Any]) -> bool:
    if row["TaskSubtype"] != "Call":
        return row["TaskSubtype"] in ("Email", "LinkedIn")
    return row["CallType"] != "Inbound" or (row["CallDurationInSeconds"] or 0) >= 30


def _is_engagement_contact(stream: str, held: Mapping[str, Any]) -> bool:
    if held.get("hs_object_source") == "AUTOMATION_PLATFORM":
        return False
    if stream == "emails":
        return held.get("hs_email_direction") == "EMAIL"
    if stream == "calls":
        taken = held.get("hs_call_disposition") == _CONNECTED or int(held.get("hs_call_duration") or 0) >= 30_000
        return held.get("hs_call_direction") != "INBOUND" or taken
    return True


def due_same_day(start: datetime, off: frozenset[str]) -> datetime:
    """Closing of the first working day that is none of these; noon of the next one after the cutoff."""
    here = days.local(start)
    day = here.date()

    def works(one: date) -> bool:
        return days.is_working(one) and one.isoformat() not in off

    def after(one: date) -> date:
        one += timedelta(days=1)
        return one if works(one) else after(one)

    if works(day) and here.time() > days.CUTOFF:
        return days.at_time(after(day), days.NOON)
    return days.at_time(day if works(day) else after(day), days.CLOSING)


def _life_of(journey: Journey) -> object:
    """All that can move a clock but time."""
    entries = journey.entries()
    return (
        [(touch.ref, touch.deleted) for touch in journey.touches],
        [(entry.ref, entry.cell("lead_source").raw, *entry.inquiries) for entry in entries],
        (len(journey.passings), journey.decision, journey.out, journey.nobody, journey.ambiguous, journey.reopened_at),
        journey.batch_at,
    )


def _show(state: str, due: datetime | None, at: datetime | None) -> str:
    due_at, met_at = (f"{days.local(one):%m-%d %H:%M:%S}" if one else "-" for one in (due, at))
    return f"{state} (due {due_at}, contact {met_at})"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Known:
    """What was so when it was last worked out."""

    at: datetime
    life: object
    start: datetime | None
    state: ClockState


@dataclass
class Campaign:
    """One run. `wrong` holds every sentence that a record should not have said; it is empty when all is well."""

    trial: Trial
    blind: frozenset[str] = frozenset()
    """HubSpot streams that the portal does not let anybody read."""
    away: bool = False
    """Whether absences of the owner stop the clock. Then only the lives made for that are looked at."""
    outage: datetime | None = None
    """A cycle in which HubSpot tells nobody of any call."""
    wrong: list[str] = field(default_factory=list[str])
    seen: Counter[str] = field(default_factory=Counter[str])
    """What happened, by name."""
    shown: Shown = field(default_factory=Shown)
    """Both clocks on every record after the last cycle."""
    fresh: set[str] = field(default_factory=set[str])
    """Records and activities that changed so lately that a search may not see it yet, or in a way that only a sweep sees:
    what was archived in HubSpot, or hung elsewhere."""
    held: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Activities of each handoff at the last cycle."""
    last: datetime | None = None
    """Of the last cycle in which all could be read."""
    resumed_at: datetime | None = None
    """When clocks that accused nobody were enforced again."""
    _said: set[str] = field(default_factory=set[str])
    known: dict[tuple[str, str], Known] = field(default_factory=dict[tuple[str, str], Known])

    def table(self) -> str:
        """How many of each there were."""
        return "\n".join(f"{count:6,}  {name}" for name, count in sorted(self.seen.items()))

    def run(self, context: Context, instants: Iterator[tuple[datetime, bool]]) -> None:
        """Cycles at these instants, with a sweep or without one, each held to what was readable then."""
        for now, sweep in instants:
            self._pass_time(now, sweep)
            start, down = mark(self.trial), now == self.outage
            if down:
                self._control_faults({"add": [_NO_CALLS]})
            report = run_once(context, sweep=sweep)
            if bool(report.problems) != down:
                self._complain(now, f"problems: {report.problems}")
            self.seen["cycles"] += 1
            if down:
                self._control_faults({"clear": True})
                self._hold_to_silence(now)
            else:
                self._count_thin(now)
                self._compare(now, self._asked(start))
                self._hold_to_standing(now, context)

    def _count_thin(self, now: datetime) -> None:
        """A reading is dated by the answer before it: after the downtime, the first one counts as too old."""
        world, last = self.trial.world, self.last or now
        self.last = now
        journeys, before = map(self._as_readable, world.plots.journeys), set(world.thin.stopped)
        world.thin.look(journeys, now, world.enforce_from, whole=now - last <= timedelta(hours=24))
        self.resumed_at = now if before - world.thin.stopped else self.resumed_at

    def _hold_to_standing(self, now: datetime, context: Context) -> None:
        """Operators read of exactly the teams of which hardly any contact is on record."""
        told = {(one.clock.partition("_")[0], one.team) for one in status(context).thin}
        if told != self.trial.world.thin.stopped:
            self._complain(now, f"status tells of {told}, stopped are {self.trial.world.thin.stopped}")

    def _control_faults(self, payload: dict[str, Any]) -> None:
        self.trial.simulator.hubspot_server.control("faults", payload)

    def _hold_to_silence(self, now: datetime) -> None:
        """While calls cannot be read, nobody is accused who may have one, and it says that nobody knows."""
        before, shown = self.shown, read_clocks(self.trial)
        for journey in self.trial.world.plots.journeys:
            for ref in journey.targets:
                said = shown.get(ref, {}).get("is")
                self.seen["unverified in the outage"] += said == "unverified"
                if said != "breached" or before.get(ref, {}).get("is") == "breached":
                    continue
                if journey.contact is not None:
                    self._complain(now, f"{journey.plot} {ref}: accused while no calls could be read")
        self.shown = shown

    def _pass_time(self, to: datetime, sweep: bool) -> None:
        events = self.trial.world.advance(to)
        self.trial.simulator.clock.set(to)
        self.trial.simulator.apply(events)
        self.fresh = set()
        for event in events:
            self._count(event)
            unsearchable = event["op"] in ("archive", "associate", "dissociate")
            if _at(event["at"]) >= to - INDEX_LAG or (unsearchable and not sweep):
                self.fresh.add(f"{event['system']}:{event['object']}:{event['id']}")

    def _count(self, event: Mapping[str, Any]) -> None:
        record, tool = event.get("record") or {}, self.trial.world.colleagues["cti"]
        held = record.get("properties") or record
        activity = event["object"] in ("Task", "Event", *_STREAMS)
        if not activity:
            return
        if event["op"] in ("delete", "archive"):
            self.seen["deleted"] += 1
        elif event["op"] == "associate" or (event["op"] == "update" and "WhoId" in record):
            self.seen["re-associated"] += 1
        elif event["op"] != "insert":
            return
        elif held.get("ShowAs") == "OutOfOffice":
            self.seen["absence"] += 1
        elif event.get("by") == self.trial.world.colleagues["hubspot-sync"].user_id:
            self.seen["Task of the native sync"] += 1
        elif held.get("hs_object_source") == "MEETINGS" or (event["object"] == "Event" and event["by"] == tool.user_id):
            self.seen["self-booked"] += 1
        elif event["object"] in ("Task", "calls"):
            machine = event.get("by") == tool.user_id or held.get("hs_created_by_user_id") == str(tool.hubspot_user)
            inbound = "Inbound" in (held.get("CallType"), (held.get("hs_call_direction") or "").capitalize())
            taken = (
                max(int(held.get("CallDurationInSeconds") or 0), int(held.get("hs_call_duration") or 0) // 1000) >= 30
            )
            self.seen["CTI call"] += machine
            self.seen["answered inbound" if taken else "missed inbound"] += inbound

    def _asked(self, start: tuple[int, int]) -> dict[str, str]:
        """Everything that either CRM was asked in this cycle about what hangs on people, as one text each."""
        found: dict[str, str] = {}
        for system, entries in requests_since(self.trial, start).items():
            answered = [one for one in entries if 200 <= one.status < 300]
            if system == "hubspot":
                for name in _STREAMS:
                    asked = [e.body.decode() for e in answered if f"/contacts/{name}/batch/read" in e.path]
                    found[name] = "\n".join(asked)
            else:
                asked = [e.body.decode() + " ".join(e.query.get("q", [])) for e in answered]
                found["salesforce"] = "\n".join(text for text in asked if "WhoId" in text)
        return found

    # what is said and what is so -----------------------------------------------------------------------------------------

    def _compare(self, now: datetime, asked: Mapping[str, str]) -> None:
        before, self.shown = self.shown, read_clocks(self.trial)
        readable = Readable(self.trial, self.blind)
        everything = Readable(self.trial) if self.blind else readable
        world = self.trial.world
        for journey in self.trial.world.plots.journeys:
            if not journey.exists or (self.away and journey.plot != "evidence_absent"):
                continue
            refs = {touch.ref for touch in journey.touches}
            late = self.fresh & (refs | self.held.get(journey.key, set()) | {one.ref for one in journey.entries()})
            self.held[journey.key] = refs
            for clock in ("is", "fs"):
                start, state = self._truth(journey, clock, now)
                since = self.reach(journey, start) if start else now
                proofs = everything.of(journey, clock, since, now) if start else []
                state = self._with_traces(state, readable.tell_of(journey, since, now), journey, clock)
                for ref in journey.targets:
                    said, said_before = self.shown.get(ref, {}), before.get(ref, {})
                    accused = said.get(clock) == "breached" != said_before.get(clock)
                    self.seen["accused again"] += accused and self.resumed_at == now
                    if ("is", "IS") in world.thin.stopped:
                        self._count_while_stopped(journey, clock, said, state, start, now)
                    self._judge(now, f"{journey.plot} {ref} {clock}", clock, said, state, proofs, accused, late)
                    if accused:
                        self._hold_to_reading(journey, ref, now, asked)
                    if said_before.get(clock) == "breached" and said.get(clock) in ("met", "met_late"):
                        self.seen["corrected"] += said[clock] == "met"
                        self.seen["met late"] += said[clock] == "met_late"

    def _count_while_stopped(
        self, journey: Journey, clock: str, said: Mapping[str, Any], state: ClockState, start: datetime | None,
        now: datetime,
    ) -> None:  # fmt: skip
        accused = said.get(clock) == "breached"
        self.seen["still accused while stopped"] += accused and clock == "is"
        self.seen["FS accused while IS is stopped"] += accused and clock == "fs"
        if clock == "is" and start is not None and state.state == "none" and not journey.passings:
            self.seen["spared while stopped"] += self.trial.world.thin.team_of(journey, start) == "IS"

    def _with_traces(self, state: ClockState, traces: list[Trace], journey: Journey, clock: str) -> ClockState:
        """Nobody is called late where a contact seems to be on record that cannot be read; one that somebody may have
        overlooked decides neither way."""
        in_time = [
            one for one in traces if state.state == "breached" or (state.due is not None and one.at <= state.due)
        ]
        if state.state not in ("breached", "met_late") or not in_time:
            return state
        unverified = ClockState("unverified", state.due)
        said = {self.shown.get(ref, {}).get(clock) for ref in journey.targets}
        overlooked = not any(one.plain for one in in_time) and said == {state.state}
        self.seen["unverified for a trace"] += not overlooked
        return state if overlooked else unverified

    def _judge(
        self, now: datetime, where: str, clock: str, said: Mapping[str, Any], state: ClockState, proofs: list[Proof],
        accused: bool, late: set[str],
    ) -> None:  # fmt: skip
        if accused:
            self.seen["breached"] += 1
            if proofs:
                self._complain(now, f"{where}: accused although {proofs[0]} could be read")
        if state.state == "breached" and proofs and not self.blind:
            self._complain(now, f"{where}: the generator forgot {proofs[0]}")
        wanted = (state.state, state.due, state.at)
        found = (said.get(clock, "none"), said.get(f"{clock}_due"), said.get(f"{clock}_at"))
        if found != wanted and not late:
            self._complain(now, f"{where}: says {_show(*found)}, is {_show(*wanted)}")
        elif found != wanted:
            self.seen["a cycle later, for the lag of the search"] += 1

    def _complain(self, now: datetime, what: str) -> None:
        """Once, with the first cycle at which it was so."""
        if what not in self._said:
            self._said.add(what)
            self.wrong.append(f"{days.local(now):%m-%d %H:%M} {what}")

    def _hold_to_reading(self, journey: Journey, ref: str, now: datetime, asked: Mapping[str, str]) -> None:
        """Nobody is accused without the activities of each of their records being asked for in this very cycle."""
        for entry in journey.entries():
            names = [one for one in _STREAMS if one not in self.blind] if entry.stream == "hubspot:contacts" else []
            names += ["salesforce"] if entry.stream in ("salesforce:Lead", "salesforce:Contact") else []
            unasked = [name for name in names if entry.id[:15] not in asked[name]]
            if unasked:
                self._complain(now, f"{journey.plot} {ref}: accused without asking for {unasked} of {entry.ref}")

    def _truth(self, journey: Journey, clock: str, now: datetime) -> tuple[datetime | None, ClockState]:
        """When the clock started and its state, worked out again only where something changed or time told."""
        if self.away:
            return self._truth_of_absent(journey, now) if clock == "is" else (None, ClockState("none"))
        life = (_life_of(journey), clock in self._stopped_for(journey, now))
        known = self.known.get((journey.key, clock))
        judged = known.state.due + CONFIRM_AFTER if known and known.state.due else None
        if known is None or known.life != life or (judged is not None and known.at < judged <= now):
            judge = self.look_at(journey, now)
            judge.stopped = self.trial.world.thin.of(journey, judge)
            state = ClockState("none")
            if not judge.out_of_scope() and not journey.nobody:
                state = judge.first_contact() if clock == "is" else judge.field_contact()
            blame(journey, clock, state, now)
            start = judge.start_of_first_contact() if clock == "is" else judge.passed_at
            known = self.known[journey.key, clock] = Known(now, life, start, state)
        return known.start, known.state

    def reach(self, journey: Journey, start: datetime) -> datetime:
        """From when on a contact counts for a clock that starts then."""
        del journey
        return days.look_back(start)

    def look_at(self, journey: Journey, now: datetime) -> Judge:
        """What the generator makes of a handoff by what can be read."""
        return Judge(self._as_readable(journey), now, self.trial.world.enforce_from)

    def _stopped_for(self, journey: Journey, now: datetime) -> frozenset[str]:
        world = self.trial.world
        if not world.thin.stopped:
            return frozenset()
        return world.thin.of(journey, self.look_at(journey, now))

    def _truth_of_absent(self, journey: Journey, now: datetime) -> tuple[datetime, ClockState]:
        """The same where the days on which the owner is away, as far as anybody can read now, are no working days."""
        owner = self.trial.world.colleagues[journey.anchor.owner].user_id
        events = rows_of(self.trial, "salesforce", "Event").values()
        off = {row["ActivityDate"] for row in events if row["ShowAs"] == "OutOfOffice" and row["OwnerId"] == owner}
        start = Judge(journey, now, self.trial.world.enforce_from).start_of_first_contact()
        due = due_same_day(start, frozenset(off))
        at = min((one.instant for one in journey.touches if one.genuine and one.actor in _TEAMS["is"]), default=None)
        if at is not None and at <= now:
            return start, ClockState("met" if at <= due else "met_late", due, at)
        return start, ClockState("waiting" if now < due + CONFIRM_AFTER else "breached", due)

    def _as_readable(self, journey: Journey) -> Journey:
        """Without the activities that the portal tells nobody of."""
        hidden = tuple(f"hubspot:{stream}:" for stream in self.blind)
        touches = (
            [touch for touch in journey.touches if not touch.ref.startswith(hidden)] if hidden else journey.touches
        )
        return replace(journey, touches=touches)

    def count_lives(self) -> None:
        """What is told by the lives rather than by single events."""
        for journey in self.trial.world.plots.journeys:
            start, state = self._truth(journey, "is", self.trial.world.now) if journey.exists else (None, None)
            if start is None or state is None or state.due is None:
                continue
            judged = state.due + CONFIRM_AFTER
            genuine = [touch for touch in journey.touches if touch.genuine]
            self.seen["late-logged"] += any(t.at <= state.due and t.logged_at >= judged for t in genuine)
            self.seen["before the lead"] += journey.plot == "evidence_before_lead" and any(
                t.at < start for t in genuine
            )
            self.seen["duplicated"] += any(touch.twin for touch in journey.touches)
            self.seen["due in the downtime"] += DOWN[0] < judged < DOWN[1]
            self.seen["written in the downtime"] += any(DOWN[0] < t.logged_at < DOWN[1] for t in genuine)
            batch_at = journey.batch_at
            self.seen["badge of a batch"] += journey.plot == "evidence_badge" and batch_at is not None
            self.seen["card of no batch"] += journey.plot == "evidence_card" and batch_at is None
            alone = batch_at is not None and days.next_closing(batch_at) < days.next_closing(journey.opened_at)
            self.seen["due earlier with the batch"] += alone


def read_clocks(trial: Trial) -> Shown:
    """State, due instant and contact of both clocks on every record, by the back door."""
    found: Shown = {}
    for name in ("Lead", "Opportunity"):
        rows = trial.simulator.salesforce.data.tables[name].rows
        found |= {f"salesforce:{name}:{one}": _clocks(row, SALESFORCE_NAMES) for one, row in rows.items()}
    contacts = trial.simulator.hubspot.data.tables["contacts"].live
    return found | {f"hubspot:contacts:{n}": _clocks(one.properties, HUBSPOT_NAMES) for n, one in contacts.items()}


def _clocks(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for clock in ("is", "fs"):
        found[clock] = row.get(names[f"{clock}_sla"]) or "none"
        for part in (f"{clock}_due", f"{clock}_at"):
            told = row.get(names[part])
            found[part] = _at(told) if told else None
    return found


def instants(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, bool]]:
    """When Baton runs, and whether it sweeps: at every step of a working day, less often at night, and whenever something
    is due for judgement. Not in the downtime."""
    now = start
    while now <= end:
        here = days.local(now)
        busy = days.is_working(here.date()) and time(9) <= here.time() <= time(19)
        if not DOWN[0] < now < DOWN[1]:
            if busy or (here.hour in (0, 6) and here.minute == 0):
                yield now, True
            if (here.hour, here.minute) in ((12, 0), (18, 0)):
                yield now + CONFIRM_AFTER, False
        now += step


def run_campaign(
    folder: Path, seed: int, *, lives: int = 33, handoffs: int = 40, step: timedelta = STEP,
    outage: datetime | None = OUTAGE, **switches: Any,
) -> Campaign:  # fmt: skip
    """A company of its own, Baton on it for two working weeks. `switches`: of the simulators and the world; `blind` and
    `away` as in `Campaign`."""
    blind, away = frozenset(switches.pop("blind", ())), switches.pop("away", False)
    with running_trial(folder, seed=seed, handoffs=handoffs, evidence=lives, **switches) as trial:
        if away:
            write_overrides(folder, {"absences": {"events": True}, "clocks": {"is_first_contact": _PAUSED}})
        with opened(trial) as app:
            campaign = Campaign(trial, blind, away, outage)
            context, _ = prepare(app.context)
            campaign.run(context, instants(trial.world.start, trial.world.start + WEEKS, step))
            campaign.count_lives()
    return campaign


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.campaign", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many companies")
    parser.add_argument("--seed", type=int, default=SystemRandom().randint(1, 999_999), help="of the first one")
    given = parser.parse_args()
    wrong = 0
    for seed in range(given.seed, given.seed + given.seeds):
        with TemporaryDirectory() as folder:
            campaign = run_campaign(Path(folder), seed, step=timedelta(minutes=30))
        missing = [name for name in KINDS if campaign.seen[name] < 30]
        wrong += len(campaign.wrong) + len(missing)
        print(
            f"first contact, seed {seed}: {campaign.seen['cycles']} cycles, {campaign.seen['breached']} breaches, "
            f"{campaign.seen['corrected']} corrected, {len(campaign.wrong)} WRONG"
            + "".join(f", few: {m}" for m in missing)
        )
        print(*campaign.wrong[:10], sep="\n    ", end="\n" if campaign.wrong else "", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
