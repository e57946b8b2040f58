"""The engine and the slow reference, asked the same of whatever people may leave behind in both CRMs.

`BATON_EXAMPLES=5000 pytest tests/property/test_reference.py` looks further than the run of every day.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.cli.try_handoff import Judge
from tests.cases.case import Case, compose, read_base
from tests.cases.slow import flatten, refer_to
from tests.depth import share
from tests.handoffs import ROOT

LEAD, DEAL, PERSON = "salesforce:Lead:00Q0000000000L1", "salesforce:Opportunity:0060000000000O1", "hubspot:contacts:101"
IS, FS, MG, GONE = "0050000000000IS", "0050000000000FS", "0050000000000MG", "0050000000000EX"
WHEN = st.sampled_from(
    [
        "03-10 10:00",
        "04-08 10:00",
        "09-08 10:00",
        "09-20 10:00",
        "10-01 09:00",
        "10-02 15:00",
        "10-05 10:00",
        "10-05 15:00",
        "10-06 11:00",
        "10-06 18:00",
        "10-07 09:00",
        "10-07 15:00",
        "10-08 12:00",
        "10-20 10:00",
    ]
)
NOW = st.sampled_from(
    [
        "10-06 12:00",
        "10-06 18:00",
        "10-07 10:00",
        "10-07 18:15",
        "10-08 10:00",
        "10-09 10:00",
        "10-21 12:00",
        "11-05 09:00",
    ]
)

# What is typed, per item; the records' own fields are found below.
TYPED: dict[str, list[Any]] = {
    "sql_reason": [None, "確認中", "予算と時期が合う"],
    "pain": [None, "なし", "業務効率化したい", "月末の締めに毎回3日かかる"],
    "budget_status": [None, "確認中", "役員会で審議", "予算なし", "見込みあり", "不明・未確認"],
    "budget_amount": [None, "未定", "300万円", "200〜500万円", "500万円以内"],
    "timing": [None, "未定", "2026年9月", "2026年10月", "来期", "半年以内", "2027年6月", "未確認：次回10/15に確認"],
    "decision_maker": [None, "確認中", "山田太郎", "太郎 山田", "営業部長", "担当者本人", "取締役 鈴木様"],
    "ng_topics": [None, "特になし", "後で確認"],
    "next_action": [None, "確認中", "10/7に訪問", "10/20に見積を送る", "見積を送る", "10/6に電話、10/7に訪問"],
    "purpose": [None, "確認中", "締め日数の半減"],
    "memo": [None, "特になし"],
    "competitors": [None, "なし", "A社と比較中"],
    "engaged_content": [None, "料金表"],
    "contact_history": [None],
    "job_title": [None, "主任", "代表取締役", "コーディネーター", "経理課長"],
    "phone": [None, "なし", "090-4412-3456"],
    "email": [None, "不明"],
    "lead_source": [None, "展示会", "購入リスト", "紹介", "知らない流入元"],
    "company": [None, "-"],
}
_SALES = {
    "sql_reason": "SQL_Reason__c",
    "pain": "Pain__c",
    "budget_status": "Budget_Status__c",
    "budget_amount": "Budget_Amount__c",
    "timing": "Desired_Timing__c",
    "decision_maker": "Decision_Maker__c",
    "ng_topics": "NG_Topics__c",
    "next_action": "Next_Action__c",
    "purpose": "Purpose__c",
    "memo": "Handoff_Memo__c",
    "competitors": "Competitors__c",
    "engaged_content": "Engaged_Content__c",
    "contact_history": "Contact_History__c",
    "job_title": "Title",
    "phone": "Phone",
    "email": "Email",
    "lead_source": "LeadSource",
    "company": "Company",
}
_NOT_ON_DEAL = {"job_title", "phone", "email", "company"}
_PORTAL = {"timing": "desired_timing", "job_title": "jobtitle", "memo": "handoff_memo"}
ANSWERS: dict[str, list[Any]] = {
    "FS_Decision__c": [None, "受領", "差し戻し", "保留", "考え中"],
    "Return_Reason__c": [None, "情報不足", "基準未達", "気分"],
    "Waiver_Items__c": [
        None,
        "決裁者",
        "予算、決裁権",
        "timing",
        "課題／顕在化している課題;知らない言葉",
        "連絡先（電話またはメール）",
    ],
    "Waiver_Reason__c": [None, "紹介元の依頼"],
    "Waiver_Until__c": [None, "2026-10-06", "2026-10-31"],
    "Waiver_Approved__c": [True, True, False, None],
}
SQL_DATES = [None, "2026-10-04", "2026-10-05", "2026-10-06", "2026-12-01"]

CONDITIONS = [
    {"when": "budget_status == 'secured'", "typed": ["budget_amount"]},
    {"when": "budget_status != 'secured' and stage != 'opportunity'", "typed": ["memo"]},
    {"when": "lead_source in ['event', 'referral']", "typed": ["engaged_content"], "optional": ["ng_topics"]},
    {"when": "stage == 'opportunity' or contacts >= 2", "typed": ["purpose"]},
    {"when": "stage == 'before_pass'", "optional": ["next_action", "contact_channel"]},
    {"when": "not (budget_amount >= 3000000)", "typed": ["competitors"], "automatic": ["department"]},
    {"when": "budget_amount < 3000000 or timing <= '2026-12-31'", "typed": ["purpose"]},
    {"when": "job_title >= 'manager' and not known(decision_maker)", "optional": ["decision_maker"]},
    {"when": "known(competitors) or fs_decision == 'accepted'", "typed": ["memo"]},
    {"when": "cycle >= 2", "typed": ["purpose"], "optional": ["sql_reason"]},
    {"when": "'IS' in owner_roles", "typed": ["competitors"]},
    {
        "when": "salesforce.Lead.Industry == '製造' or salesforce.Account.Industry not in ['製造', '金融']",
        "typed": ["memo"],
    },
    {"when": "status in ['SQL', 'Qualified']", "typed": ["both"], "optional": ["budget_status"]},
    {"when": "sql_date >= '2026-10-05'", "typed": ["either"]},
    {"when": "return_reason in ['info_missing', 'too_early']", "typed": ["memo"]},
]
GROUPS = {
    "both": {"all_of": ["budget_status", "budget_amount"], "label": {"ja": "予算の有無と金額", "en": "Both"}},
    "either": {"any_of": ["purpose", "memo"], "label": {"ja": "目的かメモ", "en": "Either"}},
}
for _group in GROUPS.values():
    _group["ask"] = {"ja": "確認して記入", "en": "ask"}
DEFINITIONS = [
    {"approvers": {"users": ["manager@ours.co.jp"]}},
    {"cycles": {"silent_days": 30}},
    {"sql": {"authority": {"required": False}}},
    {"sql": {"budget": {"required": False}, "timing": {"within_months": 1}}},
    {"pass": {"any_of": [{"field": "sql_date"}, "meeting_booked_with_fs"]}},
    {
        "scope": {
            "exclude": [{"when": "lead_source == 'list' or budget_status == 'none'", "reason": {"ja": "x", "en": "x"}}]
        }
    },
]
VERSIONS = [
    {"version": "b", "effective_from": "2026-10-07", "sql": {"authority": {"rank_at_least": "board_director"}}},
    {"version": "c", "effective_from": "2026-10-20", "sql": {"need": {"required": False}}},
]


@cache
def judge() -> Judge:
    return Judge(ROOT)


@st.composite
def records(draw: st.DrawFn, base: str, fields: dict[str, str], extra: dict[str, list[Any]]) -> dict[str, Any]:
    """One record: like a whole one, some fields otherwise, one of them perhaps hidden."""
    row: dict[str, Any] = {"like": base}
    for item in draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)):
        row[fields[item]] = draw(st.sampled_from(TYPED[item]))
    for name in draw(st.lists(st.sampled_from(sorted(extra)), max_size=4, unique=True)):
        row[name] = draw(st.sampled_from(extra[name]))
    if draw(st.integers(0, 7)) == 0:
        row["without"] = [fields[draw(st.sampled_from(sorted(fields)))]]
        row = {name: value for name, value in row.items() if name not in row["without"]}
    return row


@st.composite
def sales_activities(draw: st.DrawFn, about: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(draw(st.integers(0, 3))):
        at, owner = draw(WHEN), draw(st.sampled_from([IS, FS, MG, GONE]))
        kind = draw(st.sampled_from(["Task", "Task", "missed", "open", "Event", "EmailMessage"]))
        if kind == "Event":
            start = draw(WHEN.filter(lambda one, at=at: one >= at))
            row = {"like": "event", "Id": f"00U0000000000E{number}", "CreatedDate": at, "StartDateTime": start}
            found.setdefault("Event", []).append({**row, "EndDateTime": start, "OwnerId": owner, "WhoId": about})
        elif kind == "EmailMessage":
            row = {"like": "mail", "Id": f"02s0000000000M{number}", "CreatedDate": at, "MessageDate": at}
            incoming = draw(st.booleans())
            found.setdefault(kind, []).append({**row, "Incoming": incoming, "CreatedById": owner, "RelatedToId": about})
        else:
            row = {"like": "call", "Id": f"00T0000000000T{number}", "CreatedDate": at, "CompletedDateTime": at}
            row |= {"ActivityDate": f"2026-{at[:5]}", "OwnerId": owner, "WhoId": about}
            row |= {"missed": _MISSED, "open": _OPEN}.get(
                kind, {"Description": draw(st.sampled_from([None, "要件を確認"]))}
            )
            found.setdefault("Task", []).append(row)
    return found


_MISSED = {"CallType": "Inbound", "CallDisposition": "不在着信", "CallDurationInSeconds": 0}
_OPEN = {"IsClosed": False, "CompletedDateTime": None}


@st.composite
def changes(draw: st.DrawFn, record: str, fields: dict[str, str], extra: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """History of some fields; what it says last need not be what the record holds, as after an import without history."""
    found = []
    pools = {fields[item]: TYPED[item] for item in fields} | extra
    names = draw(st.lists(st.sampled_from(sorted(pools)), max_size=3, unique=True))
    for name in names:
        for at in sorted(set(draw(st.lists(WHEN, min_size=1, max_size=3)))):
            old, new = (draw(st.sampled_from(pools[name])) for _ in range(2))
            by = (
                draw(st.sampled_from([IS, MG, FS, None]))
                if record != PERSON
                else draw(st.sampled_from(["11", "13", None]))
            )
            if old != new:
                found.append({"record": record, "field": name, "old": old, "new": new, "at": at, "by": by})
    return found


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """None, one, or several things decided otherwise. Few enough that most are met again: reading them is slow."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        start = draw(st.integers(0, len(CONDITIONS) - 1))
        some = [CONDITIONS[(start + step) % len(CONDITIONS)] for step in range(draw(st.integers(1, 3)))]
        found["mappings/handoff.yaml"] = {"items": GROUPS, "requirements": some}
    if draw(st.booleans()):
        found["config/definition.yaml"] = draw(st.sampled_from(DEFINITIONS))
    if draw(st.integers(0, 3)) == 0:
        for version in VERSIONS[: draw(st.integers(1, 2))]:
            found[f"config/definitions/{version['version']}.yaml"] = version
    return found


