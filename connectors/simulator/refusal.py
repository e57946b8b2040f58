"""What a catalogue of refusals is made of: whole answers by name, and refusals of single records within a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.simulator.faults import Fault, FaultKind

Match = Mapping[str, str]
Plan = tuple[str, dict[str, Any]]
"""A control action and its payload."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer that a vendor, or the network before it, gives instead of a success."""

    name: str
    kind: FaultKind
    matches: Mapping[str, Match]
    """Topic to the requests of it: only those topics at which the vendor answers so."""
    passes: bool
    """The same request succeeds later although nobody repairs anything."""
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def about(self) -> tuple[str, ...]:
        return tuple(self.matches)

    def fault(self, topic: str, *, times: int | None = 1, after: int = 0, seconds: float = 0.5) -> Fault:
        """A fault for the requests of one topic. Raises KeyError for a topic that this refusal is not about."""
        match = dict(self.matches[topic])
        return Fault(self.kind, match, times, after, self.status, self.body, dict(self.headers), self._seconds(seconds))

    def plan(self, topic: str, *, times: int | None = 1, after: int = 0, seconds: float = 0.5) -> Plan:
        """The same as a control action. `seconds` is for slow answers only, in real time."""
        return "faults", {"add": [asdict(self.fault(topic, times=times, after=after, seconds=seconds))]}

    def _seconds(self, seconds: float) -> float:
        return seconds if self.kind == "slow" else 0.0


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """One refusal of a single record in a batch that otherwise goes through."""

    name: str
    passes: bool
    fields: Mapping[str, Any]
    """What the control action `row_errors` takes besides id and times."""

    def plan(self, record_id: str, *, times: int | None = 1) -> Plan:
        """The control action that plants it for one record; `times` None = for ever."""
        return "row_errors", {"add": [{"id": record_id, "times": times, **self.fields}]}


def network_refusals(reads: Mapping[str, Match], writes: Mapping[str, Match]) -> Iterable[Refusal]:
    """Faults of the connection rather than of a vendor. What may have been applied says so in its name."""
    everywhere = {**reads, **writes}
    yield Refusal("reset_before", "reset_before", everywhere, True)
    yield Refusal("reset_after", "reset_after", everywhere, True)
    yield Refusal("truncate", "truncate", everywhere, True)
    yield Refusal("slow", "slow", everywhere, True)
    yield Refusal("html", "html", everywhere, True, 503)
    yield Refusal("html_200", "html", everywhere, True, 200)
    yield Refusal("html_applied", "status_after", writes, True, 502, "<html><body>502 Bad Gateway</body></html>")


def by_name(refusals: Iterable[Refusal]) -> dict[str, Refusal]:
    """Raises ValueError when two have one name."""
    listed = list(refusals)
    named = {one.name: one for one in listed}
    if len(named) < len(listed):
        raise ValueError("two refusals have one name")
    return named
