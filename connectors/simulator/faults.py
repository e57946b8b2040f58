"""Faults that tests and demos plant in front of a simulated system, taken in the order they were added."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

FaultKind = Literal[
    "status",  # answer this instead; the system never sees the request
    "status_after",  # the request is applied, then answered with this
    "reset_before",  # connection cut, nothing applied
    "reset_after",  # applied, connection cut before the answer
    "truncate",  # applied, half of the body, then cut
    "html",  # an edge's HTML page instead of the answer
    "slow",  # applied and answered, `seconds` of real time late
]
KINDS: tuple[str, ...] = ("status", "status_after", "reset_before", "reset_after", "truncate", "html", "slow")
BEFORE = frozenset({"status", "reset_before", "html"})

EDGE_PAGE = (
    "<!DOCTYPE html><html><head><title>Service Not Available</title></head><body>Service Not Available</body></html>"
)


@dataclass(slots=True)
class Fault:
    """One planted fault. `times` None = for ever; `after` = let that many matching requests through first."""

    kind: FaultKind
    match: dict[str, str] = field(default_factory=dict[str, str])
    """Keys `method` (`PATCH`, or several as `GET|POST`), `path` (regex on path and query), `body` (regex); absent keys
    match anything."""
    times: int | None = 1
    after: int = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}; known: {', '.join(KINDS)}")
        unknown = set(self.match) - {"method", "path", "body"}
        if unknown:
            raise ValueError(f"a fault matches on method, path or body, not on {', '.join(sorted(unknown))}")

    def matches(self, method: str, target: str, body: bytes) -> bool:
        wanted = self.match
        if "method" in wanted and method not in wanted["method"].upper().split("|"):
            return False
        if "path" in wanted and not re.search(wanted["path"], target):
            return False
        return "body" not in wanted or re.search(wanted["body"], body.decode("utf-8", "replace")) is not None


class FaultPlan:
    """The faults still to come on one server. At most one applies to a request: the first that matches."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, *faults: Fault) -> None:
        self._faults.extend(faults)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, method: str, target: str, body: bytes) -> Fault | None:
        """The fault for this request, used up by one."""
        for fault in self._faults:
            if not fault.matches(method, target, body):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault
        return None