STAMPS = {"SystemModstamp": ["10-05 10:00", "10-06 11:00", "10-07 15:00", "10-20 14:00"]}
MADE = {"CreatedDate": ["03-02 10:00", "09-01 10:00", "10-05 10:00"]}
STATE = {
    "Status": ["Working", "SQL", "失注"],
    "OwnerId": [IS, FS, MG],
    "SQL_Date__c": SQL_DATES,
    "Industry": [None, "製造"],
}
PORTAL: dict[str, list[Any]] = {
    "createdate": ["03-02 10:00", "09-01 10:00", "10-05 10:00", "10-07 12:00"],
    "lastmodifieddate": ["10-05 10:00", "10-07 12:00"],
    "recent_conversion_date": [None, "09-19 10:00", "10-05 10:00", "10-20 10:00"],
    "hs_lifecyclestage_marketingqualifiedlead_date": [None, "08-01 10:00", "10-06 10:00"],
    "lifecyclestage": ["marketingqualifiedlead", "salesqualifiedlead", "subscriber"],
    **{name.lower().removesuffix("__c"): pool for name, pool in ANSWERS.items()},
    "waiver_approved": ["true", "false", None],
}
DEAL_FIELDS = {i: n for i, n in _SALES.items() if i not in _NOT_ON_DEAL} | {"next_action": "NextStep"}
PORTAL_FIELDS = {i: _PORTAL.get(i, i) for i in TYPED if i != "contact_history"}
Changes = list[dict[str, Any]]


