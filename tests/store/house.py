"""Two CRMs in memory and a context over them, under the shipped definition and mappings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sync.app import read_settings, stream_specs
from sync.core.model.records import RecordRef
from sync.flow.context import Context, Mode
from sync.flow.cycle import run_once
from sync.flow.report import CycleReport
from sync.settings import Settings
from sync.store import Store
from tests.store.fakes import Clock, MemoryCrm

_ROOT = Path(__file__).parents[2]
COMPLETE = {
    "SQL_Reason__c": "課題と予算を確認",
    "Pain__c": "手作業の集計に毎月40時間かかり締め日に間に合わない",
    "Budget_Status__c": "確保済み",
    "Desired_Timing__c": "2026年12月",
    "Decision_Maker__c": "取締役 佐藤様",
    "NG_Topics__c": "特になし",
    "Next_Action__c": "10/20 14:00 デモ",
}
"""What the shipped definition asks people to type."""


@cache
def shipped() -> Settings:
    return read_settings(_ROOT)


@dataclass
class House:
    """Everything a test of the flow needs; edits are made on `sf` and `hs`, as people would."""

    context: Context
    clock: Clock
    sf: MemoryCrm
    hs: MemoryCrm

    def run(self, *, sweep: bool = False, write: bool = True, prepared: bool = False) -> CycleReport:
        """`prepared`: without asking anew what can be read and written, as a daemon between its checks."""
        context = replace(self.context, prepared=prepared)
        return run_once(context, sweep=sweep, write=write)

    def settle(self) -> CycleReport:
        """Cycles until our own writes have come back; the last report."""
        self.run()
        self.clock.pass_(seconds=30)
        return self.run()

    def change(self, **fields: Any) -> None:
        self.context = replace(self.context, **fields)

    def lead(self, record_id: str = "00Q1", values: dict[str, Any] | None = None, **facts: Any) -> RecordRef:
        given: dict[str, Any] = {
            "LastName": "山田",
            "Company": "株式会社アオバ工業",
            "Email": f"{record_id}@example.jp",
        }
        given |= {"Phone": "03-5253-1111", "LeadSource": "Web", "Status": "Working"}
        if RecordRef("salesforce", "Lead", record_id) not in self.sf.records:
            facts = {
                "created_at": self.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "owner": "salesforce:User:IS1",
                **facts,
            }
        return self.sf.put("Lead", record_id, {**given, **(values or {})}, **facts)

    @property
    def written(self) -> list[tuple[RecordRef, dict[str, Any]]]:
        return self.sf.written + self.hs.written


def build(store: Store, mode: Mode = Mode.WRITE) -> House:
    settings = shipped()
    clock = Clock()
    sf = MemoryCrm("salesforce", clock, stream_specs(settings, "salesforce"))
    hs = MemoryCrm("hubspot", clock, stream_specs(settings, "hubspot"))
    for user, role in (("IS1", "IS"), ("FS1", "FS")):
        sf.put("User", user, email=f"{user.lower()}@us.example", active=True, roles=[role])
    context = Context(
        store=store,
        connections={"salesforce": sf.as_connection(), "hubspot": hs.as_connection()},
        mapping=settings.mapping,
        rules=settings.rules,
        tables=settings.tables,
        mode=mode,
    )
    return House(context, clock, sf, hs)
