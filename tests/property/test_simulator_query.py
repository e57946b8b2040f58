"""The org's indexes never change an answer: every query gives what a plain look at all rows gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.simulator.clock import SimClock
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.query import plan_query
from connectors.simulator.salesforce.record_id import make_id
from connectors.simulator.salesforce.scan import matching

START = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
PEOPLE = [make_id("00Q", number) for number in (1, 2)]
TASKS = [make_id("00T", number) for number in range(1, 13)]


def make_org() -> SalesforceOrg:
    org = SalesforceOrg(SimClock(START + timedelta(days=1), speed=0))
    for number, person in enumerate(PEOPLE):
        record = {"LastName": f"L{number}", "Company": "C"}
        org.apply({"at": START.isoformat(), "op": "insert", "object": "Lead", "id": person, "record": record})
    for number, task in enumerate(TASKS):
        at = (START + timedelta(seconds=number // 3)).isoformat()
        record = {"WhoId": (*PEOPLE, None)[number % 3], "Subject": "aBc"[number % 3]}
        org.apply({"at": at, "op": "insert", "object": "Task", "id": task, "record": record})
    org.apply({"at": (START + timedelta(seconds=9)).isoformat(), "op": "delete", "object": "Task", "id": TASKS[4]})
    return org


ORG = make_org()
stamps = st.integers(-1, 5).map(lambda seconds: (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"))
ids = st.sampled_from([*TASKS, *[task[:15] for task in TASKS]])
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
leaves = st.one_of(
    st.builds(lambda sign, stamp: f"SystemModstamp {sign} {stamp}", signs, stamps),
    st.builds(lambda sign, one: f"Id {sign} '{one}'", signs, ids),
    st.builds(
        lambda some: "Id IN (" + ",".join(f"'{one}'" for one in some) + ")", st.lists(ids, min_size=1, max_size=4)
    ),
    st.builds(lambda one: f"WhoId IN ('{one}')", st.sampled_from(PEOPLE)),
    st.builds(lambda text: f"Subject = '{text}'", st.sampled_from(["A", "b", "x"])),
    st.just("WhoId = null"),
)
conditions = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(lambda one, two: f"({one} AND {two})", parts, parts),
        st.builds(lambda one, two: f"({one} OR {two})", parts, parts),
        st.builds(lambda one: f"(NOT {one})", parts),
    ),
    max_leaves=5,
)
orders = st.sampled_from(["", " ORDER BY SystemModstamp, Id", " ORDER BY Id DESC", " ORDER BY Subject, Id"])


@settings(max_examples=300)
@given(conditions, orders, st.booleans())
def test_indexes_change_nothing(where: str, order: str, everything: bool) -> None:
    plan = plan_query(ORG.data, f"SELECT Id FROM Task WHERE {where}{order}")
    found = [row["Id"] for row in matching(ORG.data, plan, everything)]
    rows = [row for row in plan.table.rows.values() if everything or not row["IsDeleted"]]
    expected = [row for row in rows if plan.pick(row)]
    if "SystemModstamp" in order:
        expected.sort(key=lambda row: (row["SystemModstamp"], row["Id"]))
    elif "DESC" in order:
        expected.sort(key=lambda row: row["Id"], reverse=True)
    elif "Subject" in order:
        expected.sort(key=lambda row: (row["Subject"].lower(), row["Id"]))
    wanted = [row["Id"] for row in expected]
    assert found == wanted if order else sorted(found) == sorted(wanted)
