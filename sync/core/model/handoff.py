"""A handoff: what goes into its judgement and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sync.core.model.absence import Absence
from sync.core.model.fixed import fixed
from sync.core.model.flags import Actor, CriterionState, Flags, SlaState, Status, Verdict
from sync.core.model.items import ItemValue
from sync.core.model.records import RecordRef, SourceRecord
from sync.core.model.trace import Trace


@fixed
class Membership:
    """Which records make up one handoff; the result of linking (README of the core, §1)."""

    anchor: RecordRef
    members: tuple[RecordRef, ...]
    """Anchor included; people, deal, roles. Aliases (merged-away records) apart."""
    aliases: tuple[RecordRef, ...] = ()
    primary: RecordRef | None = None
    targets: tuple[RecordRef, ...] = ()
    """Records that would show this handoff, before choosing one handoff per record."""
    cycle: int = 1
    opened_at: datetime | None = None
    sort_at: datetime | None = None
    """Anchor's creation: decides which handoff a shared record shows."""
    open: bool = True
    ambiguous: bool = False
    reason: str = ""
    """Why ambiguous or cut, for `status --ambiguous` and `explain`."""


class Told(NamedTuple):
    """What a note says, however it is worded, and by which one recognises the text that says so."""

    digest: str
    fingerprint: str


class Sign(NamedTuple):
    """A contact seems to be on record that Baton may not read."""

    at: datetime
    ref: RecordRef
    """The person whose record says so, or the activity that is a copy of it."""
    stray: bool = False
    """It can be read, but hangs on nobody who is joined to the handoff."""


@fixed
class Memory:
    """What is remembered of a handoff between judgements (README of the core, §8). Instants are aware UTC."""

    first_judged_at: datetime | None = None
    frozen_at: datetime | None = None
    missing_at_pass: tuple[str, ...] | None = None
    """None until frozen, and for a pass of which nobody can tell what the records held then."""
    breached_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    confirmed_at: datetime | None = None
    confirm_failed: bool = False
    rounds: tuple[datetime, ...] = ()
    """When later rounds opened on the same anchor, the earliest first."""
    frozen_definition: str | None = None
    """Version of the definition under which the pass was frozen; None until then."""
    told: Mapping[str, Told] = field(default_factory=dict[str, "Told"])
    """Per record that shows it (`connection:stream:id`): what its note says. Other wording alone changes no record."""
    held: Mapping[str, tuple[tuple[datetime, datetime | None], ...]] = field(
        default_factory=dict[str, "tuple[tuple[datetime, datetime | None], ...]"]
    )
    """`clock:pause` and `clock:reset`: when that condition was seen to hold, the earliest first."""
    read_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """Connection → when its part of the evidence was last read again while that of another could not be."""
    answered_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """Clock → since when it is known to be answered; a reading from before then blames nobody if the contact goes away."""
    signs: Mapping[str, Sign] = field(default_factory=dict[str, "Sign"])
    """Clock → the earliest sign of a contact that cannot be read; what shows it tells of the latest alone."""
    states_at_pass: str | None = None
    """State of every item at the pass (`Trace.states`); known where `missing_at_pass` is."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception (例外承認): what one cycle of a handoff need not meet."""

    items: tuple[str, ...]
    """Item ids."""
    criteria: tuple[str, ...]
    """Criterion ids."""
    reason: str
    until: date | None
    """Last local day on which it counts; None: to the end of the cycle."""
    by: str = ""
    """Who approved it: an e-mail, a user, or a name given at the command line; empty where nobody knows."""
    at: datetime | None = None
    """When it was approved, as far as that is known."""
    record: RecordRef | None = None
    """The record that holds the request; None for one kept by `ops waive`."""


class WaiverState(StrEnum):
    IN_FORCE = "in_force"
    WAITING = "waiting"
    """Asked for, and not approved by an approver as it stands now (承認待ち)."""
    EXPIRED = "expired"
    PAST_CYCLE = "past_cycle"
    """It was of an earlier cycle."""


