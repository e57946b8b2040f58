"""Runs spread over processes, and what they came to together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from types import FrameType
from typing import Any

import structlog

from connectors.simulator.hubspot.switches import alternatives as of_hubspot
from connectors.simulator.salesforce.switches import alternatives as of_salesforce
from tests.chaos.life import Result, live
from tests.chaos.nursery import Nursery
from tests.chaos.plan import Campaign
from tests.chaos.state import ONCE
from tests.chaos.trouble import all_troubles

LEAST_STRIKES = 30
MIXED_RUNS = 110
TOGETHER, MORE_ROUNDS = 4, 6
_LONGEST_S = 240
"""A run that takes longer hangs."""
_NOT_SWITCHED = frozenset(
    ("absent_objects", "daily_limit", "enforce_limit", "limit_grace", "assignment_owner", "visible_after")
)
"""What troubles of their own do for a while."""


@dataclass
class Outcome:
    campaign: Campaign
    results: list[Result] = field(default_factory=list[Result])
    seconds: float = 0.0
    whole: bool = False
    """Enough runs that every kind must have struck often enough."""

    @property
    def struck(self) -> Counter[str]:
        return sum((one.struck for one in self.results), Counter[str]())

    @property
    def alone(self) -> Counter[str]:
        """How often each kind struck in runs that were about nothing else."""
        return sum((Counter({one.alone: one.struck[one.alone]}) for one in self.results if one.alone), Counter[str]())

    @property
    def few(self) -> list[str]:
        """Kinds that did not strike often enough, alone or in all."""
        names, struck, alone = list(self.campaign.troubles), self.struck, self.alone
        return [n for n in names if not alone[n] or struck[n] < LEAST_STRIKES] if self.whole else []


def about(seed: int, names: Sequence[str]) -> list[int]:
    """Numbers of the runs that are about these troubles alone."""
    return [n for n, name in enumerate(make_campaign(seed).troubles) if name in names]


def find_planted(seeds: Iterable[int], names: Sequence[str], processes: int = 0) -> int:
    """Runs about these troubles until one loses something; how many it took, negative if none did."""
    done = 0
    for seed in seeds:
        outcome = undertake(seed, numbers=about(seed, names), processes=processes)
        done += len(outcome.results)
        if any(one.losses for one in outcome.results):
            return done
    return -done


class Hung(Exception):
    """A run that does not end."""


def make_campaign(seed: int) -> Campaign:
    every = {"salesforce": of_salesforce(), "hubspot": of_hubspot()}
    every["salesforce"]["locator_minutes"] = every["salesforce"]["locator_minutes"][:2]  # nobody's die at once
    every["hubspot"]["versions"] = every["hubspot"]["versions"][:2]  # without dated paths there is nothing to talk to
    switches: dict[str, dict[str, Sequence[Any]]] = {
        system: {name: values for name, values in known.items() if name not in _NOT_SWITCHED}
        for system, known in every.items()
    }
    return Campaign(seed, list(all_troubles()), switches, ONCE)


def undertake(
    seed: int, runs: int = 0, *, numbers: Sequence[int | str] | None = None, only: str = "", processes: int = 0
) -> Outcome:
    """`numbers` or the first `runs` of a campaign, one line for each that lost something."""
    campaign, began = make_campaign(seed), time.monotonic()
    outcome = Outcome(campaign, whole=numbers is None and not only and not runs)
    chosen = numbers if numbers is not None else range(runs or max(300, campaign.least_runs + MIXED_RUNS))
    chosen = [n for n in chosen if only in campaign.plan(n).alone] if only else chosen
    processes = processes or os.cpu_count() or 1
    _gather(outcome, _spread(seed, chosen, processes))
    for turn in range(1, MORE_ROUNDS + 1):
        if more := _make_up(outcome, "x" * turn):
            _gather(outcome, _spread(seed, more, processes))
    outcome.seconds = time.monotonic() - began
    return outcome


def _gather(outcome: Outcome, results: Iterable[Result]) -> None:
    for result in results:
        outcome.results.append(result)
        for loss in result.losses[:4]:
            print(f"LOSS {result.name} {result.alone}: {loss}\n     make chaos RUN={result.name}", flush=True)


def _make_up(outcome: Outcome, mark: str) -> list[str]:
    """Runs for kinds that struck too seldom, a few of them in each, and one for each kind that never struck alone."""
    few, struck, alone = set(outcome.few), outcome.struck, outcome.alone
    known = [(n, name) for n, name in enumerate(outcome.campaign.troubles) if name in few]
    short = [n for n, name in known if struck[name] < LEAST_STRIKES]
    groups = [(short[start : start + TOGETHER] * TOGETHER)[:TOGETHER] for start in range(0, len(short), TOGETHER)]
    turned = [(*group[turn:], *group[:turn]) for group in groups for turn in range(TOGETHER)]
    never = [(n,) for n, name in known if not alone[name]]
    return [mark + ".".join(map(str, one)) for one in dict.fromkeys([*turned, *never])]


_nursery: list[Nursery] = []


def _begin() -> None:
    """A process of the campaign: its nursery first, while it has no thread."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _nursery.append(Nursery.start())


def _run(seed: int, number: int | str) -> Result:
    signal.signal(signal.SIGALRM, _hung)
    signal.setitimer(signal.ITIMER_REAL, _LONGEST_S)
    try:
        return live(make_campaign(seed).plan(number), _nursery[0])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _hung(_number: int, _frame: FrameType | None) -> None:
    raise Hung(f"longer than {_LONGEST_S} s")


def _spread(seed: int, numbers: Iterable[int | str], processes: int) -> Iterator[Result]:
    numbers = list(numbers)
    if len(numbers) == 1:
        _begin()
        yield _run(seed, numbers[0])
        _nursery.pop().stop()
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("fork"), initializer=_begin) as pool:
        for done in as_completed([pool.submit(_run, seed, number) for number in numbers]):
            yield done.result()


def show(outcome: Outcome) -> int:
    """Print what it came to; the exit code."""
    results, struck, alone = outcome.results, outcome.struck, outcome.alone
    print(f"\n{'trouble':44} {'alone':>6} {'in all':>7}")
    for name in sorted(struck.keys() | alone.keys()):
        print(f"{name[:44]:44} {alone[name]:6} {struck[name]:7}")
    losses = sum(1 for one in results if one.losses)
    print(
        f"\nseed {outcome.campaign.seed}: {len(results)} runs, {len(struck)} kinds of trouble struck {sum(struck.values())} "
        f"times, {sum(r.cycles for r in results)} cycles ({sum(r.partial for r in results)} partial and said so), "
        f"{sum(r.writes for r in results)} writes, {sum(r.repeats for r in results)} repeated, {losses} runs with losses, "
        f"{outcome.seconds:.0f} s"
    )
    for name in outcome.few:
        print(f"TOO FEW: {name} struck {alone[name]} times alone, {struck[name]} in all", file=sys.stderr)
    return 1 if losses or outcome.few else 0
