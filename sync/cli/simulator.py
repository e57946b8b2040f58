"""`baton simulator`: a Salesforce org and a HubSpot portal with a generated company in them, on this machine."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.option import AsJson
from sync.cli.show import console, working, write_json
from sync.errors import ConfigError, Problem

if TYPE_CHECKING:
    from sync.trial import Trial

EXAMPLE = "Example: baton simulator --seed 7 --handoffs 200 --speed 60   then: baton run --config THE-FOLDER-IT-PRINTS\n\nA company without Baton: baton simulator --blank --folder crm"

_TICK_S = 0.5


def simulator(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="New folder for the operator's files; else a temporary one."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    handoffs: Annotated[int, typer.Option(help="Size of the company.", min=20, max=5000)] = 200,
    port: Annotated[int, typer.Option(help="Of the org; the portal takes the next one. 0 = any free ones.", min=0)] = 0,
    speed: Annotated[float, typer.Option(help="Simulated seconds per second; 0 = time stands still.", min=0)] = 1.0,
    blank: Annotated[
        bool, typer.Option("--blank", help="Nothing of Baton in them yet: for a first afternoon from `init` on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run both simulated CRMs until stopped.

    Writes a folder that points Baton at them; with --blank one that holds only credentials and addresses.
    """
    from sync.settings import write_overrides
    from sync.trial import Trial

    if folder is not None:
        _refuse_what_holds_files(folder)
    with tempfile.TemporaryDirectory(prefix="baton-simulator-") as temporary, _stop_signal() as stopping:
        home = (folder or Path(temporary)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        ports = (port, port + 1 if port else 0)
        with working("making a company …", quiet=as_json):
            start = Trial.start_blank if blank else Trial.start
            trial = start(home, seed=seed, handoffs=handoffs, ports=ports)
        try:
            if blank:
                _tell_blank(trial, home, as_json)
                live(trial, speed, stopping)
                return
            from sync.app import read_settings
            from sync.core.model.flags import CHOICES

            # Those that are there by choice too: whoever tries one has no admin to create its field.
            trial.create_flag_fields(read_settings(home).mapping, CHOICES)
            write_overrides(home, trial.overrides("observe"))
            _tell(trial, home, as_json)
            live(trial, speed, stopping)
        finally:
            trial.stop()


def _refuse_what_holds_files(folder: Path) -> None:
    """An operator's files would be replaced, and the store of an earlier company knows nothing of this one."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            Problem(str(folder), "is no empty folder", "name a new one, or remove an earlier trial first")
        )


def live(trial: Trial, speed: float, stopping: threading.Event) -> None:
    """Let simulated time flow, and happen in it what happens on its own."""
    clock = trial.simulator.clock
    clock.run(speed)
    while not stopping.wait(_TICK_S):
        trial.simulator.apply(trial.world.advance(clock.now()))


def _tell(trial: Trial, home: Path, as_json: bool) -> None:
    simulated = trial.simulator
    if as_json:
        write_json({"salesforce": simulated.salesforce_url, "hubspot": simulated.hubspot_url, "config": home,
                    "now": simulated.clock.now()})  # fmt: skip
        return
    out = console()
    out.print(f"Salesforce  {simulated.salesforce_url}")
    out.print(f"HubSpot     {simulated.hubspot_url}")
    out.print("In another terminal:")
    for command in ("ops once", "plan", "explain RECORD", "run --mode write"):
        out.print(f"  {sys.argv[0]} {command} --config {home}")
    out.print("Ctrl-C stops both.")


def _tell_blank(trial: Trial, home: Path, as_json: bool) -> None:
    from sync.trial import BLANK_KEYS

    simulated = trial.simulator
    if as_json:
        write_json({"salesforce": simulated.salesforce_url, "hubspot": simulated.hubspot_url, "folder": home,
                    "now": simulated.clock.now(), "credentials": BLANK_KEYS})  # fmt: skip
        return
    out = console()
    out.print(f"Salesforce  {simulated.salesforce_url}")
    out.print(f"HubSpot     {simulated.hubspot_url}")
    out.print(f"Credentials {home / '.env'}")
    for name, value in BLANK_KEYS.items():
        out.print(f"  {name}={value}")
    out.print("Ctrl-C stops both.")


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """SIGTERM and Ctrl-C end the command cleanly instead of somewhere inside it."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
