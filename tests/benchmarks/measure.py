"""Taking the time: several rounds, medians, CPU apart from wall."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median


@dataclass(slots=True)
class Clock:
    """What one stretch of work took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of this process alone, all its threads."""


@contextmanager
def taking_time() -> Iterator[Clock]:
    """Starts without the garbage of what came before."""
    gc.collect()
    clock, wall, cpu = Clock(), time.perf_counter(), time.process_time()
    yield clock
    clock.wall_s, clock.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


@dataclass(slots=True)
class Figure:
    """One line of the table: rounds of the same work on the same number of units."""

    name: str
    unit: str
    units: int
    rounds: list[Clock] = field(default_factory=list[Clock])
    remark: str = ""
    floor: str = ""
    """Name of the figure that says what the transport and the decoding of the same records cost."""

    @property
    def cpu_s(self) -> float:
        return median(clock.cpu_s for clock in self.rounds)

    @property
    def wall_s(self) -> float:
        return median(clock.wall_s for clock in self.rounds)

    @property
    def micros(self) -> float:
        """Microseconds of CPU per unit."""
        return self.cpu_s / self.units * 1e6

    @property
    def per_second(self) -> float:
        """Units per second of CPU."""
        return self.units / self.cpu_s if self.cpu_s else float("inf")


@dataclass(slots=True)
class Table:
    """All figures of a run, in the order in which they were first taken."""

    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])
    notes: dict[str, str] = field(default_factory=dict[str, str])

    def note(self, name: str, told: str) -> None:
        """What is no figure of time; the latest counts."""
        self.notes[name] = told

    def add(self, name: str, unit: str, units: int, clock: Clock, remark: str = "", floor: str = "") -> None:
        figure = self.figures.setdefault(name, Figure(name, unit, units, remark=remark, floor=floor))
        figure.rounds.append(clock)

    def time(self, name: str, unit: str, units: int, work: Callable[[], object], rounds: int, remark: str = "") -> None:
        """The same work several times, each on the state the one before left."""
        for _ in range(rounds):
            with taking_time() as clock:
                work()
            self.add(name, unit, units, clock, remark)

    def _beside(self, figure: Figure) -> str:
        floor = self.figures.get(figure.floor)
        return f"{figure.micros / floor.micros:.2f}" if floor is not None and floor.micros else ""

    def text(self) -> str:
        """As Markdown; readable on a terminal as well."""
        rows = [["what", "units", "CPU µs per unit", "units per CPU s", "CPU s", "wall s", "× floor", "rounds", ""]]
        for f in self.figures.values():
            rows.append(
                [
                    f.name, f"{f.units:,} {f.unit}", _short(f.micros), f"{f.per_second:,.0f}", f"{f.cpu_s:.3f}",
                    f"{f.wall_s:.3f}", self._beside(f), str(len(f.rounds)), f.remark,
                ]
            )  # fmt: skip
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        lines += ["", *(f"{name}: {told}." for name, told in self.notes.items())]
        return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
