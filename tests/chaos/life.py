"""One run: a small company, Baton on it, troubles one after the other, and what must be true when they are over."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sync.flow.report import Outcome
from sync.store import agenda, ledger, outbox
from sync.store.outbox import State
from sync.trial import Trial
from tests.acceptance.harness import running_trial
from tests.chaos import verdict
from tests.chaos.bed import Bed
from tests.chaos.engine import Engine
from tests.chaos.judge import Judges
from tests.chaos.nursery import Nursery
from tests.chaos.plan import Plan, name_of
from tests.chaos.state import PATIENCE
from tests.chaos.trouble import Trouble, all_troubles
from tests.chaos.wire import Wire

REST = (1, 16, 65, 60 * 25, 16, 65, 65, 60 * 25, 16, 5)
"""Minutes between the cycles after the last trouble, at most: past the longest lag, back-off and pause, and the day in
which everything is compared once."""
_SWEPT = 1
_DAY = 3
"""The place in it of the first full comparison: before that nothing is settled."""
HARDLY_ANY = 15
"""Percent of contacts on record below which clocks stop. The reference stops none, and of thirty people the share that
really was contacted lies below the usual 30% now and then; what an outage hides of them leaves less than this."""


EAGER = [False]
"""Whether a run ends at its first loss: when a planted bug is looked for, one is enough."""


@dataclass
class Result:
    """What one run came to."""

    name: str
    alone: str
    struck: Counter[str] = field(default_factory=Counter[str])
    writes: int = 0
    repeats: int = 0
    cycles: int = 0
    partial: int = 0
    seconds: float = 0.0
    losses: list[str] = field(default_factory=list[str])


def live(plan: Plan, nursery: Nursery) -> Result:
    """Go through one run. Whatever it raises is a loss of its own."""
    began, result = time.monotonic(), Result(plan.name, plan.alone)
    try:
        with TemporaryDirectory(prefix="chaos-") as folder:
            _live(plan, nursery, Path(folder), result)
    except Exception as error:
        result.losses.append(_place(error))
    result.seconds = time.monotonic() - began
    return result


def _place(error: BaseException) -> str:
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/site-packages/" not in f.filename]
    where = " < ".join(
        f"{f.filename.rsplit('/', 2)[-2]}/{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in frames[::-1][:4]
    )
    return f"crashed: {type(error).__name__}: {error} at {where}"


def _live(plan: Plan, nursery: Nursery, folder: Path, result: Result) -> None:
    random = plan.random
    switches = {"salesforce": plan.salesforce, "hubspot": plan.hubspot}
    with running_trial(folder, seed=random.randrange(1_000_000), handoffs=random.randint(12, 24), **switches) as trial:
        bed = _make(trial, nursery, plan)
        try:
            _go_through(bed, plan)
            if EAGER[0] and (bed.losses or bed.wire.wrong):
                return
            truth = not verdict.hides_truth(plan)
            _settle(bed, truth=truth)
            verdict.hold(bed, truth=truth)
        finally:
            bed.engine.stop()
            _count(bed, plan, result)


def _make(trial: Trial, nursery: Nursery, plan: Plan) -> Bed:
    names = {name for episode in plan.episodes for name in episode}
    wire, overrides = Wire(trial), trial.overrides("write")
    thin = {"thin": {"stop_below": f"{HARDLY_ANY}%"}}
    overrides["clocks"] = {"is_first_contact": thin, "fs_first_contact": thin}
    trial.world.thin.stop_below = HARDLY_ANY / 100
    if any("slow" in name for name in names):
        wire.patience = PATIENCE
        for connection in overrides["connections"].values():
            connection["timeouts"] = {"read": PATIENCE}
    if any(name.startswith("hs:grant") for name in names) or plan.random.random() < 0.3:
        overrides["connections"]["hubspot"]["auth"] = _oauth(trial.folder)
        _forget_token(trial.folder / "config" / "baton.yaml")
    clock = trial.simulator.clock
    engine = Engine(trial.folder, overrides, lambda seconds: clock.advance(timedelta(seconds=seconds)))
    return Bed(trial, wire, engine, Judges(trial, wire, trial.folder), nursery, plan.random)


def _oauth(folder: Path) -> dict[str, str]:
    """The installed app of the simulated portal, whose access tokens live for half an hour."""
    known = {
        "client_id": "simulator-client",
        "client_secret": "simulator-secret",
        "refresh_token": "na1-simulator-refresh",
    }
    for name, value in known.items():
        (folder / "secrets" / name).write_text(value, encoding="utf-8")
        (folder / "secrets" / name).chmod(0o600)
    return {"flow": "oauth", **{name: f"file:secrets/{name}" for name in known}}


def _forget_token(config: Path) -> None:
    """What is laid over a file does not take a setting out of it."""
    text = config.read_text(encoding="utf-8")
    shorter = re.sub(r'\{flow: token, token: "[^"]*"\}', "{flow: oauth}", text)
    assert shorter != text, "the example's connection has another shape now"
    config.write_text(shorter, encoding="utf-8")


def _go_through(bed: Bed, plan: Plan) -> None:
    known = all_troubles()
    if bed.random.random() < 0.7:
        bed.cycle()
    for names in plan.episodes:
        if EAGER[0] and (bed.losses or bed.wire.wrong):
            return
        _endure(bed, [known[name] for name in names])
        if bed.random.random() < 0.4:
            bed.cycle(sweep=bed.random.random() < 0.5)


def _endure(bed: Bed, troubles: list[Trouble]) -> None:
    bed.live_on(acts=bed.random.choice((0, 1, 2, 4)))
    for one in troubles:
        if one.blind:
            bed.blind.add("lie" if one.believed else one.name)
        one.begin(bed)
    drives = [one.drive for one in troubles if one.drive]
    writes = any(one.writes for one in troubles)
    for _ in range(4 if writes else bed.random.choice((1, 1, 2))):
        if drives:
            bed.random.choice(drives)(bed)
        else:
            bed.cycle(sweep=bed.random.random() < 0.4)
        if writes:
            bed.edit(3)
        elif bed.random.random() < 0.5:
            bed.pass_time(bed.random.choice((0.05, 0.5, 6)))
    for one in troubles:
        one.end(bed)
    bed.wire.clear()
    if any(one.lasting for one in troubles):
        bed.engine.forget()
    if bed.blind:
        bed.blind &= {"lie"}
        bed.engine.forget()
        bed.cycle()


def _settle(bed: Bed, *, truth: bool) -> None:
    """The operator starts it again and puts right what waits for a person; time passes until nothing is left to do."""
    bed.wire.clear()
    bed.engine.stop()
    believed, report = bool(bed.blind), None
    for ref in bed.erased:
        _, stream, record_id = ref.split(":")
        bed.wire.served.rows[stream].pop(record_id, None)
    for number, minutes in enumerate(REST):
        bed.trial.simulator.clock.advance(timedelta(minutes=minutes))
        retry_parked(bed)
        report = bed.cycle(sweep=number % 2 == 1, reconcile=minutes > 60 * 24)
        done = report is not None and report.outcome is Outcome.DONE
        if done and truth and not believed and number == _SWEPT:
            bed.check_truth()
        if number == _DAY:
            bed.blind.clear()
        idle = done and report is not None and not report.wrote
        if idle and number > _DAY and not verdict.unsettled(bed) and not _is_due_soon(bed):
            return
    last = f"{report.outcome.value}: {report.problems[:2]} {report.counts.get('deliver')}" if report else "no cycle"
    bed.losses.append(f"does not come to rest ({last}; {'; '.join(verdict.unsettled(bed))})")


def _is_due_soon(bed: Bed) -> bool:
    """Whether a deadline passes while quiet is measured: what is written then is no repetition."""
    with bed.engine.start().store.read() as tx:
        wake = agenda.next_wake(tx)
    return wake is not None and wake <= bed.now + verdict.QUIET


def retry_parked(bed: Bed) -> None:
    """The operator has removed the cause and has what was refused tried again, as `ops outbox retry --all-parked` does."""
    with bed.engine.start().store.write() as tx:
        parked = ledger.read_by_state(tx, State.PARKED, 10_000)
        outbox.retry(tx, [one.id for one in parked])
        agenda.mark_dirty(tx, {one.handoff_id for one in parked})


def _count(bed: Bed, plan: Plan, result: Result) -> None:
    result.struck = bed.wire.struck + bed.counted
    for system, chosen in (("salesforce", plan.salesforce), ("hubspot", plan.hubspot)):
        for name, value in chosen.items():
            result.struck[name_of((system, name, value))] += 1
    result.writes, result.repeats = bed.wire.rows, bed.wire.repeats
    result.cycles, result.partial = bed.cycles, bed.partial
    result.losses = [*dict.fromkeys([*bed.wire.wrong, *bed.losses])]