@dataclass(frozen=True, slots=True)
class WaiverFinding:
    """One waiver and what it is worth now."""

    waiver: Waiver
    state: WaiverState
    reason: str = ""
    """Why it is not in force, in a few English words; empty when it is."""


@fixed
class Arrival:
    """How one person came: from what source, and when."""

    source: str
    """Raw lead source, folded."""
    at: datetime
    """Creation of the first record of the handoff."""
    batch_at: datetime | None = None
    """When the first of the batch came that it belongs to, as far as that was worked out."""


@fixed
class ClockBatch:
    """The batch by which a clock goes."""

    source: str
    """As typed."""
    start: datetime
    given: bool = False
    """The operator said so; else it was found."""
    rank: str | None = None


@fixed
class Case:
    """Everything known about one handoff at one instant."""

    handoff_id: str
    membership: Membership
    shown_on: tuple[RecordRef, ...]
    """The targets that show this handoff (each record shows exactly one)."""
    records: Mapping[RecordRef, SourceRecord]
    """Members, their accounts, and aliases."""
    attached: tuple[SourceRecord, ...]
    """Activities, history rows and qualifications that hang on members or aliases."""
    memory: Memory = Memory()
    value_written: Mapping[RecordRef, Mapping[str, datetime]] = field(
        default_factory=dict[RecordRef, Mapping[str, datetime]]
    )
    """Per record and vendor field: when Baton first saw the present value (the record's stamp then)."""
    waivers: tuple[Waiver, ...] = ()
    """Those kept by `ops waive`; what people asked for on the records is read from there."""
    repeated: frozenset[str] = frozenset()
    """Items whose text many open handoffs of one owner share."""
    unenforced: frozenset[tuple[str, str]] = frozenset()
    """(clock, team) that are not enforced, because too few contacts are on record."""
    batches: Mapping[str, Arrival] = field(default_factory=dict[str, Arrival])
    """By key of the rule: how the person came, and with whom."""
    unread: frozenset[tuple[str, str]] = frozenset()
    """(connection, stream) that the tenants let nobody read; of those that hold no activities nothing follows."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user of a CRM as the definition sees them."""

    ref: RecordRef
    email: str
    active: bool
    roles: frozenset[str]
    """Role ids of the definition (IS, FS)."""
    machine: bool = False
    """An integration, native-sync or automation user: acts for somebody else."""
    groups: frozenset[str] = frozenset()
    """Role, profile and team names as the CRMs hold them, case-folded."""
    approver: bool = False
    """May approve an exception."""
    absences: tuple[Absence, ...] = ()
    """Booked in a CRM, in order."""
    user_id: str = ""
    """By which the CRM names them too, where that is not the id of the record."""


Directory = Mapping[RecordRef, Colleague]

Stretch = tuple[datetime, datetime | None]
"""From when until when something held; None: it still does."""


@fixed
class Part:
    """A part of the time until a contact, in seconds."""

    elapsed: int
    working: int


@fixed
class PassFinding:
    """That a pass happened. `at` None: it did, but nobody recorded when."""

    event: str
    at: datetime | None
    evidence: str = ""
    grace_end: datetime | None = None


@fixed
class CriterionFinding:
    id: str
    state: CriterionState
    evidence: str = ""
    required: bool = True
    """False: shown, without a say in the verdict and in who acts."""
    waived: bool = False

    @property
    def counts(self) -> bool:
        """Whether it takes part in the verdict, in what is unmet, and in who acts."""
        return self.required and not self.waived


@fixed
class Logged:
    """What one handoff says of how well a team's contacts are on record."""

    team: str
    """Role of who had it at the start; empty where nobody with a role had it."""
    settled_at: datetime
    """From then on it counts."""
    contacted: bool
    """Whether any genuine contact is on record, whoever made it."""


