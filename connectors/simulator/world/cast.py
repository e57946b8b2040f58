"""The protagonists of the demo, who live in every world: same deeds, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from connectors.simulator.world import days
from connectors.simulator.world.expectation import stamp
from connectors.simulator.world.fields import date_cell
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.plots import Plots
from connectors.simulator.world.scenes import Cells
from connectors.simulator.world.words import EMPTY, INCOMPLETE, TYPED, Cell, present


class Cast:
    """Four people whose way the demo tells."""

    def __init__(self, plots: Plots, start: datetime) -> None:
        self.plots = plots
        self.start = start
        self.today = days.working_day(days.day_of(start), 0)
        self.before = days.working_day(self.today, -1)
        self._parts: dict[str, Journey] = {}
        self._moments: dict[str, dict[str, Any]] = {}

    def enter(self) -> None:
        """Write all four into the world."""
        self._completed()
        self._cleared()
        self._corrected()
        self._returned()

    def story(self) -> dict[str, dict[str, Any]]:
        return {
            name: {
                "anchor": journey.anchor.ref,
                "records": [entry.ref for entry in journey.entries()],
                "shown_on": journey.targets,
                **self._moments[name],
            }
            for name, journey in self._parts.items()
        }

    def _clock(self, day: Any, hour: int, minute: int) -> datetime:
        return days.at_time(day, time(hour, minute, 7))

    def _person(self, channel: str) -> Cells:
        cells = self.plots.identity(channel)
        writer = self.plots.writer
        cells["company"] = present(writer.firm())
        cells["phone"] = present("03-6812-4471")
        cells["lead_source"] = writer.channel(channel)
        cells["job_title"] = present(writer.say("情報システム部長", "General Manager"), True)
        return cells

    def _items(self, journey: Journey, lacking: dict[str, Cell]) -> Cells:
        writer = self.plots.writer
        cells = {item: writer.sound(item) for item in TYPED} | lacking
        cells["contact_history"] = present(writer.say("初回架電で課題をヒアリング", "First call done"))
        cells["engaged_content"] = writer.usable("engaged_content")
        journey.planted.update({item: cell.state for item, cell in lacking.items()})
        return cells

    def _begin(self, name: str, at: datetime, channel: str) -> Journey:
        journey = self.plots.new(f"story_{name}")
        journey.scripted = True
        self._parts[name] = journey
        self._moments[name] = {}
        self.plots.arrive(journey, at, self._person(channel), channel)
        return journey

    def _call(self, journey: Journey, at: datetime, by: str, **more: Any) -> None:
        text = self.plots.writer.say("課題と時期を伺った", "Talked about needs")
        written = more.get("logged_at", at)
        self._at(written, lambda: self.plots.ledger.call(journey, at, by, text=text, **more))

    def _at(self, at: datetime, action: Callable[[], object]) -> None:
        def then() -> None:
            action()

        self.plots.do(at, then)

    def _pass(self, journey: Journey, at: datetime, cells: Cells) -> None:
        """Qualified and converted in one go, with the contact as decision-neutral role."""
        cells["sql_date"] = date_cell(at, "salesforce:Lead")
        self._at(at, lambda: self.plots.qualify(journey, at, cells, {}))
        self._at(at, lambda: self.plots.hand_over(journey, at, "convert", role="Business User"))

    def _completed(self) -> None:
        """An opportunity that was passed with two items lacking; its rep completes them."""
        came = self._clock(days.working_day(self.today, -3), 10, 0)
        journey = self._begin("completed", came, "demo")
        journey.eager = True
        lacking = {"decision_maker": self.plots.writer.placeholder("decision_maker"), "timing": EMPTY}
        self._call(journey, came + timedelta(minutes=50), journey.rep)
        passed = self._clock(self.before, 10, 30)
        self._pass(journey, passed, self._items(journey, lacking))
        self._call(journey, self._clock(self.before, 14, 0), journey.field_rep)
        self._moments["completed"] = {"items": list(lacking), "passed_at": stamp(passed)}

    def _cleared(self) -> None:
        """A lead in work whose last open item gets filled in."""
        came = self._clock(days.working_day(self.today, -2), 11, 0)
        journey = self._begin("cleared", came, "inbound_form")
        journey.eager = True
        cells = self._items(journey, {"ng_topics": EMPTY})
        typed = came + timedelta(hours=1)
        cells["sql_date"] = date_cell(typed, "salesforce:Lead")
        self._call(journey, came + timedelta(minutes=25), journey.rep)
        self._at(typed, lambda: self.plots.qualify(journey, typed, cells, {}))
        self._moments["cleared"] = {"items": ["ng_topics"]}

    def _corrected(self) -> None:
        """The deadline is noon of the first day; the rep called at 11:20 and writes it down at 15:40."""
        came = self._clock(self.before, 16, 30)
        journey = self._begin("corrected", came, "inbound_form")
        called, logged = self._clock(self.today, 11, 20), self._clock(self.today, 15, 40)
        self._call(journey, called, journey.rep, via="hs", logged_at=logged)
        due = days.due_same_day(came)
        self._moments["corrected"] = {"due": stamp(due), "called_at": stamp(called), "logged_at": stamp(logged)}

    def _returned(self) -> None:
        """Field sales sends a thin pass back; inside sales completes it and field sales accepts."""
        came = self._clock(days.working_day(self.today, -4), 9, 40)
        journey = self._begin("returned", came, "quote")
        journey.eager = journey.asleep = True
        writer = self.plots.writer
        lacking = {"pain": EMPTY, "budget_status": EMPTY, "next_action": writer.placeholder("next_action")}
        self._call(journey, came + timedelta(minutes=30), journey.rep)
        passed = self._clock(self.before, 11, 10)
        self._pass(journey, passed, self._items(journey, lacking))
        self._call(journey, self._clock(self.before, 15, 20), journey.field_rep)
        back = self._clock(self.today, 10, 30)

        def send_back() -> None:
            self.plots.ledger.decide(journey, back, journey.field_rep, "差し戻し", "returned", INCOMPLETE)
            journey.asleep = False

        self._at(back, send_back)
        moments = {"items": list(lacking), "passed_at": stamp(passed), "returned_at": stamp(back), "reason": INCOMPLETE}
        self._moments["returned"] = moments