@st.composite
def leads(draw: st.DrawFn, case: dict[str, Any]) -> Changes:
    row = draw(records("lead", _SALES, {**ANSWERS, **STATE, **MADE, **STAMPS}))
    case["salesforce"] = {"Lead": [row], **draw(sales_activities(LEAD[-15:]))}
    if draw(st.integers(0, 7)) == 0:  # the same address twice: nobody knows to whom the contact belongs
        case["salesforce"]["Lead"].append({"like": "lead", "Id": "00Q0000000000L2", "CreatedDate": "09-01 10:00"})
    told = draw(changes(LEAD, _SALES, {**ANSWERS, "Status": STATE["Status"], "OwnerId": STATE["OwnerId"]}))
    return told + draw(waivers(LEAD, row)) + draw(endings(LEAD, row))


@st.composite
def deals(draw: st.DrawFn, case: dict[str, Any]) -> Changes:
    extra = {"IsClosed": [False, False, True], "Type": [None, "新規", "既存"], "SQL_Date__c": SQL_DATES}
    row = draw(
        records("deal", DEAL_FIELDS, {**ANSWERS, **extra, **STAMPS, "CreatedDate": ["10-06 11:00", "10-07 15:00"]})
    )
    personal = {item: _SALES[item] for item in ("job_title", "phone", "email")}
    case["salesforce"] = {
        "Lead": [draw(records("converted", _SALES, {**MADE, **STAMPS}))],
        "Contact": [draw(records("customer", personal, {"LastName": ["山田"]}))],
        "Account": [{"like": "account", "Industry": draw(st.sampled_from([None, "製造"]))}],
        "Opportunity": [row],
    }
    if row.get("CreatedDate") == "10-07 15:00" <= case["now"]:  # a conversion makes all three at once
        case["salesforce"]["Lead"][0]["ConvertedDate"] = "2026-10-07"
        case["salesforce"]["Contact"][0]["CreatedDate"] = "10-07 15:00"
    if draw(st.booleans()):
        role = draw(st.sampled_from([None, "Decision Maker"]))
        case["salesforce"]["OpportunityContactRole"] = [{"like": "role", "Role": role}]
    if draw(st.integers(0, 7)) == 0:  # an earlier deal of the same person
        before = {"CreatedDate": "09-08 10:00", "SystemModstamp": "09-20 10:00"}
        ended = {"Id": "00Q0000000000L2", "ConvertedDate": "2026-09-08", "ConvertedOpportunityId": "0060000000000O2"}
        case["salesforce"]["Contact"][0]["CreatedDate"] = "09-08 10:00"
        case["salesforce"]["Lead"].append({"like": "converted", **before, **ended, "CreatedDate": "09-01 10:00"})
        case["salesforce"]["Opportunity"].append({"like": "deal", **before, "Id": "0060000000000O2", "IsClosed": True})
    case["salesforce"] |= draw(sales_activities(draw(st.sampled_from(["00Q0000000000L1", "0030000000000C1"]))))
    told = draw(changes(DEAL, DEAL_FIELDS, ANSWERS)) + draw(changes(LEAD, _SALES, {}))
    return told + draw(waivers(DEAL, row)) + draw(endings(DEAL, row))


