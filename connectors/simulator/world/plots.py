"""The lives that handoffs lead. Each plot makes one journey (or a few that hang together) out of what really happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random

from connectors.simulator.world import days
from connectors.simulator.world.colleagues import Colleague
from connectors.simulator.world.fields import date_cell
from connectors.simulator.world.journey import Entry, Journey
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
_FORMS = {
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
_CLOSED_STATUS = ("対象外", "不通", "Unqualified")
_RENEWAL = ("Renewal", "Existing Business", "既存", "更新", "アップセル")
_PASSES = ("meeting", "owner", "status", "convert")


class Plots:
    """Writes journeys. `do` runs something when the world gets to its time, so everything happens in order."""

    def __init__(self, ledger: Ledger, writer: Writer, rng: Random, start: datetime, do: Do) -> None:
        self.ledger = ledger
        self.writer = writer
        self.rng = rng
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
            cells["lead_source"] = Cell(_UNMAPPED[writer.language], "unreadable")
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
                good = present(self._history()) if item == "contact_history" else writer.usable(item)
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

    def _history(self) -> str:
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
        form = _FORMS[self.writer.language].get(channel, "")
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
        note = "" if rng.random() < 0.15 else self._note()
        say, met = ledger.call, at
        if how == "late":
            met = at = self.worked(since, rng.uniform(1600, 4200), rep)
            self.do(at, lambda: _void(say(journey, at, rep.key, text=note)))
        elif how == "logged_late":
            logged = self.worked(at, rng.uniform(60, 900), rep)
            met = logged
            self.do(logged, lambda: _void(say(journey, at, rep.key, via="hs", logged_at=logged, text=note)))
        elif how == "cti":
            via = rng.choice(("sf+cti", "hs+cti", "sf+own", "hs+own"))
            self.do(at, lambda: _void(say(journey, at, rep.key, via=via, text=note)))
        elif how == "twice":
            self.do(at, lambda: self._both(journey, at, rep.key, note))
        elif how == "answered":
            self.do(at, lambda: _void(say(journey, at, rep.key, direction="inbound", text=note)))
        elif how == "missed":
            self.do(at, lambda: _void(say(journey, at, rep.key, direction="inbound", answered=False)))
            met = back = self.worked(at, rng.uniform(10, 120), rep)
            self.do(back, lambda: _void(say(journey, back, rep.key, text=note)))
        elif how == "mail":
            self.do(at, lambda: self._write(journey, at, rep.key))
        elif how == "booked":
            start = self.worked(at, rng.uniform(700, 2400), rep)
            self.do(at, lambda: _void(ledger.meeting(journey, at, start, rep.key, via="hs")))
        elif how == "retired":
            self.do(at, lambda: _void(say(journey, at, "retired1" if journey.lead else rep.key, via="sf", text=note)))
        elif how == "colleague":
            self.do(at, lambda: _void(say(journey, at, "cs1", text=note)))
        elif how != "none":
            answered = rng.random() < 0.6
            self.do(at, lambda: _void(say(journey, at, rep.key, answered=answered, text=note if answered else "")))
        return met

    def _both(self, journey: Journey, at: datetime, by: str, note: str) -> None:
        """One call, written down in both CRMs."""
        self.ledger.call(journey, at, by, via="sf", text=note)
        if journey.contact is not None and (journey.lead or journey.deal):
            self.ledger.call(journey, at, by, via="hs", text=note, twin=True)

    def _write(self, journey: Journey, at: datetime, by: str) -> None:
        if journey.contact is None:
            self.ledger.call(journey, at, by, text=self._note())
        elif self.rng.random() < 0.75:
            self.ledger.email(journey, at, by)
        else:
            self.ledger.message(journey, at, by)

    def _note(self) -> str:
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
                self.ledger.call(journey, at, rep.key, text=self._note())

        self.do(at, contact)

    def answer(self, journey: Journey, passed_at: datetime) -> None:
        """Field sales accepts, returns with a reason, or says nothing."""
        rng = self.rng
        roll = rng.random()
        at = self.worked(passed_at, rng.uniform(500, 1500), self.ledger.colleagues[journey.field_rep])
        if roll < 0.35:
            self.do(at, lambda: self.ledger.decide(journey, at, journey.field_rep, "受領", "accepted"))
        elif roll < 0.45:
            reason = "情報不足" if journey.planted_typed() else rng.choice(_REASONS)
            self.do(at, lambda: self.ledger.decide(journey, at, journey.field_rep, "差し戻し", "returned", reason))
        elif roll < 0.48:
            self.do(at, lambda: self.ledger.decide(journey, at, journey.field_rep, "保留", "on_hold"))

    # whole lives -----------------------------------------------------------------------------------------------------

    def working(self, at: datetime, channel: str = "", *, hs: bool = True, sf: bool = True, how: str = "") -> Journey:
        """Inside sales is on it; no pass yet."""
        channel = channel or self.channel()
        journey = self.new("contact" if not sf else "lead" if hs else "lead_only")
        cells = self.identity(channel)
        self.unreachable(journey, cells)
        seen = self.arrive(journey, at, cells, channel, hs=hs, sf=sf)
        met = self.first_contact(journey, seen, how)
        if self.rng.random() < 0.8:
            typed = self.worked(met, self.rng.uniform(5, 900))
            defects = self.rng.choices((0, 1, 2, 3, 5), (25, 22, 22, 18, 13))[0]
            left, right = self.items(journey, defects, sf=sf, hs=hs)
            if self.rng.random() < 0.15:
                self.dated(left, right, typed, sf=sf, hs=hs)
            self.do(typed, lambda: self.qualify(journey, typed, left, right))
        later = self.worked(met, self.rng.uniform(5, 600))
        self.do(later, lambda: self.noise(journey, later))
        return journey

    def unreachable(self, journey: Journey, cells: Cells) -> None:
        """A few people left neither a phone nor an e-mail that works."""
        if self.rng.random() < 0.02:
            cells["phone"], cells["email"] = self.writer.defect("phone"), EMPTY
            journey.planted["contact_channel"] = "missing"

    def passing(
        self, at: datetime, how: str, *, hs: bool = True, channel: str = "", defects: int | None = None,
        role: str | None = None, first: str = "", wait: float | None = None, always_linked: bool = False,
    ) -> tuple[Journey, datetime]:  # fmt: skip
        """Inquiry, contact, qualification and pass; what field sales does comes after. Returns the time of the pass."""
        rng = self.rng
        channel = channel or self.channel()
        journey = self.new(f"pass_{how}")
        cells = self.identity(channel)
        seen = self.arrive(journey, at, cells, channel, hs=hs, always_linked=always_linked)
        met = self.first_contact(journey, seen, first)
        if defects is None:
            defects = 0 if rng.random() < 0.52 else rng.choices((1, 2, 3, 4), (45, 30, 15, 10))[0]
        left, right = self.items(journey, defects, sf=True, hs=hs, sound=rng.random() < 0.6)
        passed = self.worked(met, rng.uniform(120, 2800) if wait is None else wait)
        if passed > self.start or rng.random() < 0.95:
            self.dated(left, right, passed, sf=True, hs=hs)
        else:
            journey.planted["sql_date"] = "missing"
        between = self.worked(met, 60)
        if passed > between:
            self.do(between, lambda: self.noise(journey, between))
        self.do(passed, lambda: self.qualify(journey, passed, left, right))
        self.do(passed, lambda: self.hand_over(journey, passed, how, role=role))
        return journey, passed

    def passed(self, at: datetime, how: str = "", *, hs: bool = True, role: str | None = None) -> Journey:
        """A pass with what field sales makes of it."""
        journey, passed = self.passing(at, how or self.rng.choice(_PASSES), hs=hs, role=role)
        if how != "meeting":
            self.field_contact(journey, passed)
        self.answer(journey, passed)
        return journey

    def badge(self, at: datetime, hs: bool) -> Journey:
        """One of many badges scanned at an event: name and company, little else."""
        journey = self.new("badge")
        cells = self.identity("event")
        self.arrive(journey, at, cells, "event", hs=hs, sf=not hs)
        if self.rng.random() < 0.6:
            self.first_contact(journey, self.worked(at, self.rng.uniform(60, 2400)))
        return journey

    def by_hand(self, at: datetime, kind: str) -> Journey:
        """A deal that somebody entered. `touched`, `two_roles`, `no_role`, `crowd`: inside sales had a hand in it;
        `direct`, `renewal`, `partner`, `partner_account`: it had not, or it is none of its business."""
        rng, ledger = self.rng, self.ledger
        journey = self.new(f"deal_{kind}")
        cells = self.identity(self.channel())
        if kind == "partner":
            cells["lead_source"] = Cell(rng.choice(("パートナー", "代理店")), "present", "partner")
        left, _ = self.items(journey, rng.choices((0, 1, 2), (50, 30, 20))[0], sf=True, hs=False)
        left["sql_date"] = date_cell(at, "salesforce:Opportunity")
        left["lead_source"] = cells["lead_source"]
        deal_type = rng.choice(_RENEWAL) if kind == "renewal" else "New Business"
        account = "Partner" if kind == "partner_account" else "Customer - Direct"
        journey.out = {
            "renewal": "excluded type",
            "partner": "partner source",
            "partner_account": "partner account",
        }.get(kind, "no inside-sales touch")

        def enter() -> None:
            ledger.create_account(journey, at, cells["company"], account, journey.field_rep)
            people = [ledger.create_person(journey, at, cells, journey.field_rep)]
            if kind in ("two_roles", "crowd"):
                people.append(ledger.create_person(journey, at, self.identity("referral"), journey.field_rep))
            ledger.create_deal(journey, at, left, journey.field_rep, journey.field_rep, deal_type)
            if kind == "no_role":
                journey.nobody = True
                return
            if kind == "direct" and rng.random() < 0.4:
                return
            for number, person in enumerate(people):
                role = rng.choice(("Evaluator", "Decision Maker", "決裁者")) if number else "Business User"
                ledger.add_role(journey, at, person, role, kind == "two_roles" and number == 0, journey.field_rep)
            if kind == "crowd":
                journey.nobody, journey.others = True, people
                if rng.random() < 0.5:  # known to marketing as well, but the deal's own person is anybody's guess
                    ledger.create_contact(journey, at, cells, "marketingqualifiedlead", "", journey.rep)
                    ledger.link(journey, at, "salesforcecontactid", people[0].id)
            else:
                journey.person, journey.others = people[0], people[1:]

        self.do(at, enter)
        if kind in ("touched", "two_roles", "no_role", "crowd"):
            called = at + timedelta(minutes=rng.randint(3, 9))

            def touch() -> None:
                journey.out = ""
                ledger.call(journey, called, journey.rep, via="sf", text=self._note())

            self.do(called, touch)
        self.field_contact(journey, at)
        return journey

    def closed_deal(self, at: datetime, won: bool) -> Journey:
        """A pass whose deal has been won or lost since."""
        journey, passed = self.passing(at, "convert", first="in_time", wait=600.0)
        over = self.worked(passed, self.rng.uniform(2000, 5000))
        self.do(over, lambda: self.ledger.close(journey, over, journey.field_rep, won))
        return journey

    def closed_lead(self, at: datetime) -> Journey:
        journey = self.working(at)
        over = self.worked(at, self.rng.uniform(3000, 6000))
        status = self.rng.choice(_CLOSED_STATUS)

        def close() -> None:
            if journey.lead is None or journey.converted:
                return
            self.ledger.change_status(journey, over, status, journey.rep)
            journey.out = "closed lead"

        self.do(over, close)
        return journey

    def own_lead(self, at: datetime) -> Journey:
        """A lead that field sales found itself."""
        journey = self.new("lead_direct")
        journey.rep = journey.field_rep
        journey.out = "FS直"
        cells = self.identity("business_card")
        self.do(
            at, lambda: _void(self.ledger.create_lead(journey, at, cells, journey.field_rep, "Open", journey.field_rep))
        )
        return journey

    def without_deal(self, at: datetime) -> Journey:
        """A lead converted without an opportunity."""
        journey, passed = self.passing(at, "owner", first="in_time", wait=400.0, always_linked=True)
        over = self.worked(passed, 30)

        def convert() -> None:
            self.hand_over(journey, over, "convert", deal=False)
            journey.out = "converted without an opportunity"

        self.do(over, convert)
        return journey

    def unripe(self, at: datetime) -> Journey:
        """A HubSpot contact that marketing has not qualified yet."""
        journey = self.new("contact_unripe")
        journey.out = "stage before MQL"
        cells = self.identity("download")
        self.do(at, lambda: _void(self.ledger.create_contact(journey, at, cells, "lead", "", journey.rep)))
        return journey

    def ripen(self, journey: Journey, at: datetime) -> None:
        """Marketing qualifies the contact: now it is an inquiry."""
        contact = journey.contact
        assert contact is not None
        values = {
            "lifecyclestage": "marketingqualifiedlead",
            "hs_lifecyclestage_marketingqualifiedlead_date": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        self.ledger.hubspot(at, "update", "contacts", contact.id, values)
        contact.inquiries.append(at)
        journey.out = ""

    def enter_sales(self, journey: Journey, at: datetime) -> None:
        """A contact that marketing worked on alone gets its lead; the handoff goes on with the new anchor."""
        contact = journey.contact
        if contact is None or journey.lead is not None or journey.gone:
            return
        known = {i: c for i, c in contact.cells.items() if i in _PERSONAL and c.raw is not None}
        self.ledger.create_lead(journey, at, known, journey.rep, "Open - Not Contacted")
        assert journey.lead is not None
        self.ledger.link(journey, at, "salesforceleadid", journey.lead.id)

    def forget_call(self, journey: Journey, at: datetime) -> None:
        """Somebody deletes a call from the records, and with it the proof that there was one."""
        for place, touch in enumerate(journey.touches):
            if touch.ref.startswith("salesforce:Task:") and touch.kind == "call" and not touch.deleted:
                self.ledger.salesforce(at, "delete", "Task", touch.ref.split(":")[2], {}, "revops1")
                journey.touches[place] = replace(touch, deleted=True)
                return

    def ambiguous(self, at: datetime) -> tuple[Journey, Journey, Journey]:
        """A HubSpot contact whose e-mail address two open leads have, without any stored id."""
        cells = self.identity("inbound_form")
        trio = self.new("ambiguous_lead"), self.new("ambiguous_lead"), self.new("ambiguous_contact")
        for journey in trio:
            journey.ambiguous = True
        complete = self.items(trio[0], 0, sf=True, hs=False, sound=True)[0]
        complete["contact_history"], complete["engaged_content"] = present(self._history()), present("ROI")

        def make() -> None:
            for journey, extra in ((trio[0], complete), (trio[1], {})):
                owner = journey.rep
                self.ledger.create_lead(journey, at, {**cells, **extra}, owner, "Open - Not Contacted", owner)
            form = _FORMS[self.writer.language]["inbound_form"]
            self.ledger.create_contact(trio[2], at, cells, "marketingqualifiedlead", form, trio[2].rep)

        self.do(at, make)
        return trio

    def disambiguate(self, trio: tuple[Journey, Journey, Journey], at: datetime) -> None:
        """RevOps merges the two leads: the winner and the HubSpot contact find each other."""
        winner, loser, lonely = trio
        assert winner.lead and loser.lead and lonely.contact
        self.merge_leads(winner, loser.lead, at)
        winner.touches += loser.touches + lonely.touches
        winner.contact, winner.ambiguous = lonely.contact, False
        loser.gone = lonely.gone = True

    def merge_leads(self, winner: Journey, loser: Entry, at: datetime) -> None:
        assert winner.lead is not None
        user = self.ledger.colleagues["revops1"].user_id
        body = {"op": "merge", "object": "Lead", "id": winner.lead.id, "loser": loser.id, "record": {}, "by": user}
        self.ledger.add(at, {"system": "salesforce", **body})

    def duplicate_lead(self, at: datetime) -> Journey:
        """The lead was entered twice and merged; the call hangs on the one that is gone."""
        journey = self.working(at, hs=False, how="none")
        again = self.worked(at, 40)
        twin = self.new("merged_away")
        called, merged = self.worked(again, 20), self.worked(again, 60)
        twin.rep = journey.rep

        def copy() -> None:
            assert journey.lead is not None
            names = ("contact_name", "company", "phone", "lead_source")
            same = {i: c for i, c in journey.lead.cells.items() if i in names}
            self.ledger.create_lead(twin, again, same, twin.rep, "Open - Not Contacted", twin.rep)

        def merge() -> None:
            assert twin.lead is not None
            self.merge_leads(journey, twin.lead, merged)
            journey.touches += twin.touches
            twin.gone = True

        self.do(again, copy)
        self.do(called, lambda: _void(self.ledger.call(twin, called, twin.rep, via="sf", text=self._note())))
        self.do(merged, merge)
        return journey

    def duplicate_contact(self, at: datetime) -> Journey:
        """Two HubSpot contacts of one person, merged: the survivor has a new id."""
        journey = self.working(at, "download", sf=False)
        other, merged = self.worked(at, 30), self.worked(at, 900)
        twin = self.new("merged_away")

        def copy() -> None:
            assert journey.contact is not None
            cells = self.identity("download")
            same = {"contact_name": journey.contact.cell("contact_name"), "email": cells["email"]}
            twin.out = "stage before MQL"
            self.ledger.create_contact(twin, other, same, "lead", "", "")

        def merge() -> None:
            assert journey.contact is not None and twin.contact is not None
            survivor = self.ledger.ids.hubspot()
            body = {"op": "merge", "object": "contacts", "id": journey.contact.id, "loser": twin.contact.id}
            self.ledger.add(merged, {"system": "hubspot", **body, "record": {"new_id": survivor}})
            journey.contact.id, twin.gone = survivor, True
            for item, cell in twin.contact.cells.items():  # the loser's values fill what the winner lacks
                if journey.contact.cell(item).raw is None:
                    journey.contact.cells[item] = cell

        self.do(other, copy)
        self.do(merged, merge)
        return journey

    def shared_address(self, at: datetime) -> tuple[Journey, Journey]:
        """info@ in both systems: not the same person, never joined."""
        cells = self.identity("inbound_form", shared=True)
        cells["phone"] = self.writer.usable("phone")
        left, right = self.new("shared_contact"), self.new("shared_lead")

        def make() -> None:
            self.ledger.create_contact(left, at, cells, "marketingqualifiedlead", "", left.rep)
            self.ledger.create_lead(right, at, cells, right.rep, "Open - Not Contacted", right.rep)

        self.do(at, make)
        return left, right

    def early_call(self, at: datetime) -> Journey:
        """The rep answered a call; the lead was entered afterwards."""
        journey = self.new("early_call")
        rep = journey.rep
        cells = self.identity("inbound_form")
        at = self.worked(at, 30)
        entered, logged = at + timedelta(minutes=20), at + timedelta(minutes=24)

        def enter() -> None:
            form = _FORMS[self.writer.language]["inbound_form"]
            self.ledger.create_contact(journey, entered, cells, "marketingqualifiedlead", form, rep)

        self.do(entered, enter)
        call = self.ledger.call
        self.do(logged, lambda: _void(call(journey, at, rep, via="hs", logged_at=logged, direction="inbound")))
        return journey

    def quiet(self, at: datetime, *, hs: bool) -> Journey:
        """An inquiry that nobody has touched."""
        journey = self.new("quiet")
        self.arrive(journey, at, self.identity("download"), "download", hs=hs, sf=not hs)
        return journey

    def delete(self, journey: Journey, at: datetime) -> None:
        """RevOps throws the record away."""
        anchor = journey.anchor
        if anchor.connection == "hubspot":
            self.ledger.hubspot(at, "archive", "contacts", anchor.id, {})
        else:
            self.ledger.salesforce(at, "delete", "Lead", anchor.id, {}, "revops1")
        journey.gone = True

    def recycled(self, at: datetime) -> tuple[Journey, Journey]:
        """A lost deal, and the same person comes back with a new inquiry: the second cycle."""
        old, passed = self.passing(at, "convert", first="in_time", wait=300.0, channel="demo")
        lost = self.worked(passed, 2400)
        again = self.worked(lost, self.rng.uniform(2500, 5000))
        new = self.new("second_cycle")
        new.rep, entered = old.rep, again + timedelta(minutes=6)

        def come_back() -> None:
            assert old.contact is not None and old.lead is not None
            self.ledger.inquire(old, again, _FORMS[self.writer.language]["demo"])
            same = {i: c for i, c in old.lead.cells.items() if i in _PERSONAL}
            self.ledger.create_lead(new, entered, same, new.rep, "Open - Not Contacted")
            new.contact, new.reopened_at = old.contact, entered
            old.shows_elsewhere = True
            assert new.lead is not None
            self.ledger.link(new, entered, "salesforceleadid", new.lead.id)
            assert old.person is not None  # by this id the old deal stays the same person's
            self.ledger.link(new, entered, "salesforcecontactid", old.person.id)
            new.touches += [t for t in old.touches if t.ref.startswith("hubspot:")]

        self.do(lost, lambda: self.ledger.close(old, lost, old.field_rep, won=False))
        self.do(entered, come_back)
        self.first_contact(new, entered)
        return old, new


_PERSONAL = ("contact_name", "company", "email", "phone", "job_title", "lead_source", "department")
_KEPT = frozenset(("lead_source", "sql_date"))
_REASONS = ("基準未達", "時期尚早", "決裁者に届いていない", "担当・テリトリー違い", "重複・既存顧客", "連絡不通")
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


def _void(_: object) -> None:
    """For closures that only act."""
