"""What numbers say together: before and after a change of the definition, one rate bought with another, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sync.core.metrics.catalogue import COMPLETE, DOUBTED, PASS_ACCEPTED, PASS_TO_DEAL, PASS_WON, RETURNED
from sync.core.metrics.measure import ALL, VERSION, Measured, fill_states
from sync.core.metrics.question import Version
from sync.core.metrics.rate import SMALLEST, Rate, difference, may_differ

COMPARED = (PASS_TO_DEAL, PASS_ACCEPTED, PASS_WON, RETURNED, COMPLETE)
LACKING = "mhsi"
"""Letters of states in which a required item is missing or to be confirmed."""
_RECENT = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """One rate of two groups that have nobody in common."""

    rate: str
    before: Rate
    after: Rate

    @property
    def differs(self) -> bool | None:
        """Beyond chance; None: too few to say."""
        return may_differ(self.before, self.after)

    @property
    def rises(self) -> bool:
        return min(self.before.n, self.after.n) >= SMALLEST and (self.after.share or 0) > (self.before.share or 0)

    @property
    def falls(self) -> bool:
        """Beyond the interval."""
        if min(self.before.n, self.after.n) < SMALLEST:
            return False
        return difference(self.after, self.before)[1] < 0


@dataclass(frozen=True, slots=True)
class Break:
    """Where the definition changed: the line in the trend, and the rates before and after it."""

    before: str
    after: str
    """Versions."""
    first_day: str
    """Of the later one, `YYYY-MM-DD`."""
    month: str
    label: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """商談化率 went up, and what its opportunities are worth went down: it was bought with weak appointments."""

    kind: str
    """`version` or `months`."""
    before: str
    after: str
    risen: Comparison
    fallen: Comparison


@dataclass(frozen=True, slots=True)
class Advice:
    """What to look at next; `id` names the text, the rest fills it in."""

    id: str
    weight: float
    """The larger the earlier."""
    item: str = ""
    channel: str = ""
    count: int = 0
    of: int = 0


def find_breaks(measured: Measured) -> tuple[Break, ...]:
    """Between versions that both have passes in the trend."""
    used = [v for v in measured.question.versions if _rate(measured, PASS_TO_DEAL, v.version).n]
    return tuple(_break(measured, one, other) for one, other in pairwise(used))


def find_guards(measured: Measured, breaks: Sequence[Break]) -> tuple[Guard, ...]:
    """Over each change of the definition; without any there, over the latest three mature months and the three before."""
    found = [guard for one in breaks for guard in _guards("version", one.before, one.after, one.comparisons)]
    return tuple(found) or tuple(_recent_guards(measured))


def _break(measured: Measured, one: Version, other: Version) -> Break:
    comparisons = tuple(
        Comparison(rate, _rate(measured, rate, one.version), _rate(measured, rate, other.version)) for rate in COMPARED
    )
    day = other.first_day.isoformat()
    return Break(one.version, other.version, day, day[:7], other.label, comparisons)


def _rate(measured: Measured, rate: str, version: str) -> Rate:
    """Of the mature months."""
    months = _mature(measured, rate)
    figure = measured.figure(rate, by=VERSION, group=version, months=months)
    return Rate(figure.numerator, figure.denominator)


def _mature(measured: Measured, rate: str) -> list[str]:
    return [month for month in measured.question.trend if measured.is_mature(rate, (month,)) is not False]


def _recent_guards(measured: Measured) -> Iterator[Guard]:
    for rate in (PASS_ACCEPTED, PASS_WON):
        months = [month for month in _mature(measured, rate) if month in _mature(measured, PASS_TO_DEAL)]
        before, after = months[-2 * _RECENT : -_RECENT], months[-_RECENT:]
        if len(before) == _RECENT:
            pair = tuple(
                Comparison(name, _over(measured, name, before), _over(measured, name, after))
                for name in (PASS_TO_DEAL, rate)
            )
            yield from _guards("months", f"{before[0]}–{before[-1]}", f"{after[0]}–{after[-1]}", pair)


def _over(measured: Measured, rate: str, months: Sequence[str]) -> Rate:
    figure = measured.figure(rate, by=ALL, months=months)
    return Rate(figure.numerator, figure.denominator)


def _guards(kind: str, before: str, after: str, comparisons: Sequence[Comparison]) -> Iterator[Guard]:
    risen = next(one for one in comparisons if one.rate == PASS_TO_DEAL)
    for one in comparisons:
        if risen.rises and one.rate in (PASS_ACCEPTED, PASS_WON) and one.falls:
            yield Guard(kind, before, after, risen, one)


def advise(
    measured: Measured, guards: Sequence[Guard], required: Sequence[str], clocks: Sequence[str], most: int = 5
) -> tuple[Advice, ...]:
    """What to do next, the weightiest first. `required`: items whose absence counts; `clocks`: those that people are held
    to."""
    found = [Advice("guard", 10.0)] if guards else []
    found += _about_items(measured, required)
    found += _about_clocks(measured, clocks)
    doubted = measured.figure(DOUBTED)
    if doubted.numerator:
        found.append(
            Advice(
                "doubted", 4 + doubted.numerator / doubted.denominator, count=doubted.numerator, of=doubted.denominator
            )
        )
    returned = measured.figure(RETURNED)
    if returned.denominator >= measured.question.smallest and (returned.share or 0) > 0.2:
        found.append(Advice("returned", 3 + (returned.share or 0), count=returned.numerator, of=returned.denominator))
    unlogged = sum(figure.states["unverified"] for (_, channel), figure in measured.clocks.items() if channel == "*")
    if unlogged:
        found.append(Advice("unverified", 2, count=unlogged))
    return tuple(sorted(found, key=lambda one: -one.weight)[:most])


def leak(counts: dict[str, int]) -> Rate:
    """How many of those in which the item can be read lack it."""
    n = sum(counts.values()) - counts.get("u", 0)
    return Rate(sum(counts.get(letter, 0) for letter in LACKING), n)


def basis_of(measured: Measured) -> str:
    """Which states the leaks are told by: those at the pass, where enough of them are known; else those of now."""
    then = fill_states(measured.fills["then", ALL, ""])
    known = max((sum(counts.values()) for counts in then.values()), default=0)
    return "then" if known >= measured.question.smallest else "now"


def _about_items(measured: Measured, required: Sequence[str]) -> Iterator[Advice]:
    basis = basis_of(measured)
    leaks: list[tuple[float, str, str, Rate]] = []
    for (kind, by, channel), counts in list(measured.fills.items()):
        if kind != basis or by != "channel":
            continue
        for item, states in fill_states(counts).items():
            rate = leak(states)
            if item in required and rate.n >= measured.question.smallest and rate.hits:
                leaks.append((rate.interval[0], item, channel, rate))
    seen: set[str] = set()
    for low, item, channel, rate in sorted(leaks, key=lambda one: (-one[0], one[1], one[2])):
        if item not in seen and len(seen) < 2:
            seen.add(item)
            yield Advice("leak", 5 + low, item, channel, rate.hits, rate.n)


def _about_clocks(measured: Measured, clocks: Sequence[str]) -> Iterator[Advice]:
    slow: list[tuple[float, str, str, Rate]] = []
    for (clock, channel), figure in measured.clocks.items():
        met = figure.met
        if clock in clocks and channel != "*" and met.n >= measured.question.smallest and (met.share or 0) < 0.8:
            slow.append((met.interval[1], clock, channel, met))
    for high, clock, channel, met in sorted(slow)[:1]:
        yield Advice("slow", 5 + (1 - high), clock, channel, met.n - met.hits, met.n)
