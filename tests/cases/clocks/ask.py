"""The worked examples put to the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.calendar import (
    Calendar,
    CalendarSpec,
    compile_calendar,
    due,
    look_back,
    next_opening,
    parse_hours,
    parse_target,
    without,
    working_seconds,
)
from sync.core.mapping.normalise.tables import fold
from sync.core.model.absence import Absence
from sync.core.model.handoff import Arrival, ClockFinding, Judgement, Memory
from sync.core.model.records import RecordRef
from sync.core.rules.batch import find_batches
from sync.core.rules.definition import AttemptPolicy, ClockPolicy, RuleSet
from sync.settings.policy import ClocksSection, compile_clocks
from sync.settings.value import Names
from tests.cases.clocks.read import Case, moment, span
from tests.handoffs import Crm, at, passed_deal, settings

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ATTEMPTS = AttemptPolicy(3, parse_target("10 business_days"), frozenset({"不通"}))
SOURCE, CREATED = "展示会", "10-09 18:20"
"""Of who came with others, unless the case says otherwise."""
_BATCH = {"batch": {}, "target": {"event": "5 business_days", "business_card": "5 business_days", "list": "none"}}
_USERS = ("integration_users", "native_sync_users", "automation_users")


def make_calendar(said: dict[str, Any]) -> Calendar:
    country, _, subdivision = said.get("country", "").partition("-")
    office = compile_calendar(
        CalendarSpec(
            tz=said.get("tz", "Asia/Tokyo"),
            hours={day: _hours(text) for days, text in said["hours"].items() for day in _weekdays(days)},
            holiday_country=country or None,
            holiday_subdivision=subdivision or None,
            closures=[(date.fromisoformat(a), date.fromisoformat(b)) for a, b in said.get("closures", ())],
            special_hours={date.fromisoformat(day): _hours(text) for day, text in said.get("special", {}).items()},
            extra_working_days=frozenset(date.fromisoformat(day) for day in said.get("extra", ())),
        )
    )
    return without(office, [_absence(*row) for row in said.get("away", ())])


def _absence(first: str, last: str, hours: str = "") -> Absence:
    """Days, both inclusive and perhaps for some hours of each alone; or instants."""
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return Absence(start, end if end.tzinfo else end + timedelta(days=1), parse_hours(_hours([hours] if hours else [])))


def answer_arithmetic(case: Case, calendar: Calendar) -> dict[str, object]:
    """The engine's answers under the names of the case's expectations."""
    zone = calendar.zone
    start = moment(case["start"], zone)
    if "target" in case:
        cutoff = time.fromisoformat(case["cutoff"]) if "cutoff" in case else None
        return {"due": due(calendar, start, parse_target(case["target"]), cutoff) or "never"}
    if "back" in case:
        return {"reaches": look_back(calendar, start, parse_target(case["back"]))}
    if "opens" in case:
        return {"opens": next_opening(calendar, start)}
    end = moment(case["end"], zone)
    return {"working": working_seconds(calendar, start, end), "elapsed": int((end - start).total_seconds())}


def expect_arithmetic(case: Case, zone: ZoneInfo) -> dict[str, object]:
    instants = {
        name: case[name] if case[name] == "never" else moment(case[name], zone)
        for name in ("due", "reaches", "opens")
        if name in case
    }
    spans = {name: int(span(case[name]).total_seconds()) for name in ("working", "elapsed") if name in case}
    return {**instants, **spans}


def answer_clock(case: Case, page: str) -> dict[str, object]:
    """What the judgement says of the case's clock, under the names of its expectations."""
    judged, found = judge_whole(case, page)
    said: dict[str, object] = {
        "state": found.state.value,
        "due": found.due,
        "contact": found.contact_at,
        "working": found.working_seconds,
        "corrected": found.corrected,
        "asks": found.needs_confirmation,
        "at_risk": found.at_risk,
        "attempts": judged.attempts.count,
        "early": judged.attempts.gave_up_early,
    }
    return {name: value for name, value in said.items() if name in expect_clock(case)}


def expect_clock(case: Case) -> dict[str, object]:
    """A case that names no deadline or contact expects none."""
    return {
        "state": case["state"],
        "due": at(case["due"]) if "due" in case else None,
        "contact": at(case["contact"]) if "contact" in case else None,
        "working": int(span(case["working"]).total_seconds()) if "working" in case else None,
        "asks": case.get("asks", False),
        **{name: case[name] for name in ("corrected", "at_risk", "attempts", "early") if name in case},
    }


def judge_case(case: Case, page: str) -> ClockFinding:
    return judge_whole(case, page)[1]


