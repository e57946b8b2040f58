"""The flags that a handoff must show at an instant, worked out from what the generator itself planted.

Follows the judgement in `sync/core/README.md` without sharing a line with the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.simulator.world import days
from connectors.simulator.world.journey import Entry, Journey, Touch
from connectors.simulator.world.words import AUTOMATIC, EMPTY, TYPED, Cell
from sync.core.model.flags import EXACT_NAMES, FlagValue

VERSION = "2026-10"
CONFIRM_AFTER = timedelta(minutes=15)
TOGETHER = timedelta(hours=1)
"""What somebody asks for so soon after they were entered came along with the upload."""
FlagSet = dict[str, FlagValue]
_UNREADABLE = Cell(None, "unreadable")
_DAYS = {"referral": 1, "download": 2, "webinar": 2, "ad": 2, "event": 5, "business_card": 5}
_TEAMS: Mapping[str, tuple[str | None, ...]] = {"is": ("IS", "FS", None), "fs": ("FS", None)}
_SAME_DAY = frozenset(("inbound_form", "demo", "quote", "trial", "missed_call"))


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Bar:
    """How much a definition asks of budget and timing, where they differ between those that are shipped."""

    budget_met: frozenset[str]
    within_months: int


STANDARD = Bar(frozenset(("secured", "expected")), 6)
"""`examples/saas-jp/config/definition.yaml`."""
STRICTER = Bar(frozenset(("secured",)), 3)
"""`examples/saas-jp/stricter.yaml`."""


@dataclass(frozen=True, slots=True)
class ClockState:
    state: str
    due: datetime | None = None
    at: datetime | None = None


NO_CLOCK = ClockState("none")


def _best(entries: list[Entry], item: str) -> Cell | None:
    """Within one connection: the first usable, else the first unmapped, else the first that is not missing, else
    missing; None: says nothing."""
    if not entries:
        return None
    cells = [entry.cell(item) for entry in entries]
    wishes = (lambda c: c.usable, lambda c: c.state == "unmapped", lambda c: c.state != "missing")
    return next((c for wish in wishes for c in cells if wish(c)), EMPTY)


def item_of(journey: Journey, item: str) -> Cell:
    """The item after both systems were heard."""
    said: list[Cell] = []
    for connection in ("salesforce", "hubspot"):
        cell = _best(journey.lookup(connection, item), item)
        if cell is None and journey.ambiguous:
            cell = _UNREADABLE
        if cell is not None:
            said.append(cell)
    for wanted in (
        lambda c: c.usable,
        lambda c: c.state == "unmapped",
        lambda c: c.state not in ("missing", "unreadable"),
        lambda c: c.state == "unreadable",
    ):
        found = next((c for c in said if wanted(c)), None)
        if found is not None:
            return found
    return EMPTY


def title_met(journey: Journey) -> bool:
    return any(entry.cell("job_title").meaning is True for entry in journey.entries())


class Judge:
    """One handoff at one instant."""

    def __init__(self, journey: Journey, now: datetime, enforce_from: datetime, bar: Bar = STANDARD) -> None:
        self.journey = journey
        self.stopped: Collection[str] = ()
        """Names of the clocks (`is`, `fs`) that accuse nobody of this journey's team."""
        self.now = now
        self.bar = bar
        self.enforce_from = enforce_from
        self.passing = min((p for p in journey.passings if p.at <= now), key=lambda p: p.at, default=None)
        self.passed_at = self.passing.at if self.passing else None
        self.grace_end = days.next_closing(self.passed_at) if self.passed_at else None
        self.passed = self.grace_end is not None and now >= self.grace_end
        self.cells = {item: self._item(item) for item in (*TYPED, *AUTOMATIC)}

    def out_of_scope(self) -> str:
        """The reason, empty when in scope."""
        if self.journey.out:
            return self.journey.out
        if self.passed_at is not None and self.passed_at < self.enforce_from:
            return "passed before enforce_from"
        return ""

    def _item(self, item: str) -> Cell:
        if item == "contact_channel":
            return self._channel()
        cell = item_of(self.journey, item)
        if cell.usable:
            return self._aged(cell) if item == "timing" else cell
        journey = self.journey
        derived = (
            (item == "decision_maker" and journey.decider_role)
            or (item == "next_action" and any(t.scheduled and t.at > self.now for t in self._touches()))
            or (item == "contact_history" and any(t.content and not t.scheduled for t in self._touches()))
        )
        return Cell("", "present") if derived else cell

    def _aged(self, cell: Cell) -> Cell:
        end = cell.meaning[1]
        return Cell(cell.raw, "stale") if end is not None and end < days.day_of(self.now) else cell

    def _channel(self) -> Cell:
        both = [item_of(self.journey, "phone"), item_of(self.journey, "email")]
        for cell in both:
            if cell.usable:
                return cell
        return next((c for c in both if c.state == "unreadable"), EMPTY)

    def _touches(self) -> list[Touch]:
        since = days.look_back(self.journey.reopened_at) if self.journey.reopened_at else None
        return [t for t in self.journey.touches if not t.deleted and (since is None or t.at >= since)]

    def missing(self) -> tuple[str, ...]:
        if self.journey.nobody:
            return ()
        lacking = [item for item in TYPED if self.cells[item].state in ("missing", "placeholder", "invalid", "stale")]
        channel = self.cells["contact_channel"]
        return (("contact_channel",) if channel.state == "missing" else ()) + tuple(lacking)

    def criteria(self) -> dict[str, str]:
        """Each `met`, `not_met` or `unknown`."""
        budget = self.cells["budget_status"]
        pain = self.cells["pain"]
        budget_state = {**dict.fromkeys(self.bar.budget_met, "met"), "none": "not_met"}
        return {
            "authority": "met" if title_met(self.journey) else "unknown",
            "budget": budget_state.get(budget.meaning, "unknown") if budget.usable else "unknown",
            "timing": self._timing(),
            "need": "met" if pain.usable and not pain.meaning else "unknown",
        }

    def _timing(self) -> str:
        cell = self.cells["timing"]
        reference = item_of(self.journey, "sql_date").meaning
        if reference is None and self.passed_at is not None:
            reference = days.day_of(self.passed_at)
        if not cell.usable or reference is None:
            return "unknown"
        start = cell.meaning[0]
        last = days.months_after(reference, self.bar.within_months)
        return "met" if start is None or start <= last else "not_met"

    def verdict(self) -> tuple[str, tuple[str, ...]]:
        if self.journey.nobody:
            return "undetermined", ()
        criteria = self.criteria()
        unmet = tuple(name for name, state in criteria.items() if state == "not_met")
        if unmet:
            return "not_qualified", unmet
        return ("undetermined" if "unknown" in criteria.values() else "qualified"), ()

    def status(self, missing: tuple[str, ...]) -> str:
        journey = self.journey
        if journey.decision == "returned":
            return "returned"
        if journey.nobody or any(self.cells[item].state in ("unreadable", "unmapped") for item in TYPED):
            return "undetermined"
        if self.passed:
            return "passed_incomplete" if missing else "passed"
        return "preparing" if missing else "ready"

    def next_actor(self, status: str, missing: tuple[str, ...]) -> str:
        if status == "returned":
            return "is"
        if status == "undetermined":
            return "revops"
        if missing or "unknown" in self.criteria().values():
            return "fs" if self.journey.decision == "accepted" else "is"
        wanted = [item for item in AUTOMATIC if item != "sql_date" or self.passed_at is not None]
        if self.journey.ambiguous or any(not self.cells[item].usable for item in wanted):
            return "revops"
        return "none"

    def start_of_first_contact(self) -> datetime:
        journey = self.journey
        members, opened = journey.entries(), journey.opened_at
        moments = [opened]
        moments += [at for entry in members for at in entry.inquiries]
        moments += [t.at for t in self._touches() if t.missed]
        limit = self.now if self.passed_at is None else min(self.now, self.passed_at)
        latest = max(at for at in moments if at <= limit)
        batch = journey.batch_at
        return batch if batch is not None and latest <= opened + TOGETHER else latest

    def first_contact(self) -> ClockState:
        """From the inquiry."""
        span = self.span_of_first_contact()
        if span is None:
            return NO_CLOCK
        cancelled = self.passed_at is not None and self.passed_at <= span[1]
        return self._clock("is", *span, cancelled)

    def field_contact(self) -> ClockState:
        """From the pass."""
        span = self.span_of_field_contact()
        return NO_CLOCK if span is None else self._clock("fs", *span, self.journey.decision == "returned")

    def span_of_first_contact(self) -> tuple[datetime, datetime] | None:
        """Start and due, called off or not; None where there is no target."""
        channel = self.cells["lead_source"]
        start = self.start_of_first_contact()
        if not channel.usable or start < self.enforce_from:
            return None
        if channel.meaning in _SAME_DAY:
            return start, days.due_same_day(start)
        return (start, days.due_days(start, _DAYS[channel.meaning])) if channel.meaning in _DAYS else None

    def span_of_field_contact(self) -> tuple[datetime, datetime] | None:
        if self.passed_at is None or self.passed_at < self.enforce_from:
            return None
        return self.passed_at, days.due_days(self.passed_at, 1)

    def contacts(self, start: datetime) -> Iterator[Touch]:
        """Every genuine contact that a clock from `start` could know of, whoever made it."""
        since = days.look_back(start)
        return (t for t in self._touches() if t.genuine and since <= t.instant <= self.now)

    def _clock(self, name: str, start: datetime, due: datetime, cancelled: bool) -> ClockState:
        stops = [t.instant for t in self.contacts(start) if t.actor in _TEAMS[name]]
        lateness_counts = not self.journey.ambiguous and not (cancelled and name == "is")
        if stops and (min(stops) <= due or lateness_counts):
            at = min(stops)
            return ClockState("met" if at <= due else "met_late", due, at)
        if cancelled:
            return NO_CLOCK
        if self.now < due + CONFIRM_AFTER:
            return ClockState("waiting", due)
        blamed = self.journey.breached.get(name)
        if name in self.stopped and (blamed is None or blamed < due):
            return NO_CLOCK
        return ClockState("unverified" if self.journey.ambiguous else "breached", due)


