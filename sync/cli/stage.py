"""What the demo plays: three days of Baton at work on two simulated CRMs, told, checked and kept for its pages."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync.app import App, open_app, read_settings
from sync.cli.narration import Narrator
from sync.cli.report import render_pages
from sync.cli.screen import take_screens
from sync.core.mapping.spec import MappingSpec, NameFields
from sync.core.model.flags import EXACT_NAMES, Flags, SlaState, Status
from sync.core.model.records import RecordRef
from sync.errors import BugError
from sync.flow.connect import prepare
from sync.flow.cycle import finish, pull_all, start, sweep_all
from sync.flow.preview import plan as make_plan
from sync.flow.report import CycleReport
from sync.report.demo import REPORTS, Words, write_pages
from sync.report.screens import Screen, write_screens
from sync.report.story import Chapter, Cost, DemoStory, Found, Moment, RecordView
from sync.store.ledger import count_writes_by_handoff
from sync.store.summaries import read_summaries
from sync.trial import Trial

COMPANY = "カケハシクラウド"
_STEP = timedelta(minutes=30)
_ACTING = timedelta(minutes=24)
"""Reps act within this time of reading; the rest of a step lets HubSpot's search index catch up (up to 30 s)."""
_TOLD_PER_CYCLE = 2
_WORKDAY = (9, 19)
_ZONE = ZoneInfo("Asia/Tokyo")
_SHOWN_ITEMS = ("decision_maker", "timing", "budget_status", "pain", "sql_reason", "ng_topics", "next_action")

Seen = Mapping[RecordRef, Flags]


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that was played to its end, and the pages it left."""

    story: DemoStory
    pages: Sequence[Path]


def play(output: Path, tell: Narrator, *, seed: int, handoffs: int, days: int) -> Played:
    """Play the demo, check every flag at its end against the truth, and write the pages into a folder."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="baton-demo-") as folder:
        tell("world", handoffs=handoffs)
        trial = Trial.start(Path(folder), seed=seed, handoffs=handoffs)
        try:
            settings = read_settings(trial.folder)
            trial.create_flag_fields(settings.mapping)
            stage = _Stage(trial, tell, settings.mapping)
            stage.observe()
            stage.work(days)
            story = stage.finish(time.monotonic() - began)
        finally:
            trial.stop()
    labels = {lang: {i.id: i.label.in_(lang) for i in settings.mapping.items.values()} for lang in ("ja", "en")}
    words = Words(labels, settings.mapping.names, _ZONE)
    pages = [*write_pages(story, output, words), *write_screens(stage.screens, output, words)]
    for name, page in stage.reports.items():
        pages.append(output / name)
        pages[-1].write_text(page, encoding="utf-8")
    return Played(story, pages)


