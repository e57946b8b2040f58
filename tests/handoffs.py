"""Small made-up CRMs for tests of the core: records in, link result and judgement out, under the shipped rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync.app import read_settings
from sync.core.mapping.spec import MappingSpec
from sync.core.model.handoff import Arrival, Case, Judgement, Membership, Memory, Waiver
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.reconcile.directory import build_directory
from sync.core.reconcile.judge import judge
from sync.core.reconcile.link import LinkResult, link
from sync.core.rules.definition import RuleSet
from sync.core.rules.evidence import Evidence, gather
from sync.settings import Settings

TOKYO = ZoneInfo("Asia/Tokyo")
ROOT = Path(__file__).parents[1]

FULL = {
    "sql_reason": "予算と時期が合い、決裁者と話せている",
    "pain": "月末の請求書発行に経理3名で4日かかっている",
    "budget_status": "確保済み",
    "timing": "2026年12月",
    "decision_maker": "情報システム本部長",
    "ng_topics": "特になし",
    "next_action": "10/20 に見積を送る",
}
"""Every typed item as an IS would fill it in."""

_LEAD = {
    "sql_reason": "SQL_Reason__c",
    "pain": "Pain__c",
    "budget_status": "Budget_Status__c",
    "budget_amount": "Budget_Amount__c",
    "timing": "Desired_Timing__c",
    "decision_maker": "Decision_Maker__c",
    "ng_topics": "NG_Topics__c",
    "next_action": "Next_Action__c",
    "sql_date": "SQL_Date__c",
    "engaged_content": "Engaged_Content__c",
    "contact_history": "Contact_History__c",
    "fs_decision": "FS_Decision__c",
    "return_reason": "Return_Reason__c",
    "lead_source": "LeadSource",
    "job_title": "Title",
    "phone": "Phone",
    "email": "Email",
    "company": "Company",
    "family": "LastName",
    "given": "FirstName",
    "status": "Status",
}
_DEAL = {**_LEAD, "next_action": "NextStep", "type": "Type"}
_HUB = {
    **{name: name for name in FULL},
    "timing": "desired_timing",
    "budget_amount": "budget_amount",
    "lead_source": "lead_source",
    "job_title": "jobtitle",
    "phone": "phone",
    "email": "email",
    "company": "company",
    "family": "lastname",
    "given": "firstname",
    "stage": "lifecyclestage",
    "lead_id": "salesforceleadid",
    "contact_id": "salesforcecontactid",
    "converted_at": "recent_conversion_date",
    "mql_at": "hs_lifecyclestage_marketingqualifiedlead_date",
    "sql_date": "hs_lifecyclestage_salesqualifiedlead_date",
}


@lru_cache(maxsize=4)
def settings(language: str = "ja") -> Settings:
    """The shipped configuration."""
    return read_settings(ROOT, {"language": language})


def at(text: str) -> datetime:
    """`10-06 15:00` in Tokyo, 2026, as UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=TOKYO).astimezone(UTC)