@st.composite
def contacts(draw: st.DrawFn, case: dict[str, Any], base: str) -> Changes:
    row = draw(records(base, PORTAL_FIELDS, PORTAL))
    case["hubspot"] = {"contacts": [row]}
    if draw(st.booleans()):
        at = draw(WHEN)
        act = {"like": draw(st.sampled_from(["call", "mail"])), "hs_timestamp": at, "hs_createdate": at}
        act |= {"hs_object_source": draw(st.sampled_from(["CRM_UI", "WORKFLOWS"]))}
        case["hubspot"]["calls" if act["like"] == "call" else "emails"] = [act]
    told = draw(changes(PERSON, PORTAL_FIELDS, {"fs_decision": ["受領", "差し戻し", None]}))
    return told + draw(waivers(PERSON, row))


@st.composite
def waivers(draw: st.DrawFn, record: str, row: dict[str, Any]) -> Changes:
    """Perhaps somebody asked for an exception, and perhaps somebody granted it."""
    if draw(st.integers(0, 2)):
        return []
    portal = record == PERSON
    names = {name: name.lower().removesuffix("__c") if portal else name for name in ANSWERS}
    yes, no = ("true", "false") if portal else (True, False)
    row[names["Waiver_Items__c"]] = draw(st.sampled_from(ANSWERS["Waiver_Items__c"][1:]))
    row[names["Waiver_Approved__c"]] = yes
    row[names["Waiver_Until__c"]] = draw(st.sampled_from(ANSWERS["Waiver_Until__c"]))
    row["without"] = [name for name in row.get("without", ()) if name not in row]
    told = []
    people = st.sampled_from(["13", "11", None] if portal else [MG, IS, None])
    for name, old in ((names["Waiver_Approved__c"], no), (names["Waiver_Items__c"], None)):
        if draw(st.booleans()):
            change = {
                "record": record,
                "field": name,
                "old": old,
                "new": row[name],
                "at": draw(WHEN),
                "by": draw(people),
            }
            told.append(change)
    return told


