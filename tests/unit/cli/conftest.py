from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from sync.app import open_app, read_settings
from sync.cli import main
from sync.flow.cycle import run_once
from sync.settings import write_overrides
from sync.trial import Trial
from tests import leak


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self):
        return orjson.loads(self.out)

    @property
    def lines(self):
        return [orjson.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def baton(capsys) -> Callable[..., Ended]:
    """Run the command line in this process; `said`: what a person types."""

    def run(*arguments: str, said: str = "") -> Ended:
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(said.encode()), encoding="utf-8")
        try:
            with pytest.raises(SystemExit) as ended:
                main(arguments)
        finally:
            sys.stdin = before
        told = capsys.readouterr()
        leak.check(told.err, told.out)
        return Ended(int(ended.value.code or 0), told.out, told.err)

    return run


@pytest.fixture(scope="session")
def trial(tmp_path_factory) -> Iterator[Trial]:
    """Both simulated CRMs with a small company, already read once in observe mode."""
    folder: Path = tmp_path_factory.mktemp("operator")
    trial = Trial.start(folder, seed=5, handoffs=20)
    try:
        trial.create_flag_fields(read_settings(folder).mapping)
        write_overrides(folder, trial.overrides("observe"))
        with open_app(folder) as app:
            run_once(app.context)
        yield trial
    finally:
        trial.stop()


@pytest.fixture
def folder(trial: Trial) -> str:
    return str(trial.folder)