def wire(text: str) -> str:
    """The same as facts write it."""
    return at(text).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Crm:
    """Two CRMs and their people: IS `is1`, FS `fs1`, nobody's `boss`, a machine `cti`."""

    records: dict[RecordRef, SourceRecord] = field(default_factory=dict)
    language: str = "ja"
    rules_with: dict[str, Any] = field(default_factory=dict)
    own_mapping: MappingSpec | None = None
    """In the place of the shipped one."""
    repeated: frozenset[str] = frozenset()
    """Items whose text many handoffs share."""
    unread: frozenset[tuple[str, str]] = frozenset()
    """(connection, stream) that nobody lets us read."""
    batches: dict[str, Arrival] = field(default_factory=dict)
    """By key of the rule: how the person came, and with whom."""
    numbers: int = 0

    def __post_init__(self) -> None:
        for name, roles in (("is1", ["IS"]), ("fs1", ["FS"]), ("boss", []), ("cti", []), ("sync", []), ("auto", [])):
            self.user(name, roles)

    # --- people -----------------------------------------------------------------------------------------------------
    def user(self, name: str, roles: list[str], active: bool = True, connection: str = "salesforce") -> RecordRef:
        stream = "User" if connection == "salesforce" else "owners"
        facts = {"email": f"{name}@ours.example.jp", "active": active, "roles": roles}
        return self._add(connection, stream, name, Kind.USER, {}, facts)

    def lead(self, id_: str = "L1", created: str = "10-05 10:00", **cells: Any) -> RecordRef:
        return self._person("salesforce", "Lead", id_, created, _LEAD, {"status": "Open", **cells})

    def contact(self, id_: str = "C1", created: str = "10-05 10:00", **cells: Any) -> RecordRef:
        names = {
            n: f for n, f in _LEAD.items() if n in ("job_title", "phone", "email", "family", "given", "lead_source")
        }
        return self._person("salesforce", "Contact", id_, created, names, cells)

    def hub(self, id_: str = "H1", created: str = "10-05 10:00", **cells: Any) -> RecordRef:
        return self._person("hubspot", "contacts", id_, created, _HUB, {"stage": "marketingqualifiedlead", **cells})

    def deal(self, id_: str = "O1", created: str = "10-06 11:00", **cells: Any) -> RecordRef:
        facts = {name: cells.pop(name) for name in ("closed", "won", "account", "owner", "flags") if name in cells}
        values = _cells("salesforce", "Opportunity", _DEAL, cells)
        flags = facts.pop("flags", {})
        facts = {"created_at": wire(created), "closed": False, "won": False, **facts}
        return self._add("salesforce", "Opportunity", id_, Kind.DEAL, values, facts, flags=flags)

    def account(self, id_: str = "A1", type_: str | None = None, name: str | None = "株式会社山田商事") -> RecordRef:
        return self._add("salesforce", "Account", id_, Kind.ACCOUNT, {"Name": name}, {"type": type_})

    def role(self, deal: RecordRef, person: RecordRef, role: str = "", primary: bool = False) -> RecordRef:
        facts = {"deal": str(deal), "person": str(person), "role": role, "primary": primary}
        return self._add("salesforce", "OpportunityContactRole", self._number(), Kind.ROLE, {}, facts)

    def convert(self, lead: RecordRef, *became: RecordRef, on: str | None = None) -> None:
        """Mark the lead converted; `on` is a local day, or None when the CRM does not tell."""
        facts = {"converted": True, "converted_to": [str(ref) for ref in became]}
        self.change(lead, facts={**facts, **({"converted_on": on} if on else {})})

    # --- what happens -----------------------------------------------------------------------------------------------
    def act(self, type_: str, subject: RecordRef, when: str, **facts: Any) -> RecordRef:
        """An activity, by default done, outbound, by `is1`, logged when it happened; an engagement if `hubspot`."""
        where = ("hubspot", f"{type_}s") if facts.pop("hubspot", False) else ("salesforce", "Task")
        default = {
            "type": type_,
            "direction": "outbound",
            "at": wire(when),
            "logged_at": wire(facts.pop("logged", when)),
            "status": "done",
            "connected": None,
            "duration_s": None,
            "automated": False,
            "has_content": False,
            "subjects": [str(subject)],
            "task_type": None,
        }
        for name, who in (("owner", facts.pop("owner", "is1")), ("created_by", facts.pop("by", None))):
            default[name] = f"salesforce:User:{who}" if who else None
        return self._add(*where, self._number(), Kind.ACTIVITY, {}, {**default, **facts})

    def meeting(self, subject: RecordRef, when: str, **facts: Any) -> RecordRef:
        return self.act("meeting", subject, when, **{"owner": "fs1", "status": "scheduled", "direction": None, **facts})

    def history(self, subject: RecordRef, name: str, old: str | None, new: str | None, when: str) -> RecordRef:
        if name == "owner":
            old, new = (f"salesforce:User:{who}" for who in (old, new))
        facts = {"subject": str(subject), "field": name, "old": old, "new": new, "at": wire(when)}
        return self._add("salesforce", "LeadHistory", self._number(), Kind.HISTORY, {}, facts)

    def edit(self, ref: RecordRef, name: str, old: Any, new: Any, when: str, by: str | None = None) -> RecordRef:
        """A change of a value that is on record, by vendor field; the record holds the new one since."""
        self.set(ref, **{name: new})
        user = f"salesforce:User:{by}" if by else None
        facts = {
            "subject": str(ref),
            "field": "value",
            "name": name,
            "old": old,
            "new": new,
            "at": wire(when),
            "by": user,
        }
        return self._add(ref.connection, "LeadHistory", self._number(), Kind.HISTORY, {}, facts)

    def change(self, ref: RecordRef, *, facts: dict[str, Any] | None = None, **fields: Any) -> None:
        record = self.records[ref]
        self.records[ref] = replace(record, facts={**record.facts, **(facts or {})}, **fields)

    def set(self, ref: RecordRef, **values: Any) -> None:
        """Values by vendor field name."""
        self.records[ref] = replace(self.records[ref], values={**self.records[ref].values, **values})

    def hide(self, ref: RecordRef, name: str) -> None:
        """The field can no longer be read."""
        values = {n: v for n, v in self.records[ref].values.items() if n != name}
        self.records[ref] = replace(self.records[ref], values=values)

    def merge(self, loser: RecordRef, winner: RecordRef) -> None:
        self.change(loser, facts={"merged_into": str(winner)}, deleted=True)

    @property
    def mapping(self) -> MappingSpec:
        return self.own_mapping or settings().mapping

    # --- answers ----------------------------------------------------------------------------------------------------
    @property
    def rules(self) -> RuleSet:
        rules = settings(self.language).rules
        own = dict(self.rules_with)
        definition = replace(rules.definition, **own.pop("definition", {}))
        return replace(rules, definition=definition, **own)

    def link(self) -> LinkResult:
        linked = [r for r in self.records.values() if r.kind in (Kind.PERSON, Kind.DEAL, Kind.ROLE, Kind.ACCOUNT)]
        return link(linked, self.mapping, self.rules.definition)

    def membership(self, anchor: RecordRef) -> Membership:
        return next(m for m in self.link().memberships if m.anchor == anchor)

    def case(self, anchor: RecordRef, memory: Memory | None = None, waivers: tuple[Waiver, ...] = ()) -> Case:
        result = self.link()
        membership = next(m for m in result.memberships if m.anchor == anchor)
        around = {str(ref) for ref in (*membership.members, *membership.aliases)}
        attached = tuple(
            r
            for r in self.records.values()
            if r.kind in (Kind.ACTIVITY, Kind.HISTORY)
            and around & {*r.facts.get("subjects", ()), r.facts.get("subject", "")}
        )
        records = {ref: self.records[ref] for ref in (*membership.members, *membership.aliases)}
        records |= {ref: r for ref, r in self.records.items() if r.kind is Kind.ACCOUNT}
        shown = tuple(ref for ref in membership.targets if result.shown[ref] == anchor)
        return Case(
            "handoff", membership, shown, records, attached, memory or Memory(), waivers=waivers, repeated=self.repeated,
            unread=self.unread, batches=self.batches,
        )  # fmt: skip

    def judge(
        self,
        anchor: RecordRef,
        now: str,
        memory: Memory | None = None,
        waivers: tuple[Waiver, ...] = (),
        seen: Mapping[RecordRef, Mapping[str, datetime]] | None = None,
    ) -> Judgement:
        """`seen`: when Baton first saw the present values, by vendor field; else the record's stamp."""
        users = [r for r in self.records.values() if r.kind is Kind.USER]
        return judge(
            replace(self.case(anchor, memory, waivers), value_written=seen or {}),
            mapping=self.mapping,
            rules=self.rules,
            tables=settings().tables,
            directory=build_directory(users, self.rules.definition),
            now=at(now),
        )

    def evidence(self, anchor: RecordRef, now: str) -> Evidence:
        """What the rules look at, without items."""
        users = [r for r in self.records.values() if r.kind is Kind.USER]
        directory = build_directory(users, self.rules.definition)
        return gather(self.case(anchor), self.mapping, self.rules, directory, at(now))

    def flags(self, anchor: RecordRef, now: str, memory: Memory | None = None) -> dict[str, Any]:
        """What the anchor's own record should show; empty for nothing."""
        return dict(self.judge(anchor, now, memory).flags.get(anchor, {}))

    def note(self, anchor: RecordRef, now: str, memory: Memory | None = None) -> list[str]:
        return str(self.flags(anchor, now, memory)["note"]).split("\n")

    # --- inside -----------------------------------------------------------------------------------------------------
    def _number(self) -> str:
        self.numbers += 1
        return f"N{self.numbers:03}"

    def _person(
        self, connection: str, stream: str, id_: str, created: str, names: dict[str, str], cells: dict[str, Any]
    ) -> RecordRef:
        facts = {name: str(cells.pop(name)) for name in ("account",) if name in cells}
        if "owner" in cells:
            facts["owner"] = f"salesforce:User:{cells.pop('owner')}"
        flags = cells.pop("flags", {})
        values = _cells(connection, stream, names, cells)
        facts = {"created_at": wire(created), "converted": False, **facts}
        return self._add(connection, stream, id_, Kind.PERSON, values, facts, flags=flags)

    def _add(
        self,
        connection: str,
        stream: str,
        id_: str,
        kind: Kind,
        values: dict[str, Any],
        facts: dict[str, Any],
        flags: dict[str, Any] | None = None,
    ) -> RecordRef:
        ref = RecordRef(connection, stream, id_)
        if isinstance(facts.get("account"), RecordRef):
            facts = {**facts, "account": str(facts["account"])}
        self.records[ref] = SourceRecord(ref, kind, at("10-05 10:00"), values, facts, flags)
        return ref


