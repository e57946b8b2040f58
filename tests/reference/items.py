"""§2 and §6 of the page: what the handoff says, item by item, and which items it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.reference import expression
from tests.reference.expression import EMPTY, UNKNOWN, Operand
from tests.reference.linking import Handoff
from tests.reference.values import RANKS, USABLE, amount_of, bare_name, find_day, key, name_forms, read
from tests.reference.view import View, local
from tests.reference.world import Node, instant

PERSONAL = {"department", "contact_name", "phone", "email"}
BLIND = {"unreadable", "unmapped"}
_OWN_ENOUGH = {"board_director", "president"}


@dataclass
class Item:
    state: str
    value: Any = None
    raw: str | None = None


class Items:
    """All items of one handoff."""

    def __init__(self, view: View, handoff: Handoff) -> None:
        self.view, self.handoff = view, handoff
        self.specs: dict[str, dict[str, Any]] = view.edition.handoff["items"]
        self.own, self.members = own_records(handoff), in_order(handoff)
        names = self.item("contact_name") if "contact_name" in self.specs else Item("missing")
        self.own_words = self.words_of_contact(names)
        self.found = {i: self.item(i) for i, spec in self.specs.items() if spec.get("as")}
        self.derive()
        self.found |= {i: self.group(spec) for i, spec in self.specs.items() if not spec.get("as")}

    def __getitem__(self, item: str) -> Item:
        return self.found.get(item, Item("unreadable"))

    def words_of_contact(self, names: Item) -> set[str]:
        """What the handoff's own contact is called, and his post; nothing where he may decide himself."""
        if self.own is None:
            return set()
        titles = [self.title_of(m) for m in self.handoff.members if m.ref in self.own]
        ranks = {self.view.edition.tables.rank(title) for title in titles if title}
        if ranks & _OWN_ENOUGH:
            return set()
        forms = name_forms(names.raw or "") if names.state in USABLE else set()
        return forms | {key(title).replace(" ", "") for title in titles if title}

    def title_of(self, node: Node) -> str:
        name = (self.view.edition.streams[node.stream].get("items") or {}).get("job_title")
        said = node.values.get(name) if isinstance(name, str) else None
        state, _ = read("job_title", "title", said, self.view.edition.tables, self.view.today)
        return str(said) if state in USABLE else ""

    def derive(self) -> None:
        acts = self.view.acts_of(self.handoff)
        roles = {key(r) for r in self.handoff.roles}
        wanted = {key(r) for r in self.view.edition.handoff["decision_roles"]}
        if self["decision_maker"].state not in USABLE and roles & wanted:
            self.found["decision_maker"] = Item("present")
        if any(a.content and a.done and a.held and a.at <= self.view.now for a in acts):
            self.found["contact_history"] = Item("present")
        if self["next_action"].state not in USABLE and any(
            a.type == "meeting" and a.at > self.view.now and a.scheduled for a in acts
        ):
            self.found["next_action"] = Item("present")

    def group(self, spec: dict[str, Any]) -> Item:
        states = [self[part].state for part in spec.get("any_of") or spec["all_of"]]
        usable, blind = [s in USABLE for s in states], [s in BLIND for s in states]
        if spec.get("any_of"):
            return Item("present" if any(usable) else "unreadable" if any(blind) else "missing")
        lacking = any(not u and not b for u, b in zip(usable, blind, strict=True))
        return Item("missing" if lacking else "unreadable" if any(blind) else "present")

    # --- one item ---
    def item(self, item: str) -> Item:
        sides: list[Item] = []
        own = self.own if item in PERSONAL else None
        for side in ("salesforce", "hubspot"):
            members = [m for m in self.members if m.ref.startswith(side) and (own is None or m.ref in own)]
            said = self.one_side(item, members)
            if said:
                sides.append(said)
            elif not members and self.handoff.ambiguous and self.maps(side, item):
                sides.append(Item("unreadable"))
        return _first(sides) or Item("missing" if sides else "unreadable")

    def maps(self, side: str, item: str) -> bool:
        streams = {n: s for n, s in self.view.edition.streams.items() if n[0].isupper() == (side == "salesforce")}
        return any(item in (s.get("items") or {}) for s in streams.values())

    def one_side(self, item: str, members: list[Node]) -> Item | None:
        """None where no record of that side could hold it."""
        read_values = [value for node in members for value in self.values_on(item, node)]
        if item == "company":
            read_values += [self.value(item, n, "Name", n.account.get("Name")) for n in members if n.account]
        if item == "job_title":
            ranked = [i for i in read_values if i.state in USABLE]
            if ranked:
                return max(ranked, key=lambda i: RANKS.index(i.value) if i.value in RANKS else -1)
        if all(i.state == "unreadable" for i in read_values):
            return Item("unreadable") if read_values else None
        return _first([i for i in read_values if i.state != "unreadable"]) or Item("missing")

    def values_on(self, item: str, node: Node) -> list[Item]:
        spec = (self.view.edition.streams[node.stream].get("items") or {}).get(item)
        if spec is None:
            return []
        if isinstance(spec, dict):
            parts = [node.values.get(spec["family"]), node.values.get(spec["given"])]
            text = " ".join(str(p) for p in parts if p not in (None, ""))
            return [self.value(item, node, spec["family"], text or None)]
        return [
            self.value(item, node, name, node.values.get(name)) if name in node.values else Item("unreadable")
            for name in ([spec] if isinstance(spec, str) else spec)
        ]

    def value(self, item: str, node: Node, name: str, raw: Any) -> Item:
        as_, today = self.specs[item]["as"], self.view.today
        written = local(self.view.written(node, name))
        if as_ == "date" and raw and "T" in str(raw):
            at = instant(raw)
            assert at
            raw = local(at).isoformat()
        state, value = read(item, as_, raw, self.view.edition.tables, written)
        if as_ == "title" and state == "present":
            value = self.view.edition.tables.rank(str(raw))
        if as_ == "timing" and state == "present" and value and value[1] and value[1] < today:
            state = "stale"
        if item == "sql_date" and state == "present":
            first = min(local(m.created) for m in self.handoff.members)
            state = "invalid" if value > today or value < first else state
        if item == "next_action" and state == "present":
            day = find_day(str(raw), written)
            state = "stale" if day and day < today and not self.anything_since(day) else state
        if item == "decision_maker" and state == "present" and bare_name(str(raw)) in self.own_words:
            state = "placeholder"
        return Item(state, value, None if raw is None else str(raw))

    def anything_since(self, day: Any) -> bool:
        return any(self.view.happened(a) and local(a.at) >= day for a in self.view.acts_of(self.handoff))


