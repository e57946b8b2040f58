"""What becomes of a pass. It depends on what was handed over: money, time, a pain one can work on, and who decides.

Chance has its say, from a stream of its own. The weights are no measurement; they are chosen so that about half of the
passes that meet the usual criteria become an opportunity, and most of those that meet stricter ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import exp
from random import Random

from connectors.simulator.world import days
from connectors.simulator.world.expectation import item_of, title_met
from connectors.simulator.world.journey import Journey
from connectors.simulator.world.words import INCOMPLETE

_BASE = -2.6
_BUDGET = {"secured": 1.6, "expected": -1.2, "none": -2.5}
_NO_BUDGET = -1.5
_SOON, _LATER, _NO_TIME = 0.8, -0.8, -1.2
_PAIN, _DECIDER, _RANK = 0.6, 0.4, 0.4
"""Added where it is there, taken off where it is not."""
_OTHER_REASONS = ("担当・テリトリー違い", "重複・既存顧客", "連絡不通")


class Fate:
    """Decides by odds that the content of a handoff gives."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def opens(self, journey: Journey, day: date) -> bool:
        """Whether the pass becomes an opportunity. What the odds were stays with the journey."""
        journey.merit = merit_of(journey, day)
        return self.rng.random() < journey.merit

    def answer(self, journey: Journey, roll: float, day: date) -> tuple[str, str, str]:
        """FS's answer (as typed, its meaning, the reason of a return); empty texts: none. `roll` is chance, 0 to 1."""
        merit = merit_of(journey, day)
        accepted = 0.2 + 0.45 * merit
        returned = accepted + 0.03 + 0.12 * (1 - merit)
        if roll < accepted:
            return "受領", "accepted", ""
        if roll < returned:
            return "差し戻し", "returned", self._reason(journey, day)
        return ("保留", "on_hold", "") if roll < returned + 0.03 else ("", "", "")

    def wins(self, journey: Journey, day: date) -> bool:
        """Whether a deal that comes to its end is won."""
        return self.rng.random() < 0.15 + 0.6 * merit_of(journey, day)

    def _reason(self, journey: Journey, day: date) -> str:
        if journey.planted_typed():
            return INCOMPLETE
        reasons = [*_weaknesses(journey, day), self.rng.choice(_OTHER_REASONS)]
        return reasons[0]


def merit_of(journey: Journey, day: date) -> float:
    """The chance of an opportunity, between 0 and 1, by what the records hold. `day`: of the pass."""
    budget, pain = item_of(journey, "budget_status"), item_of(journey, "pain")
    score = _BASE + _timing(journey, day)
    score += _BUDGET.get(budget.meaning, _NO_BUDGET) if budget.usable else _NO_BUDGET
    score += _PAIN if pain.usable and not pain.meaning else -_PAIN
    score += _DECIDER if _knows_decider(journey) else -_DECIDER
    score += _RANK if title_met(journey) else -_RANK
    return 1 / (1 + exp(-score))


def _timing(journey: Journey, day: date) -> float:
    cell = item_of(journey, "timing")
    if not cell.usable:
        return _NO_TIME
    start = cell.meaning[0]
    return _SOON if start is None or start <= days.months_after(day, 3) else _LATER


def _knows_decider(journey: Journey) -> bool:
    return journey.decider_role or item_of(journey, "decision_maker").usable


def _weaknesses(journey: Journey, day: date) -> Sequence[str]:
    """Reasons of a return that the content itself gives, the weightiest first."""
    budget = item_of(journey, "budget_status")
    found = {
        "基準未達": not budget.usable or budget.meaning not in ("secured", "expected"),
        "時期尚早": _timing(journey, day) < 0,
        "決裁者に届いていない": not _knows_decider(journey),
    }
    return [reason for reason, holds in found.items() if holds]