@fixed
class ClockFinding:
    """One clock of one handoff, with all that is needed to print its arithmetic."""

    id: str
    state: SlaState
    start: datetime | None = None
    start_reason: str = ""
    target: str = ""
    due: datetime | None = None
    contact_at: datetime | None = None
    contact: RecordRef | None = None
    working_seconds: int | None = None
    elapsed_seconds: int | None = None
    reason: str = ""
    """Why this state, in a few English words (for `explain` and logs)."""
    corrected: bool = False
    needs_confirmation: bool = False
    """Would be breached, but the evidence has not been read again since the deadline."""
    wake_at: datetime | None = None
    published: bool = True
    """False: measured, for people and reports; no record shows it."""
    at_risk: bool = False
    pauses: tuple[Stretch, ...] = ()
    """When it stood still since its start; of the open one the end is None."""
    real_time: bool = False
    """The target is real time, whatever the calendar."""
    assigned_at: datetime | None = None
    """When somebody of the team had it: what came before is the systems' part, what came after people's."""
    system: Part | None = None
    human: Part | None = None
    watched: Mapping[str, tuple[Stretch, ...]] = field(default_factory=dict[str, "tuple[Stretch, ...]"])
    """To be remembered (`Memory.held`)."""
    logged: Logged | None = None
    """Where its policy looks at thin evidence and there is something to measure."""
    batch: ClockBatch | None = None
    """Where it starts with many others."""
    sign: Sign | None = None
    """The earliest sign of a contact that cannot be read; to be remembered (`Memory.signs`)."""
    unread: bool = False
    """Unverified because of that sign."""
    decided: bool = False
    """It waits for FS's answer, not for a contact."""


@fixed
class AttemptFinding:
    """How often people tried to reach the person, until they did."""

    count: int
    at_least: int | None = None
    """What the company asks for, if it does."""
    gave_up_early: bool = False


@fixed
class Judgement:
    """The verdict on one handoff, the flags it asks for, and when to look again without any change."""

    handoff_id: str
    status: Status
    in_scope: bool
    scope_reason: str
    pass_: PassFinding | None
    items: Mapping[str, ItemValue]
    missing: tuple[str, ...]
    vague: tuple[str, ...]
    criteria: tuple[CriterionFinding, ...]
    verdict: Verdict
    next_actor: Actor
    clocks: tuple[ClockFinding, ...]
    flags: Mapping[RecordRef, Flags]
    """Desired flags per target record; a record that must carry none (never in scope) is absent."""
    memory: Memory
    """What to remember from now on."""
    wake_at: datetime | None
    needs_confirmation: bool
    unmapped: tuple[ItemValue, ...] = ()
    """Choices and answers on its records that no option knows, each with its source."""
    typed: tuple[str, ...] = ()
    """Items that this pass needs and people type; conditions of the definition may have added and dropped some."""
    automatic: tuple[str, ...] = ()
    """Items that systems should fill."""
    bant: int = 0
    """How many of budget, authority, need and timing rest on a usable item."""
    cycle: int = 1
    """That of linking plus the rounds on the same anchor."""
    version: str = ""
    """Version of the definition by which it was judged."""
    return_reason: str | None = None
    """Why FS returned it, canonical where the mapping has a table for it; empty without a reason, None if not returned."""
    waivers: tuple[WaiverFinding, ...] = ()
    """Every waiver known, in force or not."""
    waived: Mapping[str, Waiver] = field(default_factory=dict[str, Waiver])
    """Required items that would be missing, and their waiver in force. Waived criteria say so themselves."""
    sql_waived: Mapping[str, Waiver] = field(default_factory=dict[str, Waiver])
    """Required criteria that are not met or unknown, and their waiver in force."""
    attempts: AttemptFinding = AttemptFinding(0)
    trace: Trace = Trace()

    @property
    def published_clocks(self) -> tuple[ClockFinding, ...]:
        return tuple(clock for clock in self.clocks if clock.published)

    @property
    def waiting_waivers(self) -> tuple[Waiver, ...]:
        """Asked for and not approved (yet): the note says so."""
        return tuple(found.waiver for found in self.waivers if found.state is WaiverState.WAITING)
