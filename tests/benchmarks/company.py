"""What the stub holds: a company of any size, every record reckoned from its number, so that none has to be kept.

The mix of two million records: 1 M contacts (900,000 in HubSpot, 100,000 in Salesforce), 300,000 leads, 100,000
opportunities, 600,000 activities; 150,000 handoffs are in scope. `scale` divides all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.hubspot.fields import WIRE_NAMES as HUBSPOT_FLAGS
from connectors.salesforce.fields import WIRE_NAMES as SALESFORCE_FLAGS

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
_LAST = NOW - timedelta(days=2)
_SPAN_S = 300 * 86_400
"""Over which all was made and last changed, evenly, in the order of the ids."""
_AGE = timedelta(hours=1)
"""Between the making of a record and its latest change."""
_COLLEAGUES = [f"is{n}@kakehashi-cloud.example" for n in range(1, 7)] + [
    f"fs{n}@kakehashi-cloud.example" for n in range(1, 8)
]
_IS = 6
Row = dict[str, Any]


@dataclass
class Company:
    """How many of what, and what was changed or written since."""

    scale: int
    handoffs: bool = False
    """Only what handoffs are made of, but with roles and histories: nobody in HubSpot who is no lead."""
    rounds: int = 0
    """In each, another hundredth of all records was changed."""
    written: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """By record id: what a client wrote."""

    @property
    def k(self) -> int:
        """The tenth part that everything is counted in: 100,000 at full size."""
        return max(100_000 // self.scale, 1)

    def version(self, number: int) -> int:
        """How many times this record was changed."""
        return (self.rounds + 99 - number % 100) // 100


@dataclass(frozen=True)
class Table:
    """One object type: its size, its ids, and the JSON of each field as a template over the variables of a row."""

    name: str
    count: int
    make_id: Callable[[int], str]
    read_id: Callable[[str], int]
    fields: Mapping[str, str]
    row: Callable[[int, Row], Row]
    """More variables of a row, to those that all have."""
    stamp: str
    search: Mapping[str, Callable[[str], Iterable[int]]] = field(default_factory=dict[str, Any])
    """Reference field → numbers of the rows that refer to this id."""
    flags: frozenset[str] = frozenset()
    epoch: bool = False
    """Instants in HubSpot's form."""

    @property
    def step(self) -> int:
        return max(_SPAN_S // max(self.count, 1), 1)

    def at(self, number: int) -> datetime:
        return _LAST - timedelta(seconds=(self.count - 1 - number) * self.step)

    def first_from(self, instant: datetime) -> int:
        """The number of the first row that was changed at this instant or later."""
        behind = (_LAST - instant).total_seconds() // self.step
        return min(max(int(self.count - 1 - behind), 0), self.count)

    def variables(self, company: Company, number: int) -> Row:
        at = self.at(number)
        made = at - _AGE
        tail = "Z" if self.epoch else "+0000"
        row: Row = {
            "n": number,
            "id": self.make_id(number),
            "at": f"{at.isoformat()[:19]}.000{tail}",
            "made": f"{made.isoformat()[:19]}.000{tail}",
            "soon": f"{(made + timedelta(minutes=25)).isoformat()[:19]}.000{tail}",
            "day": made.isoformat()[:10],
            "times": company.version(number),
        }
        return self.row(number, row)


def _made(number: int, count: int) -> datetime:
    return _LAST - timedelta(seconds=(count - 1 - number) * max(_SPAN_S // count, 1)) - _AGE


# -- Salesforce --------------------------------------------------------------------------------------------------------

_SUFFIX = {"00Q": "EAA", "003": "AAA", "006": "AAA", "00T": "EAA", "005": "AAA"}


def _salesforce_id(prefix: str) -> tuple[Callable[[int], str], Callable[[str], int]]:
    suffix = _SUFFIX.get(prefix, "AAA")
    return lambda n: f"{prefix}{n:012d}{suffix}", lambda text: _number(text, prefix)


def _number(text: str, prefix: str) -> int:
    return int(text[3:15]) if text.startswith(prefix) and text[3:15].isdecimal() else -1


_FAMILY = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本")
_GIVEN = ("健太", "美咲", "大輔", "陽子", "翔", "直樹", "由美", "誠")
_TITLES = ("情報システム部長", "課長", "購買担当", "取締役", "営業企画マネージャー")
_SOURCES = ("問い合わせ", "資料DL", "展示会", "ウェビナー", "紹介")
_BUDGETS = ("確保済み", "見込みあり", "不明・未確認", "予算なし")
_PAINS = (
    "受発注がFAX中心で、月末に入力が追いつかず残業が常態化している",
    "在庫数が拠点ごとに合わず、欠品の連絡が遅れて失注が出ている",
)
_HANDOFF = {
    "SQL_Date__c": '"%(day)s"',
    "SQL_Reason__c": '"課題が明確で、今期中に導入したい意向を電話で確認した（見込み%(n)d件）"',
    "Budget_Status__c": '"%(budget)s"',
    "Budget_Amount__c": "null",
    "Desired_Timing__c": '"%(day)s ごろ利用開始"',
    "Decision_Maker__c": "null",
    "Decision_Process__c": "null",
    "Pain__c": '"%(pain)s（月%(n)d件）"',
    "Purpose__c": "null",
    "Competitors__c": "null",
    "Contact_History__c": '"フォーム→電話（%(day)s）"',
    "Engaged_Content__c": '"導入事例集 第%(n)d号"',
    "NG_Topics__c": "null",
    "Handoff_Memo__c": '"メモ %(n)d-%(times)d"',
    "FS_Decision__c": "null",
    "Return_Reason__c": "null",
    "Waiver_Items__c": "null",
    "Waiver_Reason__c": "null",
    "Waiver_Until__c": "null",
    "Waiver_Approved__c": "false",
}
_SF_FLAGS = dict.fromkeys(SALESFORCE_FLAGS.values(), "null")
_SF_ALL = {
    "Id": '"%(id)s"',
    "IsDeleted": "false",
    "SystemModstamp": '"%(at)s"',
    "LastModifiedDate": '"%(at)s"',
    "CreatedDate": '"%(made)s"',
}
_SF_PERSON = {
    **_SF_ALL,
    "OwnerId": '"%(owner)s"',
    "LastName": '"%(family)s"',
    "FirstName": '"%(given)s"',
    "Title": '"%(title)s"',
    "Phone": '"03-%(line)s"',
    "MobilePhone": "null",
    "Email": '"lead%(n)d@customer%(n)d.example"',
    "LeadSource": '"%(source)s"',
    "MasterRecordId": "null",
}


def _person(number: int, row: Row) -> Row:
    row |= {
        "family": _FAMILY[number % 7],
        "given": _GIVEN[number % 8],
        "title": _TITLES[number % 5],
        "line": f"{3000 + number % 7000:04d}-{number % 10000:04d}",
        "source": _SOURCES[number % 5],
        "budget": _BUDGETS[number % 4],
        "pain": _PAINS[number % 2],
        "owner": f"005{number % _IS:012d}AAA",
    }
    return row


def salesforce(company: Company) -> dict[str, Table]:
    k = company.k

    def lead_row(number: int, row: Row) -> Row:
        converted = number < k
        row["status"] = "Converted" if converted else "Working" if number < 2 * k else "Unqualified"
        row["converted"] = "true" if converted else "false"
        row["contact"] = f'"003{number:012d}AAA"' if converted else "null"
        row["deal"] = f'"006{number:012d}AAA"' if converted else "null"
        row["converted_on"] = f'"{(_made(number, k)).isoformat()[:10]}"' if converted else "null"
        return _person(number, row)

    def deal_row(number: int, row: Row) -> Row:
        is_open = number >= 83 * k // 100  # those of the time that deadlines are enforced for
        row["closed"], row["won"] = ("false", "false") if is_open else ("true", "true")
        row["stage"] = "Qualification" if is_open else "Closed Won"
        row = _person(number, row)
        row["owner"] = f"005{_IS + number % 7:012d}AAA"
        return row

    def task_row(number: int, row: Row) -> Row:
        if number < k:
            row["who"], row["what"] = f'"003{number:012d}AAA"', f'"006{number:012d}AAA"'
        else:
            row["who"], row["what"] = f'"00Q{number:012d}EAA"', "null"
        row["owner"] = f"005{number % _IS:012d}AAA"
        return row

    def tasks_of(text: str) -> list[int]:
        number = max(_number(text, "00Q"), _number(text, "003"), _number(text, "006"))
        is_lead = text.startswith("00Q")
        return [number] if (k if is_lead else 0) <= number < (3 * k if is_lead else k) else []

    def user_row(number: int, row: Row) -> Row:
        row["email"], row["role"] = _COLLEAGUES[number], "IS" if number < _IS else "FS"
        return row

    def lead_change(number: int, row: Row) -> Row:
        row = _person(number, row)
        row["lead"], row["contact"], row["deal"] = f"00Q{number // 2:012d}EAA", "", ""
        old, new = (f"005{n:012d}AAA" for n in (number % _IS, _IS + number % 7))
        row["field"], row["old"], row["new"] = ("Owner", old, new) if number % 2 else ("Status", "Open", "Working")
        return row

    def deal_part(number: int, row: Row) -> Row:
        row = _person(number, row)
        row["deal"], row["contact"] = f"006{number % k:012d}AAA", f"003{number % k:012d}AAA"
        row["field"], row["old"], row["new"] = "Amount", "100", str(number)
        return row

    lead = {
        **_SF_PERSON, **_HANDOFF, **_SF_FLAGS,
        "Company": '"株式会社カスタマー%(n)d"', "Department__c": '"情報システム部"', "Status": '"%(status)s"',
        "Next_Action__c": '"来週火曜 14:00 に電話（案件%(n)d）"', "IsConverted": "%(converted)s", "ConvertedDate": "%(converted_on)s",
        "ConvertedContactId": "%(contact)s", "ConvertedOpportunityId": "%(deal)s",
    }  # fmt: skip
    contact = {**_SF_PERSON, "Department": '"情報システム部"', "AccountId": "null"}
    deal = {
        **_SF_ALL, **_HANDOFF, **_SF_FLAGS,
        "OwnerId": '"%(owner)s"', "IsClosed": "%(closed)s", "IsWon": "%(won)s", "StageName": '"%(stage)s"',
        "AccountId": "null", "LeadSource": '"%(source)s"', "Type": '"New Business"', "NextStep": '"来週火曜 14:00 に訪問（案件%(n)d）"',
    }  # fmt: skip
    task = {
        **_SF_ALL,
        "CreatedDate": '"%(soon)s"', "CreatedById": '"%(owner)s"', "OwnerId": '"%(owner)s"', "WhoId": "%(who)s",
        "WhatId": "%(what)s", "Description": '"先方の状況を伺い、資料を送ることになった。メモ %(n)d-%(times)d"',
        "TaskSubtype": '"Call"', "Type": '"Call"', "CallType": '"Outbound"', "CallDurationInSeconds": "240",
        "CallDisposition": '"接続"', "IsClosed": "true", "ActivityDate": '"%(day)s"', "CompletedDateTime": '"%(soon)s"',
    }  # fmt: skip
    user = {**_SF_ALL, "Email": '"%(email)s"', "IsActive": "true", "Role__c": '"%(role)s"'}
    history = {"Id": '"%(id)s"', "CreatedDate": '"%(made)s"', "IsDeleted": "false", "CreatedById": '"%(owner)s"'}
    change = {**history, "Field": '"%(field)s"', "OldValue": '"%(old)s"', "NewValue": '"%(new)s"'}
    told = int(company.handoffs)
    activity = {**_SF_ALL, "OwnerId": '"%(owner)s"', "WhoId": "null", "WhatId": "null"}
    plans: list[tuple[str, str, int, Mapping[str, str], Any, dict[str, Any]]] = [
        ("Lead", "00Q", 3 * k, lead, lead_row, {}),
        ("Contact", "003", k, contact, _person, {}),
        ("Opportunity", "006", k, deal, deal_row, {}),
        ("Task", "00T", 3 * k, task, task_row, {"WhoId": tasks_of, "WhatId": tasks_of}),
        ("User", "005", len(_COLLEAGUES), user, user_row, {}),
        ("Account", "001", 0, {**_SF_ALL, "Name": '""', "Type": "null", "MasterRecordId": "null"}, _person, {}),
        (
            "OpportunityContactRole", "00K", told * k,
            {**_SF_ALL, "ContactId": '"%(contact)s"', "OpportunityId": '"%(deal)s"', "Role": "null", "IsPrimary": "false"}, deal_part, {},
        ),
        ("Event", "00U", 0, activity, _person, {}),
        ("EmailMessage", "02s", 0, {**_SF_ALL, "RelatedToId": "null"}, _person, {}),
        ("LeadHistory", "017", told * 6 * k, {**change, "LeadId": '"%(lead)s"'}, lead_change, {}),
        ("OpportunityFieldHistory", "017", told * k, {**change, "OpportunityId": '"%(deal)s"'}, deal_part, {}),
        ("OpportunityHistory", "008", told * 2 * k, {**history, "OpportunityId": '"%(deal)s"', "StageName": '"Qualification"'}, deal_part, {}),
    ]  # fmt: skip
    flags = frozenset(_SF_FLAGS)
    return {
        name: Table(
            name, count, *_salesforce_id(prefix), fields, row,
            "SystemModstamp" if "SystemModstamp" in fields else "CreatedDate", search, flags & fields.keys(),
        )
        for name, prefix, count, fields, row, search in plans
    }  # fmt: skip


# -- HubSpot -----------------------------------------------------------------------------------------------------------

_FIRST_CONTACT = 1_000_000
_HS_ALL = {"hs_object_id": '"%(id)s"'}
_HS_CONTACT = {
    **_HS_ALL,
    "lastmodifieddate": '"%(at)s"', "createdate": '"%(made)s"', "hubspot_owner_id": '"%(owner)s"',
    "hs_merged_object_ids": "null", "email": '"%(email)s"', "hs_additional_emails": "null",
    "salesforceleadid": "%(lead)s", "salesforcecontactid": "%(contact)s", "lifecyclestage": '"%(stage)s"',
    "lead_source": '"%(source)s"', "hs_analytics_source": '"ORGANIC_SEARCH"', "recent_conversion_date": "null",
    "hs_lifecyclestage_marketingqualifiedlead_date": '"%(made)s"', "hs_lifecyclestage_salesqualifiedlead_date": "null",
    "company": '"株式会社カスタマー%(n)d"', "department": '"情報システム部"', "lastname": '"%(family)s"',
    "firstname": '"%(given)s"', "jobtitle": '"%(title)s"', "phone": '"03-%(line)s"', "mobilephone": "null",
    "sql_reason": "null", "budget_status": '"%(budget)s"', "budget_amount": "null", "desired_timing": "%(timing)s",
    "decision_maker": "null", "decision_process": "null", "pain": '"%(pain)s（月%(n)d件）"', "purpose": "null",
    "competitors": "null", "contact_history": "null", "engaged_content": "null",
    "recent_conversion_event_name": '"資料請求フォーム"', "ng_topics": "null", "next_action": "null",
    "handoff_memo": '"メモ %(n)d-%(times)d"', "fs_decision": "null", "return_reason": "null", "waiver_items": "null",
    "waiver_reason": "null", "waiver_until": "null", "waiver_approved": "null", "notes_last_contacted": "null",
    **dict.fromkeys(HUBSPOT_FLAGS.values(), "null"),
}  # fmt: skip
_HS_ACTIVITY = {
    **_HS_ALL,
    "hs_lastmodifieddate": '"%(at)s"', "hs_timestamp": '"%(soon)s"', "hs_createdate": '"%(soon)s"',
    "hubspot_owner_id": '"%(owner)s"', "hs_created_by_user_id": '"%(user)s"', "hs_object_source": '"CRM_UI"',
    "hs_object_source_label": '"CRM_UI"', "hs_engagement_source": '"CRM_UI"', "hs_sequence_id": "null",
}  # fmt: skip


def hubspot(company: Company) -> dict[str, Table]:
    k = company.k

    def contact_row(number: int, row: Row) -> Row:
        # 200,000 are open or closed leads as well, 100,000 the contacts of opportunities; the others stand alone.
        linked, sold = number < 2 * k, 2 * k <= number < 3 * k
        other = number + k if linked else number - 2 * k
        row = _person(number, row)
        row["lead"] = f'"00Q{other:012d}EAA"' if linked else "null"
        row["contact"] = f'"003{other:012d}AAA"' if sold else "null"
        row["email"] = f"lead{other}@customer{other}.example" if linked or sold else f"p{number}@people{number}.example"
        alone = not linked and not sold
        row["stage"] = "marketingqualifiedlead" if alone and number % 20 == 0 else "subscriber" if alone else "lead"
        row["owner"] = str(101 + number % _IS)
        # What a timing means depends on when it was typed: it costs a reading of the contact's history.
        row["timing"] = '"来年4月から"' if row["stage"] == "marketingqualifiedlead" else "null"
        return row

    def activity(shift: int) -> Callable[[int, Row], Row]:
        def activity_row(number: int, row: Row) -> Row:
            row["owner"], row["user"] = str(101 + number % _IS), str(501 + number % _IS)
            row["person"] = str(_FIRST_CONTACT + number + shift)
            return row

        return activity_row

    half = 3 * k // 2
    call = {
        **_HS_ACTIVITY,
        "hs_call_direction": '"OUTBOUND"', "hs_call_status": '"COMPLETED"', "hs_call_duration": '"240000"',
        "hs_call_disposition": '"f240bbac-87c9-4f6e-bf70-924b57d47db7"',
        "hs_call_body": '"状況を伺い、資料を送ることになった。メモ %(n)d-%(times)d"',
    }  # fmt: skip
    mail = {
        **_HS_ACTIVITY,
        "hs_email_direction": '"EMAIL"', "hs_email_status": '"SENT"', "hs_email_html": "null",
        "hs_email_text": '"資料をお送りします。ご確認ください。メモ %(n)d-%(times)d"',
    }  # fmt: skip
    plans: list[tuple[str, int, int, Mapping[str, str], Any]] = [
        ("contacts", _FIRST_CONTACT, (3 if company.handoffs else 9) * k, _HS_CONTACT, contact_row),
        ("leads", 200_000_000, 0, {**_HS_ACTIVITY, "hs_pipeline_stage": "null"}, activity(0)),
        ("calls", 300_000_000, half, call, activity(0)),
        ("emails", 400_000_000, 3 * k - half, mail, activity(half)),
        ("meetings", 500_000_000, 0, _HS_ACTIVITY, activity(0)),
        ("tasks", 600_000_000, 0, _HS_ACTIVITY, activity(0)),
        ("communications", 700_000_000, 0, _HS_ACTIVITY, activity(0)),
    ]
    return {
        name: Table(
            name, count, *_hubspot_id(base), fields, row,
            "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate",
            flags=frozenset(HUBSPOT_FLAGS.values()) & fields.keys(), epoch=True,
        )
        for name, base, count, fields, row in plans
    }  # fmt: skip


def _hubspot_id(base: int) -> tuple[Callable[[int], str], Callable[[str], int]]:
    return lambda n: str(base + n), lambda text: int(text) - base


def linked(tables: Mapping[str, Table], source: str, target: str, number: int) -> str | None:
    """The one record that hangs on this one: calls on the first contacts, mails on those behind them."""
    shift = {"calls": 0, "emails": tables["calls"].count}
    activity = target if source == "contacts" else source
    if activity not in shift:
        return None
    other = number - shift[activity] if source == "contacts" else number + shift[activity]
    table = tables[target]
    return table.make_id(other) if 0 <= other < table.count else None


def owners() -> list[dict[str, Any]]:
    return [
        {
            "id": str(101 + n), "email": email, "userId": 501 + n, "firstName": email[:3], "lastName": "",
            "createdAt": "2025-01-01T00:00:00.000Z", "updatedAt": "2025-01-01T00:00:00.000Z", "archived": False,
            "teams": [{"id": "1", "name": "IS" if n < _IS else "FS", "primary": True}],
        }
        for n, email in enumerate(_COLLEAGUES)
    ]  # fmt: skip


# -- which rows a query means ------------------------------------------------------------------------------------------

_TEST = re.compile(r"^(\w+) (>=|<=|>|<|=) (.+)$")
_IN = re.compile(r"^(\w+) IN \((.*)\)$")
_BEHIND = re.compile(r"^\((\w+) > (\S+) OR \(\1 = \2 AND Id > '(\w+)'\)\)$")


def find_rows(table: Table, where: str) -> range | list[int]:
    """Numbers of the rows that satisfy a WHERE clause of the few forms that are asked. Raises ValueError on others."""
    low, high = 0, table.count
    listed: list[int] | None = None
    for term in _terms(where):
        if found := _BEHIND.match(term):
            low = max(low, table.read_id(found[3]) + 1)
        elif found := _IN.match(term):
            listed = sorted({n for one in found[2].split(",") for n in _named(table, found[1], one.strip(" '"))})
        elif (found := _TEST.match(term)) and found[1] == "Id":
            number = table.read_id(found[3].strip("'"))
            low, high = _narrow(low, high, found[2], number)
        elif found and found[1] in ("SystemModstamp", "LastModifiedDate", "CreatedDate"):
            at = datetime.fromisoformat(found[3]) + (_AGE if found[1] == "CreatedDate" else timedelta())
            number = table.first_from(at)
            exact = number < table.count and table.at(number) == at
            low, high = _narrow(low, high, found[2], number if exact or found[2] in (">=", "<") else number - 1)
        elif not found or found[1] != "IsDeleted":
            raise ValueError(f"no such condition here: {term}")
    return [n for n in listed if low <= n < high] if listed is not None else range(low, max(high, low))


def _terms(where: str) -> Iterator[str]:
    depth, begin = 0, 0
    for place, char in enumerate(where):
        depth += (char == "(") - (char == ")")
        if depth == 0 and where.startswith(" AND ", place):
            yield where[begin:place]
            begin = place + 5
    if where[begin:]:
        yield where[begin:]


def _narrow(low: int, high: int, operator: str, number: int) -> tuple[int, int]:
    match operator:
        case ">":
            return max(low, number + 1), high
        case ">=":
            return max(low, number), high
        case "<":
            return low, min(high, number)
        case "<=":
            return low, min(high, number + 1)
        case _:
            return max(low, number), min(high, number + 1)


def _named(table: Table, name: str, record_id: str) -> Iterable[int]:
    if name == "Id":
        number = table.read_id(record_id)
        return [number] if 0 <= number < table.count else []
    return table.search[name](record_id) if name in table.search else []