@dataclass
class _Stage:
    """The three days: what is on the records, what was seen to change, and what it cost."""

    trial: Trial
    tell: Narrator
    mapping: MappingSpec
    flags: dict[RecordRef, Flags] = field(default_factory=dict[RecordRef, Flags])
    history: dict[RecordRef, list[tuple[datetime, RecordView]]] = field(default_factory=dict)
    cleared: int = 0
    corrected: int = 0
    cycles: int = 0
    least: Counter[str] = field(default_factory=Counter[str])
    spent: Counter[str] = field(default_factory=Counter[str])
    startup: int = 0
    found: Found | None = None
    writes: list[int] = field(default_factory=list[int])
    """Per handoff that was written at all: how often, over all its records."""
    screens: list[Screen] = field(default_factory=list[Screen])
    reports: Mapping[str, str] = field(default_factory=dict[str, str])
    """File name → the report as of the end."""

    def observe(self) -> None:
        """The first look, in observe mode: everything is judged, nothing is written."""
        with self._opened("observe") as app:
            report = self._cycle(app, sweep=False)
            self.found = _what_was_found(app, report)
        if self.trial.read_back():
            raise BugError("observe mode wrote to a record")
        found = self.found
        self.tell("observed", records=found.records, in_scope=found.in_scope)
        self.tell("found", passed=found.passed, complete=found.passed_complete, breached=found.breached)
        for connection, amount in found.would_write:
            self.tell("would_write", connection=self.mapping.names[connection], n=amount)

    def work(self, days: int) -> None:
        """Write mode: cycle after cycle on the simulated clock while reps act on what the flags say."""
        end = self.trial.world.start + timedelta(days=days)
        with self._opened("write") as app:
            self._cycle(app, sweep=False)
            self._look()
            self.tell("written", records=len(self.flags))
            while (now := self.trial.simulator.clock.now()) < end:
                self.trial.let_people_act(self.flags, _ACTING)
                self.trial.pass_time(_next_step(now))
                self._cycle(app, sweep=True)
                self._look()
            with app.store.read() as tx:
                self.writes = list(count_writes_by_handoff(tx).values())
            self.tell("ended", cleared=self.cleared, corrected=self.corrected)
            self.screens = take_screens(app, self.trial, self.mapping, self.flags, self.trial.simulator.clock.now())
            self.reports = render_pages(app, REPORTS)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[App]:
        """Baton in that mode with both connections checked, as a daemon has them when its cycles begin."""
        with open_app(self.trial.folder, self.trial.overrides(mode), approve=True) as app:
            marks = self.trial.log_lengths()
            context, problems = prepare(app.context)
            if problems.problems:
                raise BugError(f"the demo cannot use its own CRMs: {'; '.join(map(str, problems.problems))}")
            self.startup += sum(self.trial.calls_since(marks).values())
            yield replace(app, context=context)

    def _cycle(self, app: App, *, sweep: bool) -> CycleReport:
        with self._counting():
            cycle = start(app.context, "once")
            pull_all(cycle)
        if sweep:
            with self._counting():
                sweep_all(cycle)
        with self._counting():
            report = finish(cycle)
        if report.partial:
            raise BugError(f"a cycle of the demo was partial: {'; '.join(map(str, report.problems))}")
        self.cycles += 1
        self.expected = self.trial.world.expect(report.now)
        return report

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Count what one step costs: the daemon takes each at its own time, so none can ride along with another."""
        marks = self.trial.log_lengths()
        yield
        self.least.update(self.trial.least_calls_since(marks))
        self.spent.update(self.trial.calls_since(marks))

    def _look(self) -> None:
        """Read the flags back through the APIs, tell what changed, and keep the protagonists' records as they were."""
        now = self.trial.simulator.clock.now()
        seen = self.trial.read_back()
        told: list[tuple[str, RecordRef, str]] = []
        for ref, flags in seen.items():
            before = self.flags.get(ref, {})
            gone = _items_of(before) - _items_of(flags)
            self.cleared += len(gone)
            if any(before.get(n) == "breached" and flags.get(n) == "met" for n in ("is_sla", "fs_sla")):
                self.corrected += 1
                told.insert(0, ("corrected", ref, ""))
            elif flags.get("status") == "returned" != before.get("status"):
                told.insert(0, ("returned", ref, ""))
            elif gone:
                told.append(("cleared", ref, self._names(gone)))
        if self.flags:
            self._tell_changes(now, told)
        self.flags = seen
        for part in self.trial.world.story().values():
            ref = RecordRef.parse(part["anchor"])
            if ref in seen:
                kept = self.history.setdefault(ref, [])
                if not kept or kept[-1][1].flags != seen[ref]:
                    kept.append((now, self._view(ref, seen[ref], now)))

    def _tell_changes(self, now: datetime, told: Sequence[tuple[str, RecordRef, str]]) -> None:
        at = f"{now.astimezone(_ZONE):%m/%d %H:%M}"
        for event, ref, items in told[:_TOLD_PER_CYCLE]:
            self.tell(event, at=at, ref=ref, items=items)
        if len(told) > _TOLD_PER_CYCLE:
            self.tell("more", at=at, n=len(told) - _TOLD_PER_CYCLE)

    def _names(self, items: set[str]) -> str:
        between = "、" if self.tell.language == "ja" else ", "
        return between.join(self.mapping.items[item].label.in_(self.tell.language) for item in sorted(items))

    def _view(self, ref: RecordRef, flags: Flags, at: datetime) -> RecordView:
        record = self.trial.record(ref)
        own = self.mapping.streams[ref.connection, ref.stream].items
        places = {item: own[item] for item in _SHOWN_ITEMS}
        fields = [(i, str(record.get(p[0]) or "")) for i, p in places.items() if not isinstance(p, NameFields)]
        title = record.get("Name") or record.get("Company") or ref.record_id
        return RecordView(str(ref), title, record.get("Company") or "", ref.stream.lower(), at, fields, flags)

    def finish(self, seconds: float) -> DemoStory:
        """Compare everything with the truth of the world and put the page's story together."""
        differences, checked = _compare(self.flags, self.expected)
        self.tell("checked", flags=checked, records=len(self.flags), differences=len(differences))
        for line in differences[:10]:
            self.tell("difference", line=line)
        cost = self._cost()
        for name, spent, least in cost.calls:
            self.tell("cost", connection=self.mapping.names[name], calls=spent, least=least)
        self.tell("writes", median=cost.writes_median, records=cost.records_written)
        story = self.trial.world.story()
        main = self.history[RecordRef.parse(story["completed"]["anchor"])]
        assert self.found is not None
        return DemoStory(
            company=COMPANY, began=self.trial.world.start, ended=self.trial.simulator.clock.now(),
            seconds=seconds, found=self.found, before=main[0][1], after=main[-1][1],
            chapters=[self._filled(story["cleared"]), self._corrected(story["corrected"]), self._returned(story["returned"])],
            cost=cost, flags_checked=checked, records_checked=len(self.flags), differences=len(differences),
            cleared=self.cleared, corrected=self.corrected,
        )  # fmt: skip

    def _cost(self) -> Cost:
        calls = [(name, self.spent[name], self.least[name]) for name in ("salesforce", "hubspot")]
        amounts = self.writes or [0]
        return Cost(calls, self.startup, self.cycles, sum(amounts), statistics.median(amounts), max(amounts))

    def _filled(self, part: Mapping[str, Any]) -> Chapter:
        views = self.history[RecordRef.parse(part["anchor"])]
        moments = [
            Moment(views[0][0], "baton", "m_flagged", {"n": str(views[0][1].flags["missing_count"])}, views[0][1])
        ]
        for (_, before), (at, after) in pairwise(views):
            filled = sorted(_items_of(before.flags) - _items_of(after.flags))
            moments += [Moment(at - timedelta(minutes=6), "rep", "m_filled", {"item": item}) for item in filled]
            left = after.flags.get("missing_count") or 0
            if filled:
                key = "m_cleared" if left else "m_complete"
                moments.append(Moment(at, "baton", key, {"n": str(left)}, after))
        return Chapter("filled", moments)

    def _corrected(self, part: Mapping[str, Any]) -> Chapter:
        views = self.history[RecordRef.parse(part["anchor"])]
        by_state = {view.flags.get("is_sla"): (at, view) for at, view in reversed(views)}
        called, logged = (datetime.fromisoformat(part[name]) for name in ("called_at", "logged_at"))
        due = datetime.fromisoformat(part["due"]).astimezone(_ZONE)
        waiting, breached = by_state["waiting"], by_state["breached"]
        met = next((at, view) for at, view in views if view.flags.get("is_sla") == "met")
        return Chapter("corrected", [
            Moment(waiting[0], "baton", "m_waiting", {"due": f"{due:%H:%M}"}),
            Moment(called, "rep", "m_called"),
            Moment(breached[0], "baton", "m_breached", {}, breached[1]),
            Moment(logged, "rep", "m_logged"),
            Moment(met[0], "baton", "m_corrected", {}, met[1]),
        ])  # fmt: skip

    def _returned(self, part: Mapping[str, Any]) -> Chapter:
        views = self.history[RecordRef.parse(part["anchor"])]
        returned = next((at, view) for at, view in views if view.flags["status"] == "returned")
        moments = [
            Moment(datetime.fromisoformat(part["returned_at"]), "rep", "m_fs_returned", {"reason": part["reason"]}),
            Moment(returned[0], "baton", "m_returned", {}, returned[1]),
        ]
        return Chapter("returned", moments)


