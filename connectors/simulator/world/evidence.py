"""Lives made for one question: was there a first contact, and when could anybody read that? So many of each way.

Inquiries of the two weeks ahead whose calls, meetings and mails come in every form that is easy to misread: logged by the
call system, days late, twice, at the wrong person, deleted again, or no contact at all though something is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random

from connectors.simulator.world import days
from connectors.simulator.world.fields import salesforce_iso
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.plots import Plots
from connectors.simulator.world.scenes import void
from connectors.simulator.world.words import Cell, present

CONFIRM_AFTER = timedelta(minutes=15)
AHEAD = timedelta(days=10)
"""How long after the start the last of them inquires."""
IMPORTED = timedelta(days=10, hours=6)
"""How long after the start an operator imports the calls that no system knew."""
BADGES = 60
"""In one upload: as many as a batch has, and a few more."""
CARDS = 45
"""In another one: too few."""
_PLACES = ("both", "hs", "sf")
_SAME_DAY = ("demo", "inbound_form", "quote")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One of them, from its arrival to the instant at which it is due."""

    journey: Journey
    at: datetime
    due: datetime


class Evidence:
    """Writes the lives into the world that `plots` writes to, with chance of its own."""

    def __init__(self, plots: Plots, seed: int, start: datetime) -> None:
        self.plots, self.ledger, self.start = plots, plots.ledger, start
        self.rng = Random(f"baton-evidence:{seed}")

    def enter(self, count: int, ways: Collection[str] = ()) -> None:
        """So many of each way, or of these ways; an upload of badges only with all of them."""
        for name in ways or _WAYS:
            for number in range(count):
                {**_WAYS, **_APART}[name](self, f"evidence_{name}", number)
        if ways:
            return
        self._upload()

    def _upload(self) -> None:
        """Over the closing of the day: badges at once and in two halves, and cards that are too few to be a batch."""
        first = days.day_of(self.start)
        evening, halves, cards = (days.at_time(days.working_day(first, n), time(17, 20)) for n in (0, 1, 2))
        for number in range(BADGES):
            late = timedelta(minutes=36) if number >= BADGES // 2 else timedelta()
            self._badge(evening + timedelta(seconds=50 * number), number)
            self._badge(halves + timedelta(seconds=20 * number) + late, number)
        for number in range(CARDS):
            self._badge(cards + timedelta(seconds=75 * number), number, "business_card")

    # who asks, and when somebody reacts ----------------------------------------------------------------------------------

    def _inquire(self, plot: str, number: int, place: str = "", at: datetime | None = None) -> Inquiry:
        """Somebody inquires, in both CRMs or in one; due on the same day or at noon of the next."""
        journey, place = self._new(plot), place or _PLACES[number % 3]
        channel = self.rng.choice(_SAME_DAY)
        at = at or self.plots.arrival(self.start + timedelta(minutes=20), self.start + AHEAD)
        self.plots.arrive(
            journey, at, self._person(channel), channel, hs=place != "sf", sf=place != "hs", always_linked=True
        )
        return Inquiry(journey, at, days.due_same_day(at))

    def _new(self, plot: str) -> Journey:
        journey = self.plots.new(plot)
        journey.scripted = True
        return journey

    def _person(self, channel: str) -> dict[str, Cell]:
        cells = self.plots.identity(channel)
        return {**cells, "phone": present(self.plots.writer.phone()), "lead_source": self.plots.writer.channel(channel)}

    def _in_time(self, asked: Inquiry, least: float = 22) -> datetime:
        """Some instant before it is due."""
        at = self.plots.worked(asked.at, self.rng.uniform(least, 200))
        if at < asked.due - timedelta(minutes=2):
            return at
        return _between(asked.at, asked.due, self.rng.uniform(0.4, 0.9))

    def _late(self, asked: Inquiry) -> datetime:
        return self.plots.worked(asked.due + CONFIRM_AFTER, self.rng.uniform(20, 900))

    def _moment(self, asked: Inquiry, number: int) -> datetime:
        """In time mostly, every fourth one late."""
        return self._late(asked) if number % 4 == 3 else self._in_time(asked)

    def _do(self, at: datetime, action: Callable[[], object]) -> None:
        self.plots.do(at, lambda: void(action()))

    def _call(
        self, journey: Journey, at: datetime, *, via: str = "", logged_at: datetime | None = None,
        direction: str = "outbound", answered: bool = True, twin: bool = False,
    ) -> None:  # fmt: skip
        def log() -> None:
            self.ledger.call(
                journey,
                at,
                journey.rep,
                via=via,
                logged_at=logged_at,
                direction=direction,
                answered=answered,
                twin=twin,
            )

        self._do(logged_at or at, log)

    # one way each --------------------------------------------------------------------------------------------------------

    def in_time(self, plot: str, number: int) -> None:
        asked = self._inquire(plot, number)
        at, kind = self._in_time(asked), number % 3
        if kind and _PLACES[number % 3] != "sf":
            write = self.ledger.email if kind == 1 else self.ledger.message
            self._do(at, lambda: write(asked.journey, at, asked.journey.rep))
        else:
            self._call(asked.journey, at, answered=self.rng.random() < 0.5)

    def late(self, plot: str, number: int) -> None:
        asked = self._inquire(plot, number)
        self._call(asked.journey, self._late(asked))

    def never(self, plot: str, number: int) -> None:
        """Nobody calls; reminders, what the customer writes and mass mailings are no contact."""
        asked = self._inquire(plot, number)
        journey, at = asked.journey, self._in_time(asked)

        def act() -> None:
            if journey.contact is None:
                return
            if number % 3 == 0:
                self.ledger.email(journey, at, "ma-automation", automatic=True)
            else:
                self.ledger.email(journey, at, journey.rep, incoming=True)
            self.ledger.open_task(journey, at, journey.rep)

        self._do(at, act)

    def cti(self, plot: str, number: int) -> None:
        """The call system writes the call down under its own user, for the rep or even as its own."""
        asked = self._inquire(plot, number)
        via = ("sf+cti", "hs+cti", "sf+own", "hs+own", "sf+cti")[number % 5]
        self._call(asked.journey, self._moment(asked, number), via=via, answered=self.rng.random() < 0.6)

    def answered(self, plot: str, number: int) -> None:
        """The customer calls and somebody answers."""
        asked = self._inquire(plot, number)
        self._call(asked.journey, self._moment(asked, number), via=("sf", "hs")[number % 2], direction="inbound")

    def missed(self, plot: str, number: int) -> None:
        """The customer calls and nobody answers, which asks anew; called back in time, late or never."""
        asked = self._inquire(plot, number)
        at, via = self._in_time(asked), ("sf", "hs", "sf+cti", "hs+cti")[number % 4]
        self._call(asked.journey, at, via=via, direction="inbound", answered=False)
        again = Inquiry(asked.journey, at, days.due_same_day(at))
        if number % 3 < 2:
            self._call(asked.journey, self._in_time(again) if number % 3 else self._late(again))

    def self_booked(self, plot: str, number: int) -> None:
        """The customer takes a slot in the rep's calendar through the scheduling tool."""
        asked = self._inquire(plot, number)
        at = self._moment(asked, number)
        start = self.plots.worked(at, self.rng.uniform(700, 2400))
        host, via = asked.journey.rep, ("hs", "sf")[number % 2]
        self._do(at, lambda: self.ledger.meeting(asked.journey, at, start, host, via=via, tool=True))

    def before_lead(self, plot: str, number: int) -> None:
        """Called while marketing had not qualified the contact yet; the lead comes after. Every fourth call is too old."""
        ripe = self.plots.arrival(self.start + timedelta(days=1), self.start + AHEAD)
        journey = self._new(plot)
        journey.out = "stage before MQL"
        created = ripe - timedelta(days=12)
        limit = days.look_back(ripe)
        called = limit - timedelta(minutes=30) if number % 4 == 3 else _between(limit, ripe, self.rng.random())
        cells = self._person("demo")
        self._do(created, lambda: self.ledger.create_contact(journey, created, cells, "lead", "", journey.rep))
        self._call(journey, called, via="hs", direction=("outbound", "inbound")[number % 2])
        self._do(ripe, lambda: self.plots.ripen(journey, ripe))
        entered = ripe + timedelta(minutes=9)
        if number % 2:
            self._do(entered, lambda: self.plots.enter_sales(journey, entered))

    def late_logged(self, plot: str, number: int) -> None:
        """Called in time, written down seconds before it counts, next morning, or a week later."""
        asked = self._inquire(plot, number, ("both", "hs")[number % 2])
        judged = asked.due + CONFIRM_AFTER
        logged = (
            judged - timedelta(seconds=self.rng.randint(2, 25)),
            judged + timedelta(seconds=self.rng.randint(20, 3000)),
            self.plots.worked(judged, self.rng.uniform(20, 500)),
            self.plots.worked(judged, 60 * 9 * 3 + self.rng.uniform(20, 500)),
        )[number % 4]
        via = "hs+cti" if number % 3 == 0 else "hs"
        self._call(asked.journey, self._in_time(asked), via=via, logged_at=logged)

    def duplicated(self, plot: str, number: int) -> None:
        """One call in both CRMs: at once, or the one that tells the true time only after the other looked late."""
        asked = self._inquire(plot, number, "both")
        journey, at = asked.journey, self._in_time(asked)
        if number % 3 == 0:
            self._call(journey, at, via="sf")
            self._call(journey, at, via="hs", twin=True)
        else:
            typed = self._late(asked)
            second = typed + timedelta(minutes=50) if number % 3 == 1 else typed - timedelta(seconds=40)
            self._call(journey, typed, via="sf")
            self._call(journey, at, via="hs", logged_at=second, twin=True)

    def reassociated(self, plot: str, number: int) -> None:
        """Logged at the wrong person, moved to the right one before, just before or after that one counts as overdue."""
        place = ("hs", "sf")[number % 2]
        right = self._inquire(plot, number, place)
        wrong = self._inquire(f"{plot}_from", number, place, right.at - timedelta(minutes=self.rng.randint(1, 20)))
        at = self._in_time(right, 30)
        judged = right.due + CONFIRM_AFTER
        moved = (
            _between(at, right.due, 0.8),
            judged - timedelta(seconds=self.rng.randint(2, 800)),
            self.plots.worked(judged, self.rng.uniform(20, 900)),
        )[number // 2 % 3]
        self._do(at, lambda: self.ledger.call(wrong.journey, at, right.journey.rep, via=place))
        self._do(moved, lambda: self._move(wrong.journey, right.journey, moved))

    def _move(self, wrong: Journey, right: Journey, at: datetime) -> None:
        touch = next(one for one in wrong.touches if one.kind == "call")
        system, obj, record_id = touch.ref.split(":")
        if system == "salesforce":
            assert right.lead is not None
            self.ledger.salesforce(at, "update", obj, record_id, {"WhoId": right.lead.id}, "revops1")
        else:
            assert wrong.contact is not None and right.contact is not None
            moves = (("associate", right.contact.id), ("dissociate", wrong.contact.id))
            for op, contact in moves:
                more = {"object": obj, "id": record_id, "to": "contacts", "to_id": contact}
                self.ledger.add(at, {"system": "hubspot", "op": op, **more})
        wrong.touches.remove(touch)
        right.touches.append(touch)

    def deleted(self, plot: str, number: int) -> None:
        """Logged and thrown away again: before it was due, between that and the judgement, or days later."""
        asked = self._inquire(plot, number)
        journey, at = asked.journey, self._in_time(asked)
        gone = (
            _between(at, asked.due, 0.7),
            asked.due + timedelta(seconds=self.rng.randint(30, 850)),
            self.plots.worked(asked.due, self.rng.uniform(100, 900)),
        )[number // 2 % 3]
        self._call(journey, at, via=("sf", "hs")[number % 2])
        self._do(gone, lambda: self._delete(journey, gone))

    def _delete(self, journey: Journey, at: datetime) -> None:
        place, touch = next((n, one) for n, one in enumerate(journey.touches) if one.kind == "call")
        system, obj, record_id = touch.ref.split(":")
        if system == "salesforce":
            self.ledger.salesforce(at, "delete", obj, record_id, {}, "revops1")
        else:
            self.ledger.hubspot(at, "archive", obj, record_id, {})
        journey.touches[place] = replace(touch, deleted=True)

    def absent(self, plot: str, number: int) -> None:
        """The owner is away on the day it is due, as the calendar says; a colleague calls, in time, late, or nobody does."""
        asked = self._inquire(plot, number, ("both", "sf")[number % 2])
        journey = asked.journey
        self._do(asked.at + timedelta(minutes=21), lambda: self._away(journey, asked, whole_day=number % 2 == 0))
        colleague = next(one for one in ("is1", "is2") if one != journey.rep)
        if number % 3 < 2:
            at = self._in_time(asked, 25) if number % 3 else self._late(asked)
            self._do(at, lambda: self.ledger.call(journey, at, colleague))

    def _away(self, journey: Journey, asked: Inquiry, *, whole_day: bool) -> None:
        """An event shown as out of office, with nobody on it."""
        day = days.day_of(asked.due)
        start, end = days.at_time(day, time(9)), days.at_time(day, time(18))
        if whole_day:
            stamps = {"StartDateTime": f"{day}T00:00:00.000+0000", "EndDateTime": f"{day}T00:00:00.000+0000"}
        else:
            stamps = {"StartDateTime": salesforce_iso(start), "EndDateTime": salesforce_iso(end)}
        record = {
            "Subject": "有休",
            "ShowAs": "OutOfOffice",
            "IsAllDayEvent": whole_day,
            "ActivityDate": day.isoformat(),
            "DurationInMinutes": 1440 if whole_day else 540,
            "OwnerId": self.ledger.colleagues[journey.rep].user_id,
            **stamps,
        }
        at = asked.at + timedelta(minutes=21)
        self.ledger.salesforce(at, "insert", "Event", self.ledger.ids.salesforce("Event"), record, journey.rep)

    def marketing_task(self, plot: str, number: int) -> None:
        """The native sync writes forms and mass mailings as Tasks of the owner, mails among them. Nobody calls, or late."""
        asked = self._inquire(plot, number, "both")
        journey, at = asked.journey, self._in_time(asked, 25)
        subtype = ("Email", "Call", "Task")[number % 3]
        self._do(at, lambda: self.ledger.native_task(journey, at, "Sent Email: 活用セミナーのご案内", subtype))
        if number % 4 == 0:
            self._call(journey, self._late(asked))

    def stranger(self, plot: str, number: int) -> None:
        """A colleague outside both teams calls, which is no first contact; one who has left may have been anybody."""
        asked = self._inquire(plot, number, ("both", "sf")[number % 2])
        at, who = self._in_time(asked), ("cs1", "retired1")[number % 2]
        self._do(at, lambda: self.ledger.call(asked.journey, at, who, via="sf"))

    def unlogged(self, plot: str, number: int) -> None:
        """Called in time by phones that no system knows, until the operator's list of calls is imported in the second
        week; every sixth is called by nobody."""
        asked = self._inquire(plot, number, ("both", "hs")[number % 2], self._early())
        imported = self.start + IMPORTED + timedelta(minutes=2 * number)
        if number % 6:
            self._call(asked.journey, self._in_time(asked), via="hs", logged_at=imported)

    def passed(self, plot: str, number: int) -> None:
        """Passed to field sales, which calls in time, late or never and writes it down at once."""
        asked = self._inquire(plot, number, ("both", "sf")[number % 2], self._early())
        journey, passed_at = asked.journey, self._in_time(asked)
        self._do(passed_at, lambda: self.plots.hand_over(journey, passed_at, "owner"))
        called = self.plots.worked(passed_at, self.rng.uniform(30, 1500 if number % 4 == 1 else 400))
        if number % 4:
            self._do(called, lambda: self.ledger.call(journey, called, journey.field_rep, via="sf"))

    def _early(self) -> datetime:
        return self.plots.arrival(self.start + timedelta(minutes=20), self.start + timedelta(days=8))

    def _badge(self, at: datetime, number: int, channel: str = "event") -> None:
        journey, hs = self._new("evidence_badge" if channel == "event" else "evidence_card"), number % 2 == 0
        self.plots.arrive(journey, at, self._person(channel), channel, hs=hs, sf=not hs)
        if number % 3 == 0:
            self._call(journey, self.plots.worked(at, self.rng.uniform(60, 4200)))


def _between(earlier: datetime, later: datetime, share: float) -> datetime:
    return earlier + timedelta(seconds=round((later - earlier).total_seconds() * share))


_APART: Mapping[str, Callable[[Evidence, str, int], None]] = {
    "unlogged": Evidence.unlogged,
    "passed": Evidence.passed,
}
"""Ways of companies that are not like others; never mixed in by themselves."""
_WAYS: Mapping[str, Callable[[Evidence, str, int], None]] = {
    "in_time": Evidence.in_time,
    "late": Evidence.late,
    "never": Evidence.never,
    "cti": Evidence.cti,
    "answered": Evidence.answered,
    "missed": Evidence.missed,
    "self_booked": Evidence.self_booked,
    "before_lead": Evidence.before_lead,
    "late_logged": Evidence.late_logged,
    "duplicated": Evidence.duplicated,
    "reassociated": Evidence.reassociated,
    "deleted": Evidence.deleted,
    "absent": Evidence.absent,
    "marketing_task": Evidence.marketing_task,
    "stranger": Evidence.stranger,
}
