"""What holds of any condition, over any handoff: it is refused with its place or judged, three-valued, and never raises."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.directory import build_directory
from sync.core.rules.definition import Requirement
from sync.core.rules.evidence import Evidence, gather
from sync.core.rules.expression import ExpressionError, Vocabulary, compile_expression
from sync.core.rules.required import find_missing, require
from tests.handoffs import Crm, at
from tests.handoffs import settings as shipped

MAPPING = shipped().mapping
KNOWN = Vocabulary(
    items={item: spec.as_ for item, spec in MAPPING.items.items()},
    options={
        "budget_status": frozenset({"secured", "expected", "none", "unknown"}),
        "fs_decision": frozenset({"accepted", "returned", "on_hold"}),
    },
    roles=frozenset({"IS", "FS"}),
    streams=frozenset({"salesforce.Lead", "salesforce.Account", "hubspot.contacts"}),
)
quick = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])

TOKENS = st.sampled_from(
    ["pain", "budget_status", "stage", "owner_roles", "salesforce.Lead.X", "known", "and", "or", "not", "in", "(", ")", "[", "]",
     ",", "==", "!=", "<", ">=", "'secured'", "'x'", "3", "-1.5", "true", "'", '"', "=", "&", "。", "　", "\n", "\x00"]
)  # fmt: skip
EQUAL, ORDERED = st.sampled_from(["==", "!="]), st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
DAYS = st.sampled_from(["'2026-10-06'", "'2026-12-31'", "'2030-01-01'"])
LEAVES = st.one_of(
    st.builds("known({})".format, st.sampled_from(sorted(MAPPING.items))),
    st.builds("{} {} {}".format, st.sampled_from(["pain", "company", "next_action"]), EQUAL, st.sampled_from(["'x'", "'なし'"])),
    st.builds("budget_status {} '{}'".format, EQUAL, st.sampled_from(["secured", "none"])),
    st.builds("budget_status {} ['secured', 'expected']".format, st.sampled_from(["in", "not in"])),
    st.builds("{} {} {}".format, st.sampled_from(["timing", "sql_date"]), ORDERED, DAYS),
    st.builds("budget_amount {} {}".format, ORDERED, st.integers(-5, 9_000_000)),
    st.builds("job_title {} 'manager'".format, ORDERED),
    st.builds("{} {} {}".format, st.sampled_from(["contacts", "cycle"]), ORDERED, st.integers(-1, 3)),
    st.builds("stage {} 'before_pass'".format, EQUAL),
    st.builds("fs_decision {} 'returned'".format, EQUAL),
    st.builds("'IS' {} owner_roles".format, st.sampled_from(["in", "not in"])),
    st.builds("salesforce.Lead.X {} {}".format, ORDERED, st.one_of(DAYS, st.integers(0, 3).map(str))),
    st.builds("{} == 'x'".format, st.sampled_from(["status", "salesforce.Account.Name", "hubspot.contacts.Y"])),
)  # fmt: skip
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=4,
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["確認中", "なし", "特になし", "課長", "確保済み", "2026年8月", "来期", "300〜500万円", "$50k", "2026-10-05", "差し戻し"]),
    st.sampled_from(["2026-10-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "3,000"]),
    st.lists(st.integers(), max_size=1),
)  # fmt: skip
FIELDS = ["Pain__c", "Budget_Status__c", "Budget_Amount__c", "Desired_Timing__c", "SQL_Date__c", "Title", "Status", "X", "FS_Decision__c", "Company"]  # fmt: skip
HANDOFFS = st.tuples(
    st.dictionaries(st.sampled_from(FIELDS), VALUES), st.sampled_from([None, "is1", "fs1", "nobody"]), st.booleans()
)


def look(values: dict[str, object], owner: str | None, hidden: bool) -> Evidence:
    """A lead as the rules see it, with its items read."""
    crm = Crm()
    lead = crm.lead(family="山田", **({"owner": owner} if owner else {}))
    crm.set(lead, **values)
    crm.act("call", lead, "10-05 12:00")
    if hidden:
        crm.hide(lead, "Budget_Status__c")
    return seen(crm, lead)


def seen(crm: Crm, anchor: RecordRef) -> Evidence:
    users = [record for record in crm.records.values() if record.kind is Kind.USER]
    directory = build_directory(users, crm.rules.definition)
    evidence = gather(crm.case(anchor), MAPPING, crm.rules, directory, at("10-06 12:00"))
    judgement = crm.judge(anchor, "10-06 12:00")
    evidence.items, evidence.passed = judgement.items, judgement.pass_
    return evidence


def judged(text: str, evidence: Evidence) -> bool | None:
    return compile_expression(text, KNOWN).judge(evidence)


@quick
@given(st.one_of(st.text(max_size=60), st.lists(TOKENS, max_size=14).map(" ".join)))
def test_any_text_is_compiled_or_refused_with_its_place(text: str) -> None:
    try:
        assert compile_expression(text, KNOWN).text == text
    except ExpressionError as refused:
        assert refused.hint
        assert 1 <= refused.at <= len(text) + 1


@quick
@given(CONDITIONS, HANDOFFS)
def test_a_condition_answers_yes_no_or_unknown_and_never_raises(text: str, handoff: tuple) -> None:
    assert judged(text, look(*handoff)) in (True, False, None)


@quick
@given(CONDITIONS, CONDITIONS, HANDOFFS)
def test_the_laws_of_kleene(one: str, other: str, handoff: tuple) -> None:
    evidence = look(*handoff)
    a, b = judged(one, evidence), judged(other, evidence)
    both, either = judged(f"({one}) and ({other})", evidence), judged(f"({one}) or ({other})", evidence)
    order = {False: 0, None: 1, True: 2}
    assert order[both] == min(order[a], order[b])
    assert order[either] == max(order[a], order[b])
    assert judged(f"({other}) and ({one})", evidence) is both
    assert judged(f"not ({one})", evidence) is (None if a is None else not a)
    assert judged(f"not (({one}) and ({other}))", evidence) is judged(f"not ({one}) or not ({other})", evidence)


@quick
@given(CONDITIONS, HANDOFFS)
def test_only_what_is_known_to_hold_requires_anything(text: str, handoff: tuple) -> None:
    evidence = look(*handoff)
    requirement = Requirement(compile_expression(text, KNOWN), typed=("memo",), optional=("pain",))
    evidence.rules = replace(evidence.rules, requirements=(requirement,))
    before = find_missing(evidence)
    require(evidence)
    if judged(text, evidence) is True:
        assert "memo" in evidence.typed and "pain" not in evidence.typed
    else:
        assert (evidence.typed, find_missing(evidence)) == (MAPPING.typed, before)
