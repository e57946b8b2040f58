"""`make chaos`: a campaign of small companies under every fault that the two APIs and the machine can have.

make chaos SEED=7 RUNS=400        # the default is every kind alone and a hundred runs of everything together
make chaos RUN=7:123              # one of them again, alone
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from random import SystemRandom

from tests.chaos.campaign import find_planted, show, undertake
from tests.chaos.life import EAGER
from tests.chaos.planted import BUGS

SEEDS_AT_MOST = 8


def try_all(seed: int) -> int:
    """Every bug in a process of its own; the exit code is 1 if one of them goes unnoticed."""
    missed = 0
    for name in BUGS:
        command = [sys.executable, "-m", "tests.chaos", "--plant", name, "--seed", str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(
            done.stdout.strip().splitlines()[-1] if done.stdout.strip() else f"{name}: {done.stderr[-300:]}", flush=True
        )
        missed += done.returncode != 1
    return 1 if missed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randint(1, 999_999))
    parser.add_argument("--runs", type=int, default=0, help="how many; by default enough for every kind of trouble")
    parser.add_argument("--run", default="", help="SEED:NUMBER of one run")
    parser.add_argument("--numbers", nargs="+", type=int, help="these runs of the campaign")
    parser.add_argument("--only", default="", help="runs that are about troubles with this in their name")
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--planted", action="store_true", help="plant each known bug in turn: every one must be found")
    parser.add_argument("--plant", default="", help="one of them: exit 1 when it is found")
    given = parser.parse_args()
    if given.planted:
        return try_all(given.seed)
    if given.plant:
        bug = BUGS[given.plant]
        bug.plant()
        EAGER[0] = True
        found = find_planted(range(given.seed, given.seed + SEEDS_AT_MOST), bug.shown_by, given.processes)
        print(
            f"{given.plant}: {f'found after {found} runs' if found > 0 else f'NOT FOUND in {-found} runs'}", flush=True
        )
        return 1 if found > 0 else 0
    numbers: list[int | str] | None = given.numbers
    if given.run:
        seed, _, number = given.run.partition(":")
        given.seed, numbers = int(seed), [number if number.startswith("x") else int(number)]
    outcome = undertake(given.seed, given.runs, numbers=numbers, only=given.only, processes=given.processes)
    return show(outcome)


if __name__ == "__main__":
    sys.exit(main())
