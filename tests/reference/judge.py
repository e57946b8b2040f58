"""§2–§8 of the page, one handoff at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.reference import calendar
from tests.reference.linking import Handoff, link
from tests.reference.served import Served
from tests.reference.values import RANKS, USABLE, Tables, add_months, key, read
from tests.reference.world import Act, Change, Node, day_of, decode, instant

NAMES = (
    "status",
    "sql_verdict",
    "missing_items",
    "missing_count",
    "unmet_criteria",
    "next_actor",
    "is_sla",
    "is_due",
    "is_at",
    "fs_sla",
    "fs_due",
    "fs_at",
    "missing_at_pass",
    "passed_at",
    "definition",
)
PERSONAL = {"department", "contact_name", "phone", "email"}
LOOK_BACK_DAYS, CONFIRM = 2, timedelta(minutes=15)


@dataclass
class Remembered:
    first: datetime | None = None
    frozen: bool = False
    missing_at_pass: str | None = None


@dataclass
class Item:
    state: str
    value: Any = None
    raw: str | None = None


@dataclass
class Reference:
    """Holds the operator's files and what §8 lets it remember."""

    folder: Path
    memory: dict[str, Remembered] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)
    """Records that carry a flag of ours."""
    written: dict[tuple[str, str], tuple[Any, date]] = field(default_factory=dict)
    """(record, field) → value and the day of the stamp with which it was first seen."""

    def __post_init__(self) -> None:
        def load(name: str) -> Any:
            own = self.folder / name
            path = own if own.is_file() else Path(__file__).parents[2] / name
            return YAML(typ="safe").load(path.read_text(encoding="utf-8"))

        self.definition, self.baton = load("config/definition.yaml"), load("config/baton.yaml")
        self.handoff = load("mappings/handoff.yaml")
        self.streams: dict[str, dict[str, Any]] = {}
        for name in ("salesforce", "hubspot"):
            self.streams |= load(f"mappings/{name}.yaml")["streams"]
        self.tables = Tables(load("mappings/placeholders.yaml"), load("mappings/titles.yaml"), self.handoff)
        preset = self.handoff["presets"][self.handoff["preset"]]
        self.typed, self.automatic = preset["typed"], preset["automatic"]
        enforce = self.baton["flags"]["enforce_from"]
        enforce = enforce if isinstance(enforce, date) else date.fromisoformat(str(enforce))
        self.enforce_from = datetime.combine(enforce, time(), calendar.ZONE)

    def judge_all(self, served: Served, now: datetime) -> dict[str, dict[str, Any]]:
        """Flags per record that must carry some, for the records as served so far. Call once per cycle, in order."""
        raw = decode(served)
        self.raw = raw
        self.roles_known: dict[str, str | None] = {}
        self.acts_by_subject: dict[str, list[Act]] = defaultdict(list)
        for act in raw.acts:
            for subject in act.subjects:
                self.acts_by_subject[subject].append(act)
        self.changes_by_subject: dict[str, list[Change]] = defaultdict(list)
        for change in raw.changes:
            self.changes_by_subject[change.subject].append(change)
        for node in raw.nodes.values():
            for name, value in node.values.items():
                held = self.written.get((node.ref, name))
                if held is None or held[0] != value:
                    self.written[node.ref, name] = (value, node.modified.astimezone(calendar.ZONE).date())
        handoffs = link(raw, self.definition)
        self.carry_memory(handoffs)
        wanted: dict[str, dict[str, Any]] = {}
        for handoff in handoffs:
            flags = self.judge(handoff, now)
            for target in handoff.targets:
                if flags["status"] == "out_of_scope":
                    if target.ref in self.flagged:
                        wanted[target.ref] = dict.fromkeys(NAMES) | {"status": "out_of_scope"}
                else:
                    wanted[target.ref] = flags
        self.flagged |= set(wanted)
        return wanted

    def carry_memory(self, handoffs: list[Handoff]) -> None:
        """The id of a handoff stays when its anchor moves: memory of a member that is no anchor any more moves along."""
        anchors = {h.anchor.ref for h in handoffs}
        for handoff in handoffs:
            if handoff.anchor.ref in self.memory:
                continue
            old = [m.ref for m in handoff.members if m.ref in self.memory and m.ref not in anchors]
            self.memory[handoff.anchor.ref] = self.memory.pop(old[0]) if old else Remembered()

    # --- colleagues -------------------------------------------------------------------------------------------------
    def role(self, ref: str | None) -> str | None:
        """Role of an active colleague; '' without one; None when nobody in particular acts."""
        if ref not in self.raw.colleagues:
            return None
        email, active, _ = self.raw.colleagues[ref]
        machines = [
            key(u)
            for n in ("integration_users", "native_sync_users", "automation_users")
            for u in self.definition[n] or []
        ]
        if not active or email in machines:
            return None
        return self.any_role(ref) or ""

    def any_role(self, ref: str | None) -> str | None:
        if ref not in self.raw.colleagues:
            return None
        if ref not in self.roles_known:
            self.roles_known[ref] = self.look_up_role(ref)
        return self.roles_known[ref]

    def look_up_role(self, ref: str) -> str | None:
        email = self.raw.colleagues[ref][0]
        names = {key(n) for e, _, ns in self.raw.colleagues.values() if e == email for n in ns}
        for role, spec in self.definition["roles"].items():
            if email in {key(u) for u in spec.get("users") or []} or names & {key(n) for n in spec.get("names") or []}:
                return role
        return None

    def by(self, ref: str | None, listed: str) -> bool:
        return ref in self.raw.colleagues and self.raw.colleagues[ref][0] in {
            key(u) for u in self.definition[listed] or []
        }

    # --- activities -------------------------------------------------------------------------------------------------
    def acts_of(self, handoff: Handoff) -> list[Act]:
        acts = {id(a): a for subject in handoff.subjects for a in self.acts_by_subject[subject]}.values()
        if handoff.cycle == 1 or handoff.opened_at is None:
            return list(acts)
        limit = calendar.look_back_limit(handoff.opened_at, LOOK_BACK_DAYS)
        return [a for a in acts if self.moment(a) >= limit]

    def genuine(self, act: Act) -> bool:
        if act.automated or self.by(act.creator, "native_sync_users") or self.by(act.creator, "automation_users"):
            return False
        if act.type == "call":
            return act.done and (act.answered if act.direction == "inbound" else act.direction in (None, "outbound"))
        if act.type == "email":
            return act.done and act.direction == "outbound"
        if act.type == "message":
            return act.done and act.direction in (None, "outbound")
        if act.type == "task":
            return act.done and act.task_type in (self.baton["clocks"]["task_types"] or [])
        return act.type == "meeting"

    @staticmethod
    def moment(act: Act) -> datetime:
        return min(act.logged, act.at) if act.type == "meeting" else act.at

    # --- items ------------------------------------------------------------------------------------------------------
    def items(self, handoff: Handoff, now: datetime) -> dict[str, Item]:
        found = {i: self.item(handoff, i, now) for i, spec in self.handoff["items"].items() if spec.get("as")}
        acts = self.acts_of(handoff)
        roles = {key(r) for r in handoff.roles}
        if found["decision_maker"].state not in USABLE and roles & {key(r) for r in self.handoff["decision_roles"]}:
            found["decision_maker"] = Item("present")
        if any(a.content and a.done and a.held and a.at <= now for a in acts):
            found["contact_history"] = Item("present")
        if found["next_action"].state not in USABLE and any(
            a.type == "meeting" and a.at > now and a.scheduled for a in acts
        ):
            found["next_action"] = Item("present")
        usable = [found["phone"].state in USABLE, found["email"].state in USABLE]
        unreadable = "unreadable" in (found["phone"].state, found["email"].state)
        found["contact_channel"] = Item("present" if any(usable) else "unreadable" if unreadable else "missing")
        return found

    def item(self, handoff: Handoff, item: str, now: datetime) -> Item:
        sides: list[Item] = []
        own = self.own_records(handoff) if item in PERSONAL else None
        for side in ("salesforce", "hubspot"):
            members = [m for m in self.in_order(handoff) if m.ref.startswith(side) and (own is None or m.ref in own)]
            if members:
                sides.append(self.one_side(item, members, now))
            elif handoff.ambiguous and any(
                item in (s.get("items") or {})
                for n, s in self.streams.items()
                if n[0].isupper() == (side == "salesforce")
            ):
                sides.append(Item("unreadable"))
        for wish in (
            lambda i: i.state in USABLE,
            lambda i: i.state == "unmapped",
            lambda i: i.state not in ("missing", "unreadable"),
            lambda i: i.state == "unreadable",
        ):
            chosen = next((i for i in sides if wish(i)), None)
            if chosen:
                return chosen
        return Item("missing")

    @staticmethod
    def own_records(handoff: Handoff) -> set[str] | None:
        """Records of the primary person; None where there is no such person."""
        if handoff.primary is None:
            return None
        if handoff.anchor.stream != "Opportunity":
            return {m.ref for m in handoff.members}
        leads = [m for m in handoff.members if m.stream == "Lead"]
        same = {m.ref for m in leads} | {f"salesforce:Contact:{m.values.get('ConvertedContactId')}" for m in leads}
        mine = same if handoff.primary.ref in same else {handoff.primary.ref}
        return mine | {c.ref for c in handoff.contacts}

    @staticmethod
    def in_order(handoff: Handoff) -> list[Node]:
        order = {"Opportunity": 0, "Lead": 1, "Contact": 2, "contacts": 3}
        rest = sorted(
            (m for m in handoff.members if m is not handoff.anchor),
            key=lambda m: (order[m.stream], -m.created.timestamp()),
        )
        return [handoff.anchor, *rest]

    def one_side(self, item: str, members: list[Node], now: datetime) -> Item:
        read_values: list[Item] = []
        for node in members:
            spec = (self.streams[node.stream].get("items") or {}).get(item)
            if spec is None:
                continue
            if isinstance(spec, dict):
                parts = [node.values.get(spec["family"]), node.values.get(spec["given"])]
                text = " ".join(str(p) for p in parts if p not in (None, ""))
                read_values.append(self.value(item, node, spec["family"], text or None, now))
                continue
            for name in [spec] if isinstance(spec, str) else spec:
                read_values.append(
                    self.value(item, node, name, node.values.get(name), now)
                    if name in node.values
                    else Item("unreadable")
                )
        if item == "company":
            read_values += [self.value(item, n, "Name", n.account.get("Name"), now) for n in members if n.account]
        if item == "job_title":
            ranked = [i for i in read_values if i.state in USABLE]
            if ranked:
                return max(ranked, key=lambda i: RANKS.index(i.value) if i.value in RANKS else -1)
        wishes = (
            lambda i: i.state in USABLE,
            lambda i: i.state == "unmapped",
            lambda i: i.state not in ("missing", "unreadable"),
        )
        for wish in wishes:
            chosen = next((i for i in read_values if wish(i)), None)
            if chosen:
                return chosen
        if read_values and all(i.state == "unreadable" for i in read_values):
            return Item("unreadable")
        return Item("missing")

    def value(self, item: str, node: Node, name: str, raw: Any, now: datetime) -> Item:
        as_ = self.handoff["items"][item]["as"]
        written = self.written.get((node.ref, name), (None, node.modified.astimezone(calendar.ZONE).date()))[1]
        if as_ == "date" and raw and "T" in str(raw):
            raw = instant(raw).astimezone(calendar.ZONE).date().isoformat()
        state, value = read(item, as_, raw, self.tables, written)
        if as_ == "title" and state == "present":
            value = self.tables.rank(str(raw))
        if (
            as_ == "timing"
            and state == "present"
            and value
            and value[1]
            and value[1] < now.astimezone(calendar.ZONE).date()
        ):
            state = "stale"
        return Item(state, value, str(raw))

    # --- pass, scope ------------------------------------------------------------------------------------------------
    def passed(self, handoff: Handoff, now: datetime) -> tuple[bool, datetime | None]:
        lead_refs = handoff.subjects
        since = handoff.opened_at if handoff.cycle > 1 else None
        instants: list[datetime] = []
        unknown = False
        changes = [c for subject in lead_refs for c in self.changes_by_subject[subject]]
        for event in self.definition["pass"]["any_of"]:
            name, detail = (event, None) if isinstance(event, str) else next(iter(event.items()))
            if name == "meeting_booked_with_fs":
                instants += [
                    self.moment(a)
                    for a in self.acts_of(handoff)
                    if a.type == "meeting" and self.any_role(a.owner) == "FS"
                ]
            elif name == "owner_role_changes":
                instants += [
                    c.at
                    for c in changes
                    if c.field == "owner"
                    and self.any_role(c.old) == detail["from"]
                    and self.any_role(c.new) == detail["to"]
                ]
            elif name == "lead_converted":
                told = [c.at for c in changes if c.field == "converted"]
                dates = [
                    m.values.get("ConvertedDate")
                    for m in handoff.members
                    if m.stream == "Lead" and m.values.get("IsConverted")
                ]
                instants += told or [calendar.closing_at_or_after(calendar.at(day_of(d), time(9))) for d in dates if d]
            elif name == "opportunity_created" and handoff.anchor.stream == "Opportunity":
                instants.append(handoff.anchor.created)
            elif name == "status_in":
                wanted = detail["salesforce.Lead"]
                told = [c.at for c in changes if c.field == "status" and c.new in wanted]
                instants += told
                unknown |= not told and any(
                    m.stream == "Lead" and m.values.get("Status") in wanted for m in handoff.members
                )
        instants = [i for i in instants if i <= now and (since is None or i >= since)]
        return (True, min(instants)) if instants else (unknown, None)

    def in_scope(self, handoff: Handoff, passed: bool, passed_at: datetime | None) -> bool:
        scope, anchor = self.definition["scope"], handoff.anchor
        v = anchor.values
        if anchor.stream == "contacts" and v.get("lifecyclestage") not in scope["contact_stages"]:
            return False
        if anchor.stream == "Lead" and (
            v.get("IsConverted")
            or v.get("Status") in scope["closed_lead_statuses"]
            or (not passed and self.any_role(anchor.owner) == "FS")
        ):
            return False
        if anchor.stream == "Opportunity" and not self.deal_in_scope(handoff):
            return False
        return not (passed_at and passed_at < self.enforce_from)

    def deal_in_scope(self, handoff: Handoff) -> bool:
        scope, v = self.definition["scope"], handoff.anchor.values
        leads = [m for m in handoff.members if m.stream == "Lead"]
        sources = [v.get("LeadSource")] if v.get("LeadSource") else [lead.values.get("LeadSource") for lead in leads]
        account = (handoff.anchor.account or {}).get("Type")
        touched = bool(leads) or any(self.role(a.owner) == "IS" for a in self.acts_of(handoff))
        return not (
            v.get("IsClosed")
            or key(v.get("Type") or "") in {key(t) for t in scope["excluded_deal_types"]}
            or set(sources) & set(scope["partner_sources"])
            or account in scope["partner_account_types"]
            or not touched
        )

    # --- the verdict ------------------------------------------------------------------------------------------------
    def judge(self, handoff: Handoff, now: datetime) -> dict[str, Any]:
        memory = self.memory[handoff.anchor.ref]
        passed, passed_at = self.passed(handoff, now)
        grace_end = calendar.closing_at_or_after(passed_at) if passed_at else None
        over = passed and (grace_end is None or now >= grace_end)
        items = self.items(handoff, now)
        lonely = handoff.anchor.stream == "Opportunity" and handoff.primary is None
        missing = [i for i in self.typed if items[i].state not in USABLE | {"unreadable", "unmapped"}]
        if items["contact_channel"].state == "missing":
            missing.insert(0, "contact_channel")
        if not over:
            pass
        elif grace_end and not memory.frozen:
            memory.frozen = True
            if memory.first and memory.first < grace_end and not lonely:
                memory.missing_at_pass = ";".join(missing) or None
        memory.first = memory.first or now
        criteria = self.criteria(items, passed_at)
        unknown = "unknown" in criteria.values()
        verdict = "not_qualified" if "not_met" in criteria.values() else "undetermined" if unknown else "qualified"
        decision = self.decision(handoff)
        if not self.in_scope(handoff, passed, passed_at):
            return dict.fromkeys(NAMES) | {"status": "out_of_scope"}
        if decision == "returned":
            status = "returned"
        elif lonely or any(items[i].state in ("unreadable", "unmapped") for i in self.typed):
            status = "undetermined"
        else:
            status = ("passed_incomplete" if missing else "passed") if over else ("preparing" if missing else "ready")
        auto = [i for i in self.automatic if i != "sql_date" or passed]
        if status == "returned":
            actor = "is"
        elif status == "undetermined":
            actor = "revops"
        elif missing or unknown:
            actor = "fs" if decision == "accepted" else "is"
        else:
            actor = "revops" if handoff.ambiguous or any(items[i].state not in USABLE for i in auto) else "none"
        if lonely:
            verdict, criteria = "undetermined", {}
        flags: dict[str, Any] = {
            "status": status,
            "sql_verdict": verdict,
            "missing_items": None if lonely else ";".join(missing) or None,
            "missing_count": None if lonely else len(missing),
            "unmet_criteria": ";".join(c for c, s in criteria.items() if s == "not_met") or None,
            "next_actor": actor,
            "missing_at_pass": memory.missing_at_pass,
            "passed_at": wire(passed_at),
            "definition": str(self.definition["version"]),
        }
        flags |= self.clock(handoff, "is", self.inquiry(handoff, now, passed_at), items, passed_at, status, now, lonely)
        flags |= self.clock(handoff, "fs", passed_at, items, passed_at, status, now, lonely)
        return flags

    def decision(self, handoff: Handoff) -> str | None:
        name = (self.streams[handoff.anchor.stream].get("inputs") or {}).get("fs_decision")
        said = key(handoff.anchor.values.get(name) or "") if handoff.anchor.stream != "contacts" else ""
        values = self.handoff["inputs"]["fs_decision"]
        return next((c for c, words in values.items() if said and said in {key(w) for w in [c, *words]}), None)

    def criteria(self, items: dict[str, Item], passed_at: datetime | None) -> dict[str, str]:
        title, budget, timing, pain = items["job_title"], items["budget_status"], items["timing"], items["pain"]
        high = title.state == "present" and title.value in RANKS and RANKS.index(title.value) >= RANKS.index("manager")
        money = {"secured": "met", "expected": "met", "none": "not_met"}.get(
            budget.value if budget.state == "present" else "", "unknown"
        )
        day = items["sql_date"].value if items["sql_date"].state == "present" else None
        day = day or (passed_at.astimezone(calendar.ZONE).date() if passed_at else None)
        when = "unknown"
        if timing.state == "present" and timing.value and day:
            when = "met" if timing.value[0] is None or timing.value[0] <= add_months(day, 6) else "not_met"
        concrete = pain.state == "present" and not self.tables.vague(pain.raw or "", "pain")
        return {
            "authority": "met" if high else "unknown",
            "budget": money,
            "timing": when,
            "need": "met" if concrete else "unknown",
        }

    # --- clocks -----------------------------------------------------------------------------------------------------
    def inquiry(self, handoff: Handoff, now: datetime, passed_at: datetime | None) -> datetime | None:
        found = [handoff.opened_at]
        for node in handoff.members:
            for name in self.streams[node.stream].get("inquiry_fields") or []:
                found.append(instant(node.values.get(name)))
        found += [a.at for a in self.acts_of(handoff) if a.type == "call" and a.direction == "inbound" and a.missed]
        limit = passed_at if passed_at and passed_at < now else now
        known = [f for f in found if f and f <= limit]
        if handoff.cycle > 1 and handoff.opened_at:
            known = [f for f in known if f >= handoff.opened_at]
        return max(known, default=None)

    def clock(
        self,
        handoff: Handoff,
        prefix: str,
        start: datetime | None,
        items: dict[str, Item],
        passed_at: datetime | None,
        status: str,
        now: datetime,
        lonely: bool,
    ) -> dict[str, Any]:
        spec = self.baton["clocks"][f"{prefix}_first_contact"]
        nothing = {f"{prefix}_sla": "none", f"{prefix}_due": None, f"{prefix}_at": None}
        target = spec["target"] if prefix == "fs" else spec["target"].get(items["lead_source"].value)
        if lonely or start is None or not target or start < self.enforce_from:
            return nothing
        cutoff = time.fromisoformat(spec["cutoff"]) if spec.get("cutoff") else None
        due = calendar.deadline(start, target, cutoff)
        limit = calendar.look_back_limit(start, LOOK_BACK_DAYS)
        contacts = [
            self.moment(a)
            for a in self.acts_of(handoff)
            if self.genuine(a) and limit <= self.moment(a) <= now and self.role(a.owner) in (None, *spec["team"])
        ]
        contact = min(contacts, default=None)
        passed_in_time = prefix == "is" and passed_at is not None and passed_at <= due
        if contact and contact <= due:
            state = "met"
        elif passed_in_time or (prefix == "fs" and status == "returned" and not contact):
            return nothing
        elif contact and not handoff.ambiguous:
            state = "met_late"
        else:
            contact = None
            overdue = "unverified" if handoff.ambiguous else "breached"
            state = "waiting" if now < due + CONFIRM else overdue
        return {f"{prefix}_sla": state, f"{prefix}_due": wire(due), f"{prefix}_at": wire(contact)}


def wire(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