def _cells(connection: str, stream: str, names: dict[str, str], cells: dict[str, Any]) -> dict[str, Any]:
    """All mapped fields, empty unless given: what is not given was read and found empty."""
    empty = dict.fromkeys(settings().mapping.streams[connection, stream].fields)
    return {**empty, **{names[name]: value for name, value in cells.items()}}


def good_lead(crm: Crm, **cells: Any) -> RecordRef:
    """A Lead that lacks nothing."""
    whole = {
        **FULL,
        "family": "山田",
        "given": "太郎",
        "company": "株式会社山田商事",
        "job_title": "営業部長",
        "phone": "03-5253-1111",
        "email": "yamada@yamada-shoji.co.jp",
        "lead_source": "資料DL",
        "engaged_content": "導入事例集",
        "contact_history": "展示会で名刺交換、9月に電話",
        **cells,
    }
    return crm.lead(**whole)


def passed_deal(crm: Crm, created: str = "10-06 11:00", **cells: Any) -> RecordRef:
    """A complete Lead, converted into an Opportunity with its Contact."""
    lead = good_lead(crm, created="10-05 10:00")
    contact = crm.contact(job_title="営業部長", phone="03-5253-1111", family="山田", email="yamada@yamada-shoji.co.jp")
    deal = crm.deal(created=created, account=crm.account(), lead_source="資料DL", **cells)
    crm.convert(lead, contact, deal, on=f"2026-{created[:5]}")
    return deal
