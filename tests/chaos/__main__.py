"""`make chaos`: a campaign of small companies under every fault that the two APIs and the machine can have.

make chaos SEED=7 RUNS=400        # the default is every kind alone and a hundred runs of everything together
make chaos RUN=7:123              # one of them again, alone
"""

from __future__ import annotations

import argparse
import sys
from random import SystemRandom

from tests.chaos.campaign import show, undertake


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randint(1, 999_999))
    parser.add_argument("--runs", type=int, default=0, help="how many; by default enough for every kind of trouble")
    parser.add_argument("--run", default="", help="SEED:NUMBER of one run")
    parser.add_argument("--only", default="", help="runs that are about troubles with this in their name")
    parser.add_argument("--processes", type=int, default=0)
    given = parser.parse_args()
    numbers = None
    if given.run:
        seed, _, number = given.run.partition(":")
        given.seed, numbers = int(seed), [int(number)]
    outcome = undertake(given.seed, given.runs, numbers=numbers, only=given.only, processes=given.processes)
    return show(outcome)


if __name__ == "__main__":
    sys.exit(main())