@st.composite
def endings(draw: st.DrawFn, record: str, row: dict[str, Any]) -> Changes:
    """Perhaps the record was closed or returned once, and perhaps taken up again."""
    if draw(st.integers(0, 2)):
        return []
    closed = record == LEAD and draw(st.booleans())
    field, values = ("Status", ("Working", "失注")) if closed else ("FS_Decision__c", (None, "差し戻し"))
    if record == LEAD:
        row["CreatedDate"] = draw(st.sampled_from(MADE["CreatedDate"]))
    moments = sorted(set(draw(st.lists(WHEN, min_size=1, max_size=4))))
    row[field] = values[len(moments) % 2]
    return [
        {"record": record, "field": field, "old": values[n % 2], "new": values[(n + 1) % 2], "at": at, "by": IS}
        for n, at in enumerate(moments)
    ]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    shape = draw(st.sampled_from(["lead", "lead", "deal", "deal", "contact"]))
    case: dict[str, Any] = {"now": draw(NOW), "config": draw(configurations())}
    history = draw(leads(case)) if shape == "lead" else draw(deals(case)) if shape == "deal" else []
    if shape == "contact" or draw(st.booleans()):
        history += draw(contacts(case, "whole_person" if shape == "contact" else "person"))
    told = {(one["record"], one["field"], one["at"]): one for one in history if born(case, one["record"]) <= one["at"]}
    case["history"] = sorted((c for c in told.values() if c["at"] <= case["now"]), key=lambda change: change["at"])
    stamp(case)
    return case


def born(case: dict[str, Any], record: str) -> str:
    """When it was made, as the case or the record that it is like says."""
    connection, stream, _ = record.split(":")
    made = "CreatedDate" if connection == "salesforce" else "createdate"
    row = case[connection][stream][0]
    at: str = row.get(made) or read_base()[connection][row["like"]].get(made, "10-05 10:00")
    return at


def stamp(case: dict[str, Any]) -> None:
    """Nothing is from the future, and a record is modified no earlier than it was made and changed."""
    for connection, stamped, made in (
        ("salesforce", "SystemModstamp", "CreatedDate"),
        ("hubspot", "lastmodifieddate", "createdate"),
    ):
        streams = case.get(connection, {})
        for stream, rows in streams.items():
            for row in rows:
                if row.get(made, "") > case["now"]:
                    del row[made]
                changed = [c["at"] for c in case["history"] if row is rows[0] and f":{stream}:" in c["record"]]
                first = row.get(made) or {"deal": "10-06 11:00"}.get(row["like"], "")
                if changed or stamped in row or made in row:
                    row[stamped] = min(max([row.get(stamped, ""), first, *changed]), case["now"])
        for stream in ("Task", "Event", "EmailMessage"):
            if stream in streams:
                streams[stream] = [row for row in streams[stream] if row.get(made, "") <= case["now"]]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("configurations")


@settings(
    max_examples=int(os.environ.get("BATON_EXAMPLES", share(1000, 70))),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(raw=cases())
def test_engine_and_reference_read_the_page_alike(room: Path, raw: dict[str, Any]) -> None:
    case = Case("", "", "", compose({"name": "any", **raw}, read_base()), {}, config=raw["config"])
    question = case.ask(room)
    answer = judge().answer(question)
    assert {ref: flatten(record) for ref, record in answer["records"].items()} == refer_to(question)