def _first(found: list[Item]) -> Item | None:
    """The best of several, the earlier of equals."""
    wishes = (
        lambda i: i.state in USABLE,
        lambda i: i.state == "unmapped",
        lambda i: i.state not in ("missing", "unreadable"),
        lambda i: i.state == "unreadable",
    )
    return next((i for wish in wishes for i in found if wish(i)), None)


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


def in_order(handoff: Handoff) -> list[Node]:
    order = {"Opportunity": 0, "Lead": 1, "Contact": 2, "contacts": 3}
    rest = [m for m in handoff.members if m is not handoff.anchor]
    return [handoff.anchor, *sorted(rest, key=lambda m: (order[m.stream], -m.created.timestamp()))]


# --- conditions -----------------------------------------------------------------------------------------------------
@dataclass
class Condition:
    """§10: everything that an expression may name."""

    view: View
    handoff: Handoff
    items: Items
    passed: bool

    def holds(self, expression_: str) -> bool:
        """Whether it is surely true."""
        return expression.truth(expression_, self.look_up) is True

    def look_up(self, name: str) -> Operand:
        if name in self.items.specs:
            return self.item(name)
        plain = {
            "stage": self.stage,
            "status": self.status,
            "fs_decision": lambda: self.answer("fs_decision"),
            "return_reason": lambda: self.answer("return_reason"),
            "owner_roles": self.owner_roles,
            "cycle": lambda: expression.number(self.handoff.cycle),
            "contacts": self.contacts,
        }
        return plain[name]() if name in plain else self.field(name)

    def stage(self) -> Operand:
        deal = self.handoff.anchor.stream == "Opportunity"
        return expression.text("opportunity" if deal else "at_pass" if self.passed else "before_pass")

    def status(self) -> Operand:
        anchor = self.handoff.anchor
        return self.raw(anchor.values, self.view.edition.streams[anchor.stream].get("stage_field"))

    def answer(self, name: str) -> Operand:
        """What FS answers, on the sales record."""
        api, said = self.view.input(self.handoff, name)
        if self.handoff.anchor.stream == "contacts" or api is None or api not in self.handoff.anchor.values:
            return UNKNOWN
        if said in (None, ""):
            return EMPTY
        read_ = self.view.read_answer(name, said)
        return expression.text(read_) if read_ else UNKNOWN

    def contacts(self) -> Operand:
        """At least so many, while some may hang on a record that could not be joined."""
        number = float(len(self.view.contacts(self.handoff)))
        return Operand("number", number, None if self.handoff.ambiguous else number)

    def owner_roles(self) -> Operand:
        owner = self.handoff.anchor.owner
        if owner and owner not in self.view.raw.colleagues:
            return UNKNOWN
        role = self.view.any_role(owner)
        return Operand("list", [key(role)] if role else [])

    def field(self, name: str) -> Operand:
        connection, stream, api = name.split(".", 2)
        prefix = f"{connection}:{stream}:"
        members = sorted(self.handoff.members, key=lambda m: -m.created.timestamp())
        for node in (self.handoff.anchor, *members):
            if node.ref.startswith(prefix):
                return self.raw(node.values, api)
        for node in (self.handoff.anchor, *members):
            if stream == "Account" and node.account and node.ref.startswith(f"{connection}:"):
                return self.raw(node.account, api)
        return UNKNOWN

    def raw(self, values: dict[str, Any], name: str | None) -> Operand:
        if name is None or name not in values:
            return UNKNOWN
        said = values[name]
        if said is None or key(said) == "":
            return EMPTY
        numeric = isinstance(said, int | float) and not isinstance(said, bool)
        return expression.number(said) if numeric else expression.text(said)

    def item(self, name: str) -> Operand:
        item, as_ = self.items[name], self.items.specs[name].get("as")
        if item.state in BLIND:
            return UNKNOWN
        if item.state not in USABLE:
            return EMPTY
        if as_ is None or item.raw is None or self.items.specs[name].get("sensitive"):
            return Operand("value")
        if as_ == "title":
            rank = RANKS.index(item.value) if item.value in RANKS else None
            return Operand("value") if rank is None else Operand("rank", rank, rank)
        if as_ == "money":
            return Operand("number", *amount_of(item.raw or ""))
        if as_ == "timing":
            return Operand("day", *item.value) if item.value else Operand("value")
        if as_ == "date":
            return Operand("day", item.value, item.value)
        if as_ == "number":
            return expression.number(item.value)
        if as_ == "picklist":
            return expression.text(item.value)
        return expression.text(item.raw)


def required(view: View, condition: Condition) -> tuple[list[str], list[str]]:
    """Which items are typed, and which automatic, for this handoff now."""
    typed, automatic = list(view.edition.preset["typed"]), list(view.edition.preset["automatic"])
    for entry in view.edition.handoff.get("requirements") or []:
        if not condition.holds(entry["when"]):
            continue
        for kind in ("typed", "automatic", "optional"):
            for item in entry.get(kind) or []:
                mine, others = (typed, automatic) if kind == "typed" else (automatic, typed)
                if item in others:
                    others.remove(item)
                if kind == "optional" and item in mine:
                    mine.remove(item)
                elif kind != "optional" and item not in mine:
                    mine.append(item)
    if not condition.passed:
        typed, automatic = ([i for i in some if i != "sql_date"] for some in (typed, automatic))
    return typed, automatic
