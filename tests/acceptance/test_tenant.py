"""A store belongs to one org and one portal. Another one behind the same address is never written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.app import App, open_app, read_settings
from sync.errors import ConfigError
from sync.flow.context import Mode
from sync.flow.cycle import run_once
from sync.ports import Source, Tenant
from sync.trial import Trial
from tests.acceptance.harness import cycle, is_write, mark, opened, requests_since, running_trial, written
from tests.acceptance.process import baton, daemon

SEED, HANDOFFS = 9, 24
OTHER_ORG = "00D5j00000OTHER"
OTHER_PORTAL = 99_000_001
SERVED: dict[str, dict[str, Any]] = {
    "salesforce": {"salesforce": {"org_id": OTHER_ORG, "org_name": "Other KK"}},
    "hubspot": {"hubspot": {"portal_id": OTHER_PORTAL}},
}


@contextmanager
def swapped(trial: Trial, folder: Path, connection: str) -> Iterator[None]:
    """At the same address another company answers, with the same fields, users and work waiting to be flagged."""
    folder.mkdir()
    other = Trial.start(folder, seed=SEED, handoffs=HANDOFFS, **SERVED[connection])
    try:
        other.create_flag_fields(read_settings(folder).mapping)
        server = getattr(trial.simulator, f"{connection}_server")
        server.system, before = getattr(other.simulator, connection), server.system
        yield
        server.system = before
    finally:
        other.stop()


def writes(trial: Trial, since: tuple[int, int]) -> list[str]:
    return [e.path for entries in requests_since(trial, since).values() for e in entries if is_write(e)]


@pytest.mark.parametrize("connection", ["salesforce", "hubspot"])
def test_another_tenant_behind_the_same_config_is_refused(tmp_path: Path, connection: str) -> None:
    with running_trial(tmp_path / "own", seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write")
        with opened(trial, "observe") as app:
            cycle(app)
        start = mark(trial)
        with swapped(trial, tmp_path / "other", connection):
            answer = baton(trial.folder, "ops", "once")
            with daemon(trial.folder) as running:
                assert running.wait() == 2
        assert answer.code == 2
        assert writes(trial, start) == []
        theirs = OTHER_ORG if connection == "salesforce" else str(OTHER_PORTAL)
        for said in (answer.err, running.problem):
            assert f"connections.{connection}" in said
            assert theirs in said
            assert "this store belongs to" in said
        assert "Traceback" not in answer.err + running.err
        with opened(trial) as app:
            cycle(app)
        assert written(trial), "its own tenant is welcome again"


def test_another_org_at_a_token_refresh_stops_the_running_daemon(tmp_path: Path) -> None:
    with running_trial(tmp_path / "own", seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write", schedule={"hot": "1s"})
        with daemon(trial.folder) as running:
            running.report("start")
            with swapped(trial, tmp_path / "other", "salesforce"):
                start = mark(trial)
                assert running.wait() == 2
            assert "of another org" in running.problem
            assert "Traceback" not in running.err
            asked = requests_since(trial, start)["salesforce"]
    assert any(entry.path.endswith("/oauth2/token") for entry in asked), "it did not stop at the refresh"
    assert [entry.path for entry in asked if is_write(entry)] == []


def test_another_portal_at_a_token_refresh_stops_the_cycle(tmp_path: Path) -> None:
    """With an installed app the access token is renewed by the half hour, and the answer names the portal."""
    with running_trial(tmp_path / "own", seed=SEED, handoffs=HANDOFFS) as trial, with_oauth(trial) as app:
        cycle(app)
        with swapped(trial, tmp_path / "other", "hubspot"):
            trial.simulator.clock.advance(timedelta(minutes=31))
            start = mark(trial)
            with pytest.raises(ConfigError, match="another portal"):
                run_once(app.context)
            assert writes(trial, start) == []


@contextmanager
def with_oauth(trial: Trial) -> Iterator[App]:
    secrets = {
        "client_id": "simulator-client",
        "client_secret": "simulator-secret",
        "refresh_token": "na1-simulator-refresh",
    }
    for name, value in secrets.items():
        (trial.folder / "secrets" / name).write_text(value, encoding="utf-8")
    path = trial.write_config("write")
    old = 'auth: {flow: token, token: "file:secrets/hubspot_token"}'
    new = "auth: {flow: oauth, " + ", ".join(f'{name}: "file:secrets/{name}"' for name in secrets) + "}"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with open_app(trial.folder) as app:
        yield app


@dataclass
class Abroad:
    """A source that is what it was, but not on this machine."""

    source: Source
    host: str

    def tenant(self) -> Tenant:
        return replace(self.source.tenant(), host=self.host)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)


@pytest.mark.parametrize("mode", ["pilot", "write"])
def test_production_is_not_written_to_while_the_environment_says_sandbox(tmp_path: Path, mode: str) -> None:
    live = {"sandbox": False, "org_name": "Kakehashi KK"}
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS, salesforce=live) as trial:
        trial.write_config("observe", pilot={"owners": ["fs1@kakehashi-cloud.example"]})
        with opened(trial, mode) as app:
            home = app.context.connections["salesforce"]
            away = replace(home, source=Abroad(home.source, "kakehashi.my.salesforce.com"))
            context = replace(app.context, connections={**app.context.connections, "salesforce": away})
            with pytest.raises(ConfigError, match="which is production"):
                run_once(context)
            assert written(trial) == {}
            assert run_once(replace(context, mode=Mode.OBSERVE)).problems == ()
            assert written(trial) == {}
            run_once(replace(context, production=True))
        assert written(trial)
