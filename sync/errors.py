"""Every error of Baton, named by the *next move* it asks for.

A connector never lets a vendor exception out: its error table turns status and code into one of these. A record that a CRM
refuses is none of them but a result of the write, one of many in a batch (`sync.ports.WriteResult`).
Messages are written for the operator; they never hold a token, a person's data or an NG topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class BatonError(Exception):
    """Anything Baton raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an operator's file or setting."""

    path: str
    """Where: file with line, or the dotted setting."""
    message: str
    """What is wrong, with the offending value (never a secret)."""
    hint: str = ""
    """What to do."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f"\n    → {self.hint}" if self.hint else "")


class ConfigError(BatonError):
    """The operator must change configuration; nothing was read or written. Exit code 2. Lists *all* problems."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class TransientError(BatonError):
    """Try again later; spends one attempt. `retry_after` is in seconds when the vendor said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(TransientError):
    """The vendor asks to slow down; waiting does not spend an attempt."""


class BudgetExhausted(TransientError):
    """The share of the quota that the operator allows is used up; `retry_after` seconds until it opens again."""


class OutcomeUnknown(TransientError):
    """A write may or may not have been applied (time-out, cut connection): read back before sending again."""


class AuthError(BatonError):
    """The credentials do not work. Stops the connection and alerts; retrying would lock accounts."""


class StreamUnavailable(BatonError):
    """This tenant has no such object, or the token no such scope: the stream is switched off and listed.

    `certain`: the CRM says so. Otherwise it did not answer the question (a path that was not found, a refusal of the edge):
    nothing is known of the stream, which is told in every run, and asked again, until an answer comes.
    """

    def __init__(self, stream: str, message: str, *, certain: bool = True) -> None:
        super().__init__(f"{stream}: {message}")
        self.stream = stream
        self.reason = message
        self.certain = certain


class UnsafePlan(BatonError):
    """The plan would change far more than usual: a person must approve it."""


class Shortfall(StrEnum):
    """What kind of thing a run left undone; `sync.cli.shortfall_text` says each in words."""

    UNUSABLE = "unusable"
    STOPPED = "stopped"
    LEFT_OUT = "left_out"
    FAILED = "failed"
    UNREAD = "unread"
    SWITCHED_OFF = "switched_off"
    UNANSWERED = "unanswered"
    ACTIVITIES_UNREAD = "activities_unread"
    LINKS_UNREAD = "links_unread"
    EXPIRED_UNREAD = "expired_unread"
    CONFLICTS_UNREAD = "conflicts_unread"
    WRITES_UNREAD = "writes_unread"
    TOPICS_UNREAD = "topics_unread"
    REFUSALS_UNREAD = "refusals_unread"
    UNCOMPARED = "uncompared"
    MISSING = "missing"
    UNASKED = "unasked"
    UNJUDGED = "unjudged"
    LINK_FAILED = "link_failed"
    JUDGE_FAILED = "judge_failed"
    UNSENT = "unsent"
    PARKED = "parked"
    RETRY = "retry"
    UNKNOWN = "unknown"
    UNWRITABLE = "unwritable"
    CONTESTED = "contested"
    ERASED = "erased"
    TOLD = "told"
    """In words alone, as earlier versions did."""


@dataclass(frozen=True, slots=True)
class RunProblem:
    """One thing that a run left undone."""

    code: Shortfall
    where: str = ""
    """`connection`, `connection:stream`, a record, or the id of a handoff."""
    detail: str = ""
    """Why, or the place of an error in the code; of a contested field its name, of missing records how many are stored."""
    count: int = 0
    names: tuple[str, ...] = ()
    """Streams or fields that it is about, or some of the records."""
    error: str = ""
    """The class of ours that stopped it."""

    @property
    def connection(self) -> str:
        return self.where.partition(":")[0]

    def __str__(self) -> str:
        parts = (self.where, self.code, self.count, ", ".join(self.names), self.error, self.detail)
        return ": ".join(str(part) for part in parts if part)


class NoConnection(TransientError):
    """None of the connections can be used; why, of each."""

    def __init__(self, problems: Sequence[RunProblem]) -> None:
        super().__init__("no connection can be used: " + "; ".join(map(str, problems)))
        self.problems = tuple(problems)


class Obstacle(StrEnum):
    """What kind of thing keeps a CRM from being set up; `sync.cli.setup_text` says it in words, and what to do."""

    NO_RIGHT = "no_right"
    NO_USER = "no_user"
    """There is nobody yet to assign it to."""
    NO_FIELD = "no_field"
    OTHER_TYPE = "other_type"
    READ_ONLY = "read_only"
    BIN = "bin"
    """A deleted one of that name lies there still."""
    LIMIT = "limit"
    USED = "used"
    WORKBENCH = "workbench"
    """Translations cannot be deployed."""
    OTHER_TENANT = "other_tenant"
    PRODUCTION = "production"
    WRITING = "writing"
    """`mode` is pilot or write."""
    FAILED = "failed"
    """Anything else, in the vendor's words."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that keeps a CRM from being set up."""

    code: Obstacle
    name: str = ""
    """What it is about: a field, a permission, a tenant."""
    detail: str = ""
    """More about it, in the vendor's terms or words."""


class SetupRefused(BatonError):
    """A CRM cannot be set up as it is: a person must decide. What was done before it stays and is not done again."""

    def __init__(self, connection: str, refusals: Sequence[Refusal]) -> None:
        self.connection = connection
        self.refusals = tuple(refusals)
        told = "; ".join(" ".join(part for part in (one.code, one.name, one.detail) if part) for one in refusals)
        super().__init__(f"{connection}: {told}")


class BugError(BatonError):
    """Baton itself is wrong. Crashes loudly; never caught to go on."""