def _next_step(now: datetime) -> datetime:
    """Half an hour later, but nights are skipped."""
    then = now + _STEP
    local = then.astimezone(_ZONE)
    if local.hour >= _WORKDAY[1]:
        local = (local + timedelta(days=1)).replace(hour=_WORKDAY[0], minute=0)
    return local.astimezone(now.tzinfo)


def _items_of(flags: Mapping[str, Any]) -> set[str]:
    return set(filter(None, str(flags.get("missing_items") or "").split(";")))


def _compare(seen: Seen, expected: Mapping[str, Any]) -> tuple[list[str], int]:
    """Differences between the flags read back and the truth, and the number of flags compared. Texts are left out."""
    true: Mapping[str, Mapping[str, Any]] = expected["records"]
    lines = [f"{ref}: {'no flags, but should' if ref in true else 'has flags, but should not'}"
             for ref in {str(r) for r in seen} ^ set(true)]  # fmt: skip
    checked = 0
    for ref, flags in seen.items():
        wanted = true.get(str(ref), {})
        for name in EXACT_NAMES:
            checked += flags.get(name) is not None
            if wanted and _plain(flags.get(name)) != _plain(wanted.get(name)):
                lines.append(f"{ref} {name}: {flags.get(name)!r}, truth {wanted.get(name)!r}")
    return lines, checked


def _plain(value: object) -> object:
    return frozenset(value.split(";")) if isinstance(value, str) and ";" in value else value


def _what_was_found(app: App, report: CycleReport) -> Found:
    plan = make_plan(app.context, report.now)
    with app.store.read() as tx:
        inside = read_summaries(tx)
    passed = [one for one in inside if one["status"] in (Status.PASSED, Status.PASSED_INCOMPLETE)]
    missing = Counter(item for one in passed for item in one["missing"])
    states = Counter(one["clocks"]["is_first_contact"]["state"] for one in inside)
    would = Counter(change.ref.connection for change in plan.changes)
    return Found(
        records=report.counts["pull"]["new"],
        in_scope=len(inside),
        passed=len(passed),
        passed_complete=sum(one["status"] == Status.PASSED for one in passed),
        breached=states[SlaState.BREACHED],
        waiting=states[SlaState.WAITING],
        missing=missing.most_common(),
        statuses=Counter(one["status"] for one in inside).most_common(),
        would_write=sorted(would.items()),
    )
