"""Whole lives of one handoff: worked on, passed, entered by hand, won, lost, closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connectors.simulator.world import days
from connectors.simulator.world.fields import date_cell
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.scenes import PERSONAL, Cells, Scenes, void
from connectors.simulator.world.words import EMPTY, Cell

_CLOSED_STATUS = ("対象外", "不通", "Unqualified")
_RENEWAL = ("Renewal", "Existing Business", "既存", "更新", "アップセル")
_PASSES = ("meeting", "owner", "status", "convert")


class Lives(Scenes):
    """One life per call."""

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
        on_merit: bool = False,
    ) -> tuple[Journey, datetime]:  # fmt: skip
        """Inquiry, contact, qualification and pass; what field sales does comes after. Returns the time of the pass.

        `on_merit`: instead of a conversion the lead only changes hands, where its content promises no opportunity.
        """
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

        def hand_over() -> None:
            opens = not on_merit or self.fate.opens(journey, days.day_of(passed))
            self.hand_over(journey, passed, how if opens else "owner", role=role)

        self.do(passed, hand_over)
        return journey, passed

    def passed(self, at: datetime, how: str = "", *, hs: bool = True, role: str | None = None) -> Journey:
        """A pass with what field sales makes of it."""
        how = how or self.rng.choice(_PASSES)
        journey, passed = self.passing(at, how, hs=hs, role=role, on_merit=how == "convert")
        if how != "meeting":
            self.field_contact(journey, passed)
        if how != "convert":
            self.consider(journey, passed)
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
                ledger.call(journey, called, journey.rep, via="sf", text=self.note())

            self.do(called, touch)
        self.field_contact(journey, at)
        return journey

    def closed_deal(self, at: datetime) -> Journey:
        """A pass whose deal has been won or lost since."""
        journey, passed = self.passing(at, "convert", first="in_time", wait=600.0)
        over = self.worked(passed, self.rng.uniform(2000, 5000))

        def close() -> None:
            won = self.fate.wins(journey, days.day_of(passed))
            self.ledger.close(journey, over, journey.field_rep, won)

        self.do(over, close)
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
            at, lambda: void(self.ledger.create_lead(journey, at, cells, journey.field_rep, "Open", journey.field_rep))
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
        self.do(at, lambda: void(self.ledger.create_contact(journey, at, cells, "lead", "", journey.rep)))
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
        known = {i: c for i, c in contact.cells.items() if i in PERSONAL and c.raw is not None}
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