LookBack = Callable[[Journey, datetime], tuple[str, ...] | None]
"""What a handoff lacked at an earlier instant; None where nobody can tell."""


def remember(
    journey: Journey, judge: Judge, missing: tuple[str, ...], clocks: dict[str, ClockState], look_back: LookBack
) -> None:
    """What survives from one judgement to the next: the frozen state of the pass, and breaches."""
    if journey.first_judged is None:
        journey.first_judged = judge.now
    if judge.passed and not journey.frozen_done:
        journey.frozen_done = True
        assert judge.grace_end is not None, "the grace is over"
        journey.frozen = missing if journey.first_judged < judge.grace_end else look_back(journey, judge.grace_end)
    for name, clock in clocks.items():
        blame(journey, name, clock, judge.now)


def blame(journey: Journey, name: str, clock: ClockState, now: datetime) -> None:
    """Since when a clock was called breached, if it is; a breach of an earlier run says nothing of this one."""
    if clock.state == "breached" and clock.due is not None:
        before = journey.breached.get(name)
        journey.breached[name] = before if before is not None and before >= clock.due else now


def flags_of(journey: Journey, judge: Judge, look_back: LookBack | None = None) -> FlagSet:
    """All flags but the texts, for a handoff in scope. Without `look_back` it only looks and remembers nothing."""
    missing = judge.missing()
    verdict, unmet = judge.verdict()
    status = judge.status(missing)
    first = NO_CLOCK if journey.nobody else judge.first_contact()
    field = NO_CLOCK if journey.nobody else judge.field_contact()
    if look_back is not None:
        remember(journey, judge, missing, {"is": first, "fs": field}, look_back)
    flags: FlagSet = dict.fromkeys(EXACT_NAMES)
    flags.update(
        status=status,
        sql_verdict=verdict,
        missing_items=";".join(missing) or None,
        missing_count=None if journey.nobody else len(missing),
        unmet_criteria=";".join(unmet) or None,
        next_actor=judge.next_actor(status, missing),
        missing_at_pass=";".join(journey.frozen or ()) or None,
        passed_at=stamp(judge.passed_at) if judge.passed_at else None,
        definition=VERSION,
    )
    for name, clock in (("is", first), ("fs", field)):
        flags[f"{name}_sla"] = clock.state
        flags[f"{name}_due"] = stamp(clock.due) if clock.due else None
        flags[f"{name}_at"] = stamp(clock.at) if clock.at else None
    return flags


def out_of_scope_flags() -> FlagSet:
    """What a record says once it has left the scope."""
    return {name: "out_of_scope" if name == "status" else None for name in EXACT_NAMES}
