"""Clocks of any policy: the engine and the slow reference, asked the same of whatever people may leave behind.

`BATON_EXAMPLES=5000 pytest tests/property/test_policies.py` looks further than the run of every day.
"""

from __future__ import annotations

import os
from copy import copy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.app import read_given, read_settings
from sync.core.model.handoff import ClockFinding, Part
from sync.errors import ConfigError
from sync.flow.told import judge_told
from sync.settings import Settings
from tests.cases.case import Case, compose, read_base
from tests.cases.slow import _reference, _served
from tests.depth import share
from tests.property.test_reference import cases
from tests.reference.attempts import count_attempts, gave_up_early
from tests.reference.policies import Told, start_of

EXAMPLES = int(os.environ.get("BATON_EXAMPLES", share(1000, 60)))
CONFIGURATIONS, CLOCKS = min(5 + EXAMPLES // 100, 200), 12
STARTS = [
    "latest_inquiry",
    "latest_inquiry",
    "form_submitted",
    "mql_date",
    "sql_date",
    "passed_at",
    "assigned",
    "field:salesforce.Lead.SQL_Date__c",
    "field:hubspot.contacts.recent_conversion_date",
]
STOPS = ["first_two_way_or_outbound", "first_two_way_or_outbound", "outbound_only", "connected_only", "decided"]
TARGETS: list[Any] = [
    "same_business_day",
    "1 business_days",
    "3 business_days",
    "20 business_minutes",
    "4 business_hours",
    "11 business_hours",
    "30 minutes",
    "24 hours",
    {"download": "2 business_days", "event": "26 hours", "referral": "none", "list": "90 business_minutes"},
]
PAUSES = [
    "status == 'Working'",
    "status in ['SQL', '失注']",
    "status != 'SQL'",
    "salesforce.Lead.Industry == '製造'",
    "fs_decision == 'on_hold'",
    "'IS' in owner_roles",
    "contacts >= 1",
    "status == 'SQL' and fs_decision != 'accepted'",
]
RESUMES = ["status == 'Working'", "status == '失注'", "fs_decision == 'accepted'"]
CANCELS = ["status == '失注'", "lead_source == 'list'", "fs_decision == 'returned'", "budget_status == 'none'"]
STARTING = ["budget_status != 'none'", "status != '失注'", "stage != 'opportunity'", "known(decision_maker)"]


def policy(random: Random) -> dict[str, Any]:
    """One clock, whatever it may say; some of these are refused."""
    maybe = [
        ("who", ["owner", "anyone", "team"], 0.5),
        ("cutoff", ["10:00", "16:00"], 0.3),
        ("at_risk", ["25%", "50%", "2 business_hours", "1 hour"], 0.5),
        ("look_back", ["0 business_days", "2 business_days", "5 business_days"], 0.3),
        ("pause_when", PAUSES, 0.5),
        ("cancel_when", CANCELS, 0.2),
        ("reset_when", PAUSES, 0.2),
        ("start_when", STARTING, 0.2),
        ("on_reassign", ["restart"], 0.3),
        ("enforce_from", ["2026-10-06", "2026-09-01"], 0.2),
        ("confirm_after", ["1m", "15m", "2h"], 0.3),
    ]
    found = {name: random.choice(pool) for name, pool, share in maybe if random.random() < share}
    if "pause_when" in found and random.random() < 0.3:
        found["resume_when"] = random.choice(RESUMES)
    team = random.choice([["IS"], ["FS"], ["IS", "FS"]])
    first = {"start": random.choice(STARTS), "stop": random.choice(STOPS), "target": random.choice(TARGETS)}
    found = {"label": {"ja": "x", "en": "x"}, "calendar": "tokyo", "team": team, **first, **found}
    if random.random() < 0.3:
        changed = [{"target": random.choice(TARGETS)}, {"start": random.choice(STARTS)}, {"team": ["IS", "FS"]}]
        changed += [{"pause_when": random.choice(PAUSES)}, {"cancel_when": random.choice(CANCELS)}]
        days = sorted(random.sample(["2026-09-10", "2026-10-02", "2026-10-06", "2026-10-08"], random.randint(1, 2)))
        found["changes"] = [{"from": day, **random.choice(changed)} for day in days]
    return found


ATTEMPTS = {"at_least": 3, "within": "3 business_days", "unresponsive_statuses": ["失注"]}


@cache
def configuration(room: Path, number: int) -> tuple[dict[str, Any], Settings]:
    """What the clocks of one company are: what nobody may write is left out of them."""
    random = Random(f"policies:{number}")
    clocks = {f"clock_{place}": policy(random) for place in range(CLOCKS)}
    while True:
        config = {"config/baton.yaml": {"clocks": {"attempts": ATTEMPTS, **clocks}}}
        folder = Path(Case("", "", "", {}, {}, config=config).ask(room)["config"])
        try:
            return config, read_settings(folder)
        except ConfigError as error:
            lines = (folder / "config/baton.yaml").read_text(encoding="utf-8").split("\n")
            refused = {clock_of(lines, int(one.path.rpartition(":")[2])) for one in error.problems}
            assert refused <= clocks.keys(), error.problems
            for name in refused:
                del clocks[name]


def clock_of(lines: list[str], number: int) -> str:
    """In whose lines a problem lies."""
    return next(line.strip(" :") for line in reversed(lines[:number]) if line.startswith("  ") and line[2] != " ")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policies")


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(raw=cases(), number=st.integers(0, CONFIGURATIONS - 1))
def test_engine_and_reference_read_every_policy_alike(room: Path, raw: dict[str, Any], number: int) -> None:
    config, kept = configuration(room, number)
    question = Case("", "", "", compose({"name": "any", **raw}, read_base()), {}, config=config).ask(room)
    said, known = ask_engine(question, kept), ask_reference(question)
    assert said.keys() == known.keys()
    for anchor, clocks in said.items():
        for name, found in clocks.items():
            assert found == known[anchor][name], (anchor, name, config["config/baton.yaml"]["clocks"].get(name))


def ask_engine(question: dict[str, Any], kept: Settings) -> dict[str, dict[str, Any]]:
    objects = {name: question[name] for name in ("salesforce", "hubspot")}
    now = datetime.fromisoformat(question["now"]).astimezone(UTC)
    told = read_given(kept, objects, question["users"], question["history"], now)
    return {
        str(membership.anchor): {
            **{clock.id: as_told(clock) for clock in judgement.clocks},
            "attempts": (judgement.attempts.count, judgement.attempts.gave_up_early),
        }
        for membership, judgement in judge_told(told, kept.editions, now).handoffs
        if judgement.in_scope
    }


def as_told(clock: ClockFinding) -> Told:
    state = clock.state.value
    if state == "none":
        return Told()
    return Told(
        state, clock.start, clock.due, clock.contact_at, clock.elapsed_seconds, clock.working_seconds,
        as_pair(clock.system), as_pair(clock.human), clock.at_risk,
    )  # fmt: skip


def as_pair(part: Part | None) -> tuple[int, int] | None:
    return (part.elapsed, part.working) if part is not None else None


def ask_reference(question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    reference = copy(_reference(question["config"]))
    reference.memory, reference.flagged, reference.seen, reference.shown = {}, set(), {}, {}
    reference.findings = {}
    reference.judge_all(_served(question), datetime.fromisoformat(question["now"]))
    return {
        anchor: {**finding.all_clocks(), "attempts": attempts(finding)}
        for anchor, finding in reference.findings.items()
    }


def attempts(finding: Any) -> tuple[int, bool]:
    view, handoff = finding.view, finding.handoff
    start = start_of(finding.clock(False), finding.condition, "is_first_contact", view.edition.baton["clocks"])
    return count_attempts(view, handoff), gave_up_early(view, handoff, ATTEMPTS, start)
