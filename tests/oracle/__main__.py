"""`make oracle`: both oracles whole, on two processes, with a new seed each time (`--seed N` repeats one)."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from random import SystemRandom

from tests.oracle.campaign import ORACLES, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randint(1, 999_999))
    seed = parser.parse_args().seed
    print(f"seed {seed}")
    wrong = 0
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            (oracle, name, pool.submit(_timed, oracle, name, seed)) for oracle in ORACLES for name in ORACLES[oracle]
        ]
        for oracle, name, job in jobs:
            cases, found, seconds = job.result()
            wrong += len(found)
            verdict = "all as the oracle says" if not found else f"{len(found)} WRONG"
            print(f"{oracle:9} {name:26} {cases:6,} cases  {seconds:5.1f} s CPU  {verdict}", flush=True)
            for line in found[:10]:
                print(f"    {line}")
    return 1 if wrong else 0


def _timed(oracle: str, name: str, seed: int) -> tuple[int, list[str], float]:
    started = time.process_time()
    cases, found = run(oracle, name, seed)
    return cases, found, time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
