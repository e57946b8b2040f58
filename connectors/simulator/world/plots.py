"""The lives that are easy to get wrong: several records of one person, one address of several, merges, second cycles."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.simulator.world.journey import Entry, Journey
from connectors.simulator.world.lives import Lives
from connectors.simulator.world.scenes import FORMS, PERSONAL, void
from connectors.simulator.world.words import present


class Plots(Lives):
    """All plots of the generator."""

    merges_anew = True
    """The survivor of two merged HubSpot contacts gets a new id, as the portal's switch `merge_new_id` says."""

    def ambiguous(self, at: datetime) -> tuple[Journey, Journey, Journey]:
        """A HubSpot contact whose e-mail address two open leads have, without any stored id."""
        cells = self.identity("inbound_form")
        trio = self.new("ambiguous_lead"), self.new("ambiguous_lead"), self.new("ambiguous_contact")
        for journey in trio:
            journey.ambiguous = True
        complete = self.items(trio[0], 0, sf=True, hs=False, sound=True)[0]
        complete["contact_history"], complete["engaged_content"] = present(self.history()), present("ROI")

        def make() -> None:
            for journey, extra in ((trio[0], complete), (trio[1], {})):
                owner = journey.rep
                self.ledger.create_lead(journey, at, {**cells, **extra}, owner, "Open - Not Contacted", owner)
            form = FORMS[self.writer.language]["inbound_form"]
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
        self.do(called, lambda: void(self.ledger.call(twin, called, twin.rep, via="sf", text=self.note())))
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
            survivor = self.ledger.ids.hubspot() if self.merges_anew else journey.contact.id
            body = {"op": "merge", "object": "contacts", "id": journey.contact.id, "loser": twin.contact.id}
            self.ledger.add(merged, {"system": "hubspot", **body, "record": {"new_id": survivor}})
            journey.contact.id, twin.gone = survivor, True
            filled = {i: c for i, c in twin.contact.cells.items() if journey.contact.cell(i).raw is None}
            journey.contact.put(merged, filled)  # the loser's values fill what the winner lacks

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
            form = FORMS[self.writer.language]["inbound_form"]
            self.ledger.create_contact(journey, entered, cells, "marketingqualifiedlead", form, rep)

        self.do(entered, enter)
        call = self.ledger.call
        self.do(logged, lambda: void(call(journey, at, rep, via="hs", logged_at=logged, direction="inbound")))
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
            self.ledger.inquire(old, again, FORMS[self.writer.language]["demo"])
            same = {i: c for i, c in old.lead.cells.items() if i in PERSONAL}
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
