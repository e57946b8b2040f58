"""Clocks that could never start, run or stop are refused with the line to look at; then what sound ones become."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.calendar import parse_target
from sync.core.rules.definition import AtRisk, StartKind, StartSpec, StopKind, Who

BATON, HUBSPOT, SALESFORCE = "config/baton.yaml", "mappings/hubspot.yaml", "mappings/salesforce.yaml"
SOUND = "  {id}:\n    start: passed_at\n    calendar: tokyo\n    team: [FS]\n    target: 2 business_days\n"


def add(folder, settings: str, id_: str = "demo_call") -> int:
    """One more clock, with these settings; the line of the first of them."""
    path = folder.root / BATON
    text = path.read_text(encoding="utf-8") + SOUND.format(id=id_)
    path.write_text(text + "".join(f"    {row}\n" for row in settings.splitlines()), encoding="utf-8")
    return text.count("\n") + 1


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ("pause_when: \"status == 'a' or status != 'a'\"", "pause_when: holds always", "stand still"),
        ("pause_when: \"status == 'a' and status == 'b'\"", "pause_when: can never hold", "drop it"),
        ("resume_when: \"status == 'a'\"", "resume_when: there is no pause_when", "add pause_when"),
        ("cancel_when: contacts >= 0", "cancel_when: holds always", "when it is not to be"),
        ("cancel_when: contacts < 0", "cancel_when: can never hold", "drop it"),
        ("start_when: \"budget_status == 'secured' and not known(budget_status)\"", "can never hold, so it never starts", ""),
        ("reset_when: not contacts < 0", "reset_when: always holds", "start anew"),
        ("pause_when: \"status == 'x'\"\nreset_when: \"status == 'x' and stage == 'at_pass'\"", "would stand still at once", ""),
        ("start_when: \"lead_source == 'demo'\"\npause_when: \"lead_source in ['demo', 'ad']\"", "wherever start_when does", ""),
        ("start_when: contacts >= 2\ncancel_when: contacts > 1", "cancel_when: holds wherever start_when does", ""),
        ("pause_when: \"status == 'x'\"\nresume_when: \"known(pain) or not known(pain)\"", "never stands still", "drop"),
        ("pause_when: \"statuss == 'x'\"", "'statuss' is no item", "did you mean status?"),
        ("evidence: [salesforce.Lead]", "salesforce.Lead holds no activities", "salesforce.Task"),
        ("evidence: [salesforce.Tsk]", "'salesforce.Tsk' is no stream", "did you mean salesforce.Task?"),
        ("at_risk: 0%", "'0%' is no part of the time", "25%"),
        ("at_risk: 2 business_days", "is no part of the time", "2 business_hours"),
        ("stop: decided_late", "stop", "decided"),
        ("pauses_when: contacts > 1", "unknown setting", "did you mean pause_when?"),
        ("changes:\n- {from: 2026-12-01, target: 3 business_days}\n- {from: 2026-11-01}", "not in the order", "earliest first"),
        ("changes: [{from: 2026-12-01, label: {ja: a, en: b}}]", "unknown setting", ""),
        ("changes: [{target: 1 business_days}]", "from is missing", "from"),
        ("changes: [{from: 2026-12-01, target: 9999999 business_days}]", "could never be due", "weekly hours"),
        ("changes: [{from: 2026-12-01, target: {dem: 1 business_days}}]", "'dem' is no lead_source", "did you mean demo?"),
        ("changes: [{from: 2026-12-01, pause_when: contacts >= 0}]", "changes[0].pause_when: holds always", ""),
    ],
)  # fmt: skip
def test_a_clock_that_cannot_work_is_refused_with_its_line(folder, settings, message, hint) -> None:
    first = add(folder, settings)
    told = [problem for problem in folder.problems() if message in problem.message]
    assert told, [str(problem) for problem in folder.problems()]
    assert hint in told[0].hint
    own = {f"{BATON}:{line}" for line in range(first, first + settings.count("\n") + 1)}
    assert told[0].path in own or told[0].path == f"{BATON}:{first - 5}", told[0].path


@pytest.mark.parametrize("id_", ["Demo", "demo-call", "2nd"])
def test_an_id_that_is_none(folder, id_) -> None:
    line = add(folder, "who: team", id_) - 5
    assert [(p.path, p.message) for p in folder.problems()] == [
        (f"{BATON}:{line}", f"clocks.{id_}: is no id of a clock")
    ]


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("opened", "'opened' is no start of a clock"),
        ("field:salesforce.Lead", "names no field"),
        ("field:salesforce.Task.X", "salesforce.Task is no stream of people"),
    ],
)
def test_a_start_that_is_none(folder, start, message) -> None:
    line = add(folder, "who: team")
    path = folder.root / BATON
    rows = path.read_text(encoding="utf-8").splitlines()
    rows[line - 5] = f"    start: {start}"
    path.write_text("\n".join(rows), encoding="utf-8")
    assert any(message in p.message and p.path == f"{BATON}:{line - 4}" for p in folder.problems())


def test_starts_and_stops_that_nothing_is_mapped_to(folder) -> None:
    folder.edit(HUBSPOT, "    form_fields: [recent_conversion_date]\n", "")
    folder.edit(BATON, "start: passed_at\n    stop", "start: form_submitted\n    stop")
    assert [p.message for p in folder.problems()] == [
        "clocks.fs_accept.start: can never start: no stream of people has form_fields"
    ]
    for name in (SALESFORCE, HUBSPOT):
        path = folder.root / name
        rows = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(row for row in rows if "fs_decision" not in row), encoding="utf-8")
    assert "clocks.fs_accept.stop: can never stop: no stream has the input fs_decision" in [
        p.message for p in folder.problems()
    ]


def test_a_sound_clock_with_everything(folder) -> None:
    add(
        folder,
        """label: {ja: デモ, en: Demo}
