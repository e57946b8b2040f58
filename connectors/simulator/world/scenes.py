"""The scenes of which lives are made: somebody inquires, is called, is qualified and passed, and field sales reacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from random import Random

from connectors.simulator.world import days
from connectors.simulator.world.colleagues import Colleague
from connectors.simulator.world.fate import Fate
from connectors.simulator.world.fields import date_cell
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.ledger import Ledger
from connectors.simulator.world.words import EMPTY, EXTRA, TYPED, Cell, Writer, present

Cells = dict[str, Cell]
Do = Callable[[datetime, Callable[[], None]], None]
_CHANNELS = {
    "inbound_form": 22,
    "demo": 12,
    "quote": 6,
    "trial": 6,
    "missed_call": 3,
    "referral": 6,
    "download": 18,
    "webinar": 9,
    "ad": 6,
    "event": 6,
    "business_card": 3,
    "list": 3,
    "outbound": 4,
}
FORMS = {
    "ja": {
        "inbound_form": "お問い合わせフォーム",
        "demo": "デモ申込フォーム",
        "download": "資料DLフォーム",
        "webinar": "セミナー申込フォーム",
    },
    "en": {
        "inbound_form": "Contact form",
        "demo": "Demo request",
        "download": "Download form",
        "webinar": "Webinar form",
    },
}


class Scenes:
    """Writes journeys. `do` runs something when the world gets to its time, so everything happens in order."""

    def __init__(self, ledger: Ledger, writer: Writer, rng: Random, fate: Fate, start: datetime, do: Do) -> None:
        self.ledger = ledger
        self.writer = writer
        self.rng = rng
        self.fate = fate
        self.start = start
        self.do = do
        self.journeys: list[Journey] = []
        self._mails = 0
        self._is = [c for c in ledger.colleagues.values() if c.role == "IS" and c.active]
        self._fs = [c for c in ledger.colleagues.values() if c.role == "FS"]

    # times -----------------------------------------------------------------------------------------------------------

    def worked(self, after: datetime, minutes: float, who: Colleague | None = None) -> datetime:
        """The instant at which somebody has worked so many minutes more."""
        here = days.local(after)
        day, clock = here.date(), here.hour * 60 + here.minute
        while True:
            if days.is_working(day) if who is None else who.works_on(day):
                begin = max(clock, 9 * 60)
                if begin + minutes < 18 * 60:
                    at = days.at_time(day, time(9)) + timedelta(minutes=begin - 9 * 60 + minutes)
                    return at.replace(second=self.rng.randint(1, 58), microsecond=0)
                minutes -= max(0, 18 * 60 - begin)
            day, clock = day + timedelta(days=1), 0

    def arrival(self, earliest: datetime, latest: datetime) -> datetime:
        """When an inquiry comes in: by day, mostly on working days."""
        while True:
            span = (latest - earliest).total_seconds()
            day = days.day_of(earliest + timedelta(seconds=self.rng.random() * span))
            if not days.is_working(day) and self.rng.random() < 0.75:
                continue
            minute = min(max(int(self.rng.gauss(13.5 * 60, 200)), 7 * 60), 22 * 60)
            at = days.at_time(day, time(0)) + timedelta(minutes=minute, seconds=self.rng.randint(1, 58))
            if earliest <= at <= latest:
                return at

    # people and values -----------------------------------------------------------------------------------------------

    def identity(self, channel: str, *, shared: bool = False) -> Cells:
        """Who somebody is. A few have a wrong phone, a placeholder for a company or a source that no table knows."""
        rng, writer = self.rng, self.writer
        self._mails += 1
        family, given = writer.family(), writer.given()
        local = "info" if shared else f"{rng.choice('abcdefghkmnrsty')}.{rng.choice(_ROMAJI)}"
        cells = {
            "contact_name": Cell(f"{family} {given}", "present", (family, given)),
            "company": present(writer.firm()),
            "email": present(f"{local}@{rng.choice(_HOUSES)}{self._mails:05d}.co.jp.example"),
            "phone": writer.usable("phone") if rng.random() < 0.85 else writer.defect("phone"),
            "job_title": writer.title(),
            "lead_source": writer.channel(channel),
        }
        if rng.random() < 0.6:
            cells["department"] = writer.usable("department")
        if rng.random() < 0.03:
            cells["company"] = writer.placeholder("company")
        if rng.random() < 0.02:
            cells["lead_source"] = Cell(_UNMAPPED[writer.language], "unmapped")
        return cells

    def items(self, journey: Journey, defects: int, *, sf: bool, hs: bool, sound: bool = False) -> tuple[Cells, Cells]:
        """Typed items and extras, spread over both systems, with so many typed items lacking; noted on the journey."""
        rng, writer = self.rng, self.writer
        lacking = set(rng.sample(TYPED, defects))
        left: Cells = {}
        right: Cells = {}
        for item in TYPED:
            if item in lacking:
                pair = writer.defect(item), writer.defect(item) if rng.random() < 0.3 else EMPTY
                left[item], right[item] = pair if sf else (EMPTY, pair[0])
                shown = [c for c in (left[item] if sf else EMPTY, right[item] if hs else EMPTY) if c.state != "missing"]
                journey.planted[item] = shown[0].state if shown else "missing"
                continue
            good = writer.sound(item) if sound else writer.usable(item)
            left[item], right[item] = self._spread(item, good, sf, hs)
        for item in (*EXTRA, "engaged_content", "contact_history"):
            if rng.random() < (0.5 if item in EXTRA else 0.72):
                good = present(self.history()) if item == "contact_history" else writer.usable(item)
                left[item], right[item] = (good, EMPTY) if sf and (not hs or rng.random() < 0.6) else (EMPTY, good)
        return left, right

    def _spread(self, item: str, good: Cell, sf: bool, hs: bool) -> tuple[Cell, Cell]:
        """Which system holds a usable value; sometimes both, sometimes beside a placeholder, sometimes in conflict."""
        if not hs:
            return good, EMPTY
        if not sf:
            return EMPTY, good
        roll = self.rng.random()
        if roll < 0.45:
            return good, EMPTY
        if roll < 0.6:
            return EMPTY, good
        if roll < 0.8:
            return good, good
        if roll < 0.87:
            return good, self.writer.placeholder(item)
        if roll < 0.94:
            return self.writer.placeholder(item), good
        if item == "budget_status" and good.meaning == "secured":
            return good, self.writer.budget("expected")
        return good, good

    def history(self) -> str:
        return self.writer.say("初回架電で課題をヒアリング。資料送付済み。", "First call done, material sent.")

    def is_rep(self) -> Colleague:
        return self.rng.choice(self._is)

    def fs_rep(self) -> Colleague:
        return self.rng.choice(self._fs)

    def new(self, plot: str) -> Journey:
        journey = Journey(f"J{len(self.journeys) + 1:05d}", plot, rep=self.is_rep().key, field_rep=self.fs_rep().key)
        self.journeys.append(journey)
        return journey

    def channel(self) -> str:
        return self.rng.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]

    # arrivals --------------------------------------------------------------------------------------------------------

    def arrive(
        self,
        journey: Journey,
        at: datetime,
        cells: Mapping[str, Cell],
        channel: str,
        *,
        hs: bool = True,
        sf: bool = True,
        always_linked: bool = False,
    ) -> datetime:
        """The inquiry: a HubSpot contact by a form, then a Lead by the native sync, or one of them. Returns its time."""
        form = FORMS[self.writer.language].get(channel, "")
        rep = journey.rep

        def contact() -> None:
            self.ledger.create_contact(journey, at, dict(cells), "marketingqualifiedlead", form, rep)

        def lead() -> None:
            self.ledger.create_lead(journey, created, dict(cells), rep, "Open - Not Contacted", "" if hs else rep)
            if hs and (always_linked or not cells["email"].usable or self.rng.random() < 0.7):
                assert journey.lead is not None
                self.ledger.link(journey, created, "salesforceleadid", journey.lead.id)
            if hs and form:
                self.ledger.native_task(journey, created, f"Submitted Form: {form}")

        created = at + timedelta(minutes=self.rng.randint(2, 20), seconds=self.rng.randint(0, 50)) if hs else at
        if hs:
            self.do(at, contact)
        if sf:
            self.do(created, lead)
        return created if sf else at

    def first_contact(self, journey: Journey, since: datetime, how: str = "") -> datetime:
        """How inside sales reacts: in time, late, not at all, or in one of the ways that are easy to get wrong."""
        rng, ledger = self.rng, self.ledger
        rep = ledger.colleagues[journey.rep]
        how = how or rng.choices(list(_FIRST), list(_FIRST.values()))[0]
        at = self.worked(since, rng.uniform(8, 160), rep)
        note = "" if rng.random() < 0.15 else self.note()
        say, met = ledger.call, at
        if how == "late":
            met = at = self.worked(since, rng.uniform(1600, 4200), rep)
            self.do(at, lambda: void(say(journey, at, rep.key, text=note)))
        elif how == "logged_late":
            logged = self.worked(at, rng.uniform(60, 900), rep)
            met = logged
            self.do(logged, lambda: void(say(journey, at, rep.key, via="hs", logged_at=logged, text=note)))
        elif how == "cti":
            via = rng.choice(("sf+cti", "hs+cti", "sf+own", "hs+own"))
            self.do(at, lambda: void(say(journey, at, rep.key, via=via, text=note)))
        elif how == "twice":
            self.do(at, lambda: self._both(journey, at, rep.key, note))
        elif how == "answered":
            self.do(at, lambda: void(say(journey, at, rep.key, direction="inbound", text=note)))
        elif how == "missed":
            self.do(at, lambda: void(say(journey, at, rep.key, direction="inbound", answered=False)))
            met = back = self.worked(at, rng.uniform(10, 120), rep)
            self.do(back, lambda: void(say(journey, back, rep.key, text=note)))
        elif how == "mail":
            self.do(at, lambda: self._write(journey, at, rep.key))
        elif how == "booked":
            start = self.worked(at, rng.uniform(700, 2400), rep)
            self.do(at, lambda: void(ledger.meeting(journey, at, start, rep.key, via="hs")))
        elif how == "retired":
            self.do(at, lambda: void(say(journey, at, "retired1" if journey.lead else rep.key, via="sf", text=note)))
        elif how == "colleague":
            self.do(at, lambda: void(say(journey, at, "cs1", text=note)))
        elif how != "none":
            answered = rng.random() < 0.6
            self.do(at, lambda: void(say(journey, at, rep.key, answered=answered, text=note if answered else "")))
        return met

    def _both(self, journey: Journey, at: datetime, by: str, note: str) -> None:
        """One call, written down in both CRMs."""
        self.ledger.call(journey, at, by, via="sf", text=note)
        if journey.contact is not None and (journey.lead or journey.deal):
            self.ledger.call(journey, at, by, via="hs", text=note, twin=True)

    def _write(self, journey: Journey, at: datetime, by: str) -> None:
        if journey.contact is None:
            self.ledger.call(journey, at, by, text=self.note())
        elif self.rng.random() < 0.75:
            self.ledger.email(journey, at, by)
        else:
            self.ledger.message(journey, at, by)

    def note(self) -> str:
        return self.writer.say(
            "課題と検討時期を伺った。資料を送付する。", "Talked about needs and timing; will send material."
        )

    def noise(self, journey: Journey, at: datetime) -> None:
        """Things that look like contacts and are none. Their text would count as history, so history is on record."""
        roll = self.rng.random()
        if roll > 0.92 and journey.lead is not None and not journey.converted and not journey.passings:
            self.ledger.change_owner(journey, at, self.is_rep().key, journey.rep)
        elif roll > 0.8 and journey.lead is not None and journey.contact is not None:
            self.ledger.native_task(journey, at, "Sent Email: 活用セミナーのご案内")
        elif roll > 0.6 and journey.contact is not None:
            self.ledger.qualification(journey, at, journey.rep)
        elif roll > 0.48 and journey.contact is not None:
            self.ledger.open_task(journey, at, journey.rep)
        if journey.contact is None or not any(e.cell("contact_history").usable for e in journey.entries()):
            return
        if roll < 0.28:
            self.ledger.email(journey, at, "ma-automation", automatic=True)
        elif roll < 0.48:
            self.ledger.email(journey, at, journey.rep, incoming=True)

    # the way to the pass ---------------------------------------------------------------------------------------------

    def qualify(self, journey: Journey, at: datetime, left: Cells, right: Cells) -> None:
        """Inside sales types what it learned."""
        if journey.lead is not None and not journey.converted:
            self.ledger.set_values(journey.lead, at, journey.rep, left)
        if journey.contact is not None and any(cell.raw for cell in right.values()):
            self.ledger.set_values(journey.contact, at, journey.rep, right)

    def dated(self, left: Cells, right: Cells, at: datetime, *, sf: bool, hs: bool) -> None:
        """Put down the day of the SQL decision in one of the systems."""
        if hs and (not sf or self.rng.random() < 0.3):
            right["sql_date"] = date_cell(at, "hubspot:contacts")
        else:
            left["sql_date"] = date_cell(at, "salesforce:Lead")

    def hand_over(
        self, journey: Journey, at: datetime, how: str, *, deal: bool = True, role: str | None = None
    ) -> None:
        """One of the four ways to pass."""
        ledger, by = self.ledger, journey.rep
        if how == "owner":
            ledger.change_owner(journey, at, journey.field_rep, by)
        elif how == "status":
            ledger.change_status(journey, at, "SQL", by)
        elif how == "meeting":
            start = self.worked(at, self.rng.uniform(600, 2600))
            via = self.rng.choice(("sf", "hs"))
            self_booked = self.rng.random() < 0.25
            ledger.meeting(journey, at, start, journey.field_rep, via=via, booker="" if self_booked else by)
        else:
            assert journey.lead is not None
            kept = {i: c for i, c in journey.lead.cells.items() if i in _KEPT or self.rng.random() < 0.9}
            ledger.convert(journey, at, journey.field_rep, by, deal=deal, role=role, cells=kept)
            if journey.contact is not None and journey.person is not None and self.rng.random() < 0.6:
                ledger.link(journey, at, "salesforcecontactid", journey.person.id)

    def field_contact(self, journey: Journey, passed_at: datetime) -> None:
        """How field sales reacts to the pass."""
        rng = self.rng
        how = rng.choices(("in_time", "late", "none"), (72, 12, 16))[0]
        if how == "none":
            return
        rep = self.ledger.colleagues[journey.field_rep]
        minutes = rng.uniform(20, 480) if how == "in_time" else rng.uniform(1300, 3600)
        at = self.worked(passed_at, minutes, rep)
        by_mail, moved = rng.random() < 0.2, rng.random() < 0.3

        def contact() -> None:
            if journey.gone:
                return
            if journey.deal is not None and not journey.out and moved:
                self.ledger.change_stage(journey, at, "Needs Analysis", rep.key)
            if by_mail and journey.deal is not None:
                self.ledger.deal_mail(journey, at, rep.key)
            else:
                self.ledger.call(journey, at, rep.key, text=self.note())

        self.do(at, contact)

    def consider(self, journey: Journey, passed_at: datetime) -> None:
        """Field sales makes an opportunity of a lead that was passed, or leaves it."""
        at = self.worked(passed_at, self.fate.rng.uniform(60, 420), self.ledger.colleagues[journey.field_rep])

        def decide() -> None:
            if journey.lead is None or journey.converted or journey.out or journey.gone:
                return
            if self.fate.opens(journey, days.day_of(passed_at)):
                role = self.fate.rng.choices(tuple(ROLES), tuple(ROLES.values()))[0]
                cells = journey.lead.cells
                self.ledger.convert(journey, at, journey.field_rep, journey.field_rep, role=role, cells=cells)
                journey.decision = journey.return_reason = ""  # an answer on the lead is none on its deal

        self.do(at, decide)

    def answer(self, journey: Journey, passed_at: datetime) -> None:
        """Field sales accepts, returns with a reason, or says nothing; some deals come to their end."""
        roll = self.rng.random()
        field_rep = self.ledger.colleagues[journey.field_rep]
        at = self.worked(passed_at, self.rng.uniform(500, 1500), field_rep)
        over = self.worked(at, self.fate.rng.uniform(2000, 5000))
        day = days.day_of(passed_at)

        def close() -> None:
            if journey.deal is not None and not journey.out and not journey.gone:
                self.ledger.close(journey, over, field_rep.key, self.fate.wins(journey, day))

        def decide() -> None:
            raw, meaning, reason = self.fate.answer(journey, roll, day)
            if raw:
                self.ledger.decide(journey, at, field_rep.key, raw, meaning, reason)
            if meaning == "accepted" and self.fate.rng.random() < _COME_TO_AN_END:
                self.do(over, close)

        self.do(at, decide)


PERSONAL = ("contact_name", "company", "email", "phone", "job_title", "lead_source", "department")
_KEPT = frozenset(("lead_source", "sql_date"))
ROLES = {None: 40, "Business User": 35, "Decision Maker": 15, "決裁者": 10}
"""What the contact of a conversion is to the deal, by how often."""
_COME_TO_AN_END = 0.3
_FIRST = {
    "in_time": 39,
    "late": 8,
    "none": 13,
    "logged_late": 10,
    "cti": 10,
    "twice": 5,
    "answered": 3,
    "missed": 3,
    "mail": 4,
    "booked": 2,
    "retired": 2,
    "colleague": 2,
}
_UNMAPPED = {"ja": "その他（要確認）", "en": "Billboard XY"}
_ROMAJI = [
    "sato",
    "suzuki",
    "takahashi",
    "tanaka",
    "ito",
    "watanabe",
    "yamamoto",
    "nakamura",
    "kobayashi",
    "kato",
    "yoshida",
    "yamada",
    "mori",
    "abe",
    "ono",
]
_HOUSES = [
    "yamabuki",
    "aoba",
    "wakakusa",
    "shinonome",
    "momiji",
    "shirasagi",
    "chitose",
    "fujinami",
    "kiryu",
    "kasugano",
    "hokuto",
    "mizuho",
    "haruna",
]


def void(_: object) -> None:
    """For closures that only act."""