def judge_whole(case: Case, page: str) -> tuple[Judgement, ClockFinding]:
    if page == "batch":
        case = {"source": SOURCE, "created": CREATED, **case}
    crm = CompanyCrm(rules_with={"task_types": frozenset(case["task_types"])} if "task_types" in case else {})
    if page in ("policy", "batch"):
        crm.user("is2", ["IS"])
        plain = _BATCH if page == "batch" else {}
        crm.rules_with |= {"is_clock": _policy({**plain, **case.get("policy", {})}), "attempts": ATTEMPTS}
    crm.users = {name: frozenset(_email(user) for user in case[name]) for name in _USERS if name in case}
    anchor = _inquiry(crm, case) if page != "pass" else passed_deal(crm, created=case.get("created", "10-06 11:00"))
    for event in case["events"]:
        happen(crm, anchor, event, case)
    if page == "batch":
        crm.batches = _came_with(case, crm.rules.is_clock)
    judged = crm.judge(anchor, case["now"], _memory(case))
    wanted = case.get("clock", "is_first_contact" if page != "pass" else "fs_first_contact")
    return judged, next(clock for clock in judged.clocks if clock.id == wanted)


def _came_with(case: Case, clock: ClockPolicy) -> dict[str, Arrival]:
    """How the person of the case came, among all the others, as the store would have it."""
    assert clock.batch is not None, "the page is about batches"
    own, source = at(case["created"]), fold(case["source"])
    came = [own]
    for count, its, first, last in case.get("others", ()):
        span = (at(last) - at(first)) / max(count - 1, 1)
        came += [at(first) + n * span for n in range(count)] if fold(its) == source else []
    came.sort()
    found = find_batches(came, clock.batch.rule)[came.index(own)]
    return {clock.batch.rule.key: Arrival(source, own, found)}


def _policy(said: dict[str, Any]) -> ClockPolicy:
    """The shipped clock of the first contact with four hours of work and what the case says, read as config/baton.yaml is."""
    shipped = settings()
    items = shipped.mapping.items.values()
    names = Names(
        items=frozenset(item.id for item in items),
        kinds={item.id: item.as_ for item in items},
        options={item.id: frozenset(item.options.values()) for item in items if item.options},
        roles=frozenset({"IS", "FS"}),
        calendars=frozenset({"tokyo"}),
    )
    plain: dict[str, Any] = {"calendar": "tokyo", "team": ["IS", "FS"], "target": "4 business_hours"}
    clocks = {"is_first_contact": {**plain, **said}, "fs_first_contact": plain}
    section = ClocksSection.model_validate(clocks, context=names)
    return compile_clocks(section, {"tokyo": shipped.rules.is_clock.calendars})[0]


def happen(crm: Crm, anchor: RecordRef, event: dict[str, Any], case: Case) -> None:
    """One thing that happens in the CRMs: an activity, an inquiry, or a change of the anchor."""
    (kind, when), *more = event.items()
    extra = dict(more)
    match kind:
        case "form" | "mql":
            name = "converted_at" if kind == "form" else "mql_at"
            link = {"lead_id": "L1"} if anchor.stream == "Lead" else {"contact_id": "C1"}
            cells = {name: f"{at(when):%Y-%m-%dT%H:%M:%SZ}", "lead_source": case.get("source", "デモ"), **link}
            crm.hub(created=case.get("created", "10-05 10:00"), **cells)
        case "owner":
            crm.history(anchor, "owner", extra["from"], extra["to"], when)
            crm.change(anchor, facts={"owner": f"salesforce:User:{extra['to']}"})
        case "status":
            crm.set(anchor, Status=when)
            if "on" in extra:
                crm.history(anchor, "status", extra["from"], when, extra["on"])
        case "decision":
            crm.set(anchor, FS_Decision__c=when)
        case "hide":
            crm.hide(anchor, when)
        case _:
            _act(crm, anchor, kind, when, extra)


class CompanyCrm(Crm):
    """With the users that a case lists as machines."""

    users: dict[str, frozenset[str]]

    @property
    def rules(self) -> RuleSet:
        rules = settings(self.language).rules
        return replace(rules, definition=replace(rules.definition, **self.users), **self.rules_with)


def _act(crm: Crm, anchor: RecordRef, kind: str, when: str, facts: dict[str, Any]) -> None:
    on, deleted = facts.pop("on", None), facts.pop("deleted", False)
    if "seconds" in facts:
        facts["duration_s"] = facts.pop("seconds")
    subject = anchor if on is None else crm.lead("L2", lead_source="デモ")
    if kind == "meeting":
        made = crm.meeting(subject, when, **{"owner": "is1", **facts})
    else:
        made = crm.act(kind, subject, when, **facts)
    if on == "merged":
        crm.merge(subject, anchor)
    if deleted:
        crm.change(made, deleted=True)


def _inquiry(crm: Crm, case: Case) -> RecordRef:
    return crm.lead(created=case.get("created", "10-05 10:00"), lead_source=case.get("source", "デモ"))


def _memory(case: Case) -> Memory:
    reread, breached = case.get("reread"), case.get("breached")
    return Memory(
        confirmed_at=at(reread) if reread and reread != "failed" else None,
        confirm_failed=reread == "failed",
        breached_at={"is_first_contact": at(breached)} if breached else {},
    )


def _email(user: str) -> str:
    return f"{user}@ours.example.jp"


def _weekdays(text: str) -> range:
    first, _, last = text.partition("-")
    return range(_WEEK.index(first), _WEEK.index(last or first) + 1)


def _hours(texts: list[str]) -> list[tuple[str, str]]:
    return [(first, last) for first, _, last in (text.partition("-") for text in texts)]