stop: connected_only
who: owner
start_when: "salesforce.Lead.Rating == 'Hot'"
pause_when: "status == '保留'"
resume_when: "status == '対応中'"
cancel_when: "status == '重複'"
reset_when: "fs_decision == 'returned'"
on_reassign: restart
owner_absent: pause
at_risk: 25%
enforce_from: 2026-11-01
evidence: [salesforce.Task, hubspot.calls]
changes:
- {from: 2026-12-01, target: {demo: 4 business_hours}, at_risk: 1 hour}
- {from: 2027-01-01, start: field:salesforce.Lead.Demo_At__c, cancel_when: null}""",
    )
    settings = folder.load()
    clock = settings.rules.clocks[-1]
    assert (clock.id, clock.is_published, clock.who, clock.stop) == (
        "demo_call",
        False,
        Who.OWNER,
        StopKind.CONNECTED_ONLY,
    )
    assert clock.label is not None and clock.label.in_("ja") == "デモ"
    assert (clock.restarts, clock.owner_absent_pauses, clock.at_risk) == (True, True, AtRisk(share=0.25))
    assert clock.evidence == {("salesforce", "Task"), ("hubspot", "calls")}
    (first, early), (second, late) = clock.changes
    assert (first, second) == (
        datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Tokyo")), datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo")),
    )  # fmt: skip
    assert early.target_by_channel == {"demo": parse_target("4 business_hours")} and early.target is None
    assert early.at_risk == AtRisk(span=parse_target("1 hour")) and early.cancel_when == clock.cancel_when
    assert late.start == StartSpec(StartKind.FIELD, ("salesforce", "Lead", "Demo_At__c"))
    assert late.cancel_when is None and late.target_by_channel == early.target_by_channel
    read = settings.mapping.streams["salesforce", "Lead"].fields
    assert {"Rating", "Demo_At__c"} <= set(read), "what clocks look at is asked of the CRM"


def test_the_name_of_a_clock_judges_nothing_anew_and_all_else_does(folder) -> None:
    before = folder.load().rules.rules_hash
    folder.edit(BATON, "en: FS acceptance", "en: Acceptance")
    assert folder.load().rules.rules_hash == before
    folder.edit(BATON, "stop: decided ", "stop: outbound_only ")
    assert folder.load().rules.rules_hash != before


def test_attempts_are_asked_for_only_where_a_company_does(folder) -> None:
    assert folder.load().rules.attempts is None
    folder.edit(
        BATON,
        "  task_types: []\n",
        "  task_types: []\n  attempts: {unresponsive_statuses: [不通], within: 5 business_days}\n",
    )
    found = folder.load().rules.attempts
    assert found is not None and (found.at_least, found.within) == (3, parse_target("5 business_days"))


def test_the_shipped_clocks(folder) -> None:
    rules = folder.load().rules
    assert [clock.id for clock in rules.clocks] == ["is_first_contact", "fs_first_contact", "fs_accept"]
    assert rules.clocks[2].confirm_after == timedelta(minutes=15) and not rules.shows_at_risk
