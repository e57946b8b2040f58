"""What the generator knows about one handoff: its records, what stands in them, and everything that happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.simulator.world.words import EMPTY, TYPED, Cell


@dataclass(slots=True)
class Entry:
    """One CRM record and the meaning of what stands in it."""

    stream: str
    """`salesforce:Lead` and so on."""
    id: str
    created_at: datetime
    cells: dict[str, Cell] = field(default_factory=dict[str, Cell])
    owner: str = ""
    """Key of a colleague."""
    owned: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])
    """Who owned it until when, oldest first."""
    inquiries: list[datetime] = field(default_factory=list[datetime])
    """Form submissions and MQL dates that the record carries now."""
    before: list[tuple[datetime, dict[str, Cell]]] = field(default_factory=list[tuple[datetime, dict[str, Cell]]])
    """What stood in cells until they were overwritten, oldest first."""

    @property
    def ref(self) -> str:
        return f"{self.stream}:{self.id}"

    def owner_at(self, at: datetime) -> str:
        """Key of the colleague who owned it then."""
        return next((owner for until, owner in self.owned if at < until), self.owner)

    @property
    def connection(self) -> str:
        return self.stream.partition(":")[0]

    def cell(self, item: str) -> Cell:
        return self.cells.get(item, EMPTY)

    def put(self, at: datetime, cells: Mapping[str, Cell]) -> None:
        """Overwrite cells, and remember what they held."""
        self.before.append((at, {item: self.cell(item) for item in cells}))
        self.cells.update(cells)

    def cells_at(self, at: datetime) -> dict[str, Cell]:
        """What stood in it then."""
        found = dict(self.cells)
        for changed, held in reversed(self.before):
            if changed > at:
                found.update(held)
        return found


@dataclass(frozen=True, slots=True)
class Touch:
    """One activity on record, as it really was."""

    ref: str
    kind: str
    """call, email, meeting, message, task."""
    direction: str | None
    at: datetime
    logged_at: datetime
    actor: str | None
    """Role of the colleague who did it: IS, FS, other; None when the record names no person."""
    by: str
    """Key of the colleague who really did it."""
    genuine: bool
    """A contact in the sense of the clocks."""
    missed: bool = False
    """A missed inbound call: somebody wanted something from us."""
    content: bool = False
    scheduled: bool = False
    deleted: bool = False
    twin: bool = False
    """The same contact as another record, in the other CRM."""

    @property
    def instant(self) -> datetime:
        return min(self.logged_at, self.at) if self.kind == "meeting" else self.at


@dataclass(frozen=True, slots=True)
class Passing:
    """One event that the definition calls a pass."""

    kind: str
    at: datetime
    by: str


@dataclass(slots=True)
class Journey:
    """One person's way from inquiry to handoff, in one cycle."""

    key: str
    plot: str
    contact: Entry | None = None
    """HubSpot contact that is joined to this handoff."""
    shows_elsewhere: bool = False
    """The HubSpot contact shows a newer handoff of the same person."""
    lead: Entry | None = None
    person: Entry | None = None
    """Salesforce Contact that is the deal's unambiguous person."""
    others: list[Entry] = field(default_factory=list[Entry])
    """Further contacts of the deal."""
    account: Entry | None = None
    deal: Entry | None = None
    converted: bool = False
    nobody: bool = False
    """A deal without an unambiguous person."""
    ambiguous: bool = False
    out: str = ""
    """Why it is out of scope, if it is."""
    gone: bool = False
    decision: str = ""
    """FS's answer on the anchor: accepted, returned, on_hold."""
    return_reason: str = ""
    """Why it was returned, as typed."""
    closed_at: datetime | None = None
    """When its deal came to its end."""
    decided_at: datetime | None = None
    decider_role: bool = False
    merit: float | None = None
    """How likely an opportunity was when somebody decided whether it is one."""
    won: bool | None = None
    """How its deal ended."""
    reopened_at: datetime | None = None
    """Start of a later cycle; older activities do not count."""
    batch_at: datetime | None = None
    """When the first of those came who came together with this one."""
    touches: list[Touch] = field(default_factory=list[Touch])
    passings: list[Passing] = field(default_factory=list[Passing])
    planted: dict[str, str] = field(default_factory=dict[str, str])
    scripted: bool = False
    """Its calls are part of the story; reps add none of their own."""
    asleep: bool = False
    """Nobody looks at it for now."""
    eager: bool = False
    """Its rep never lets a flag lie."""
    rep: str = ""
    field_rep: str = ""
    first_judged: datetime | None = None
    frozen: tuple[str, ...] | None = None
    frozen_done: bool = False
    breached: dict[str, datetime] = field(default_factory=dict[str, datetime])

    @property
    def exists(self) -> bool:
        """Whether any record of it is there (yet, or still)."""
        return not self.gone and (self.deal is not None or self.lead is not None or self.contact is not None)

    @property
    def opened_at(self) -> datetime:
        """When the present cycle began; of a first one, when its first record was made."""
        return self.reopened_at or min(entry.created_at for entry in self.entries())

    @property
    def anchor(self) -> Entry:
        """The record that the handoff hangs on now."""
        if self.deal is not None:
            return self.deal
        found = self.lead or self.contact
        assert found is not None, f"{self.key} has no record"
        return found

    @property
    def targets(self) -> list[str]:
        """Records on which this handoff shows."""
        if not self.exists:
            return []
        found = [] if self.converted and self.deal is None else [self.anchor.ref]
        joined = self.contact is not None and not self.shows_elsewhere and not self.nobody
        if joined and self.contact is not None and self.contact.ref not in found:
            found.append(self.contact.ref)
        return found

    def planted_typed(self) -> list[str]:
        """Typed items that were planted unusable."""
        return [item for item in self.planted if item in TYPED and self.planted[item] != "present"]

    def entries(self) -> list[Entry]:
        """Members, the anchor first, in the order in which values are looked for."""
        return [one for one in (self.deal, self.lead, self.person, *self.others, self.contact) if one is not None]

    def lookup(self, connection: str, item: str) -> list[Entry]:
        """Records of one connection that may answer an item; what is personal, only the primary person's own."""
        others = [] if item in _PERSONAL else self.others
        found = (self.deal, self.lead, self.person, *others, self.account, self.contact)
        return [one for one in found if one is not None and one.connection == connection]


_PERSONAL = frozenset(("department", "contact_name", "phone", "email"))
