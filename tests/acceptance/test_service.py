"""`baton run` as a service: what it shows of itself over HTTP, new settings while it runs, a port that is taken."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from sync.trial import Trial
from tests import leak
from tests.acceptance.harness import running_trial
from tests.acceptance.process import Daemon, baton, daemon, until

SEED, HANDOFFS = 14, 12


@dataclass
class Running:
    """A daemon that has done its first cycle."""

    trial: Trial
    folder: Path
    daemon: Daemon

    @property
    def url(self) -> str:
        port = next(line["port"] for line in self.events("listening"))
        return f"http://127.0.0.1:{port}"

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [orjson.loads(line) for line in self.daemon.err.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == name]

    def get(self, path: str, **more: Any) -> requests.Response:
        answer = requests.get(self.url + path, timeout=60, **more)
        leak.check(answer.text)
        return answer

    def reload(self) -> None:
        self.daemon.process.send_signal(signal.SIGHUP)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    with running_trial(folder, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("observe", schedule={"hot": "1s"})
        with daemon(folder) as started:
            started.report("start")
            started.report("salesforce:hot")
            started.report("hubspot:hot")
            yield Running(trial, folder, started)
            assert started.end() == 0
            assert "Traceback" not in started.err


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_it_lives_and_is_ready_once_everything_is_read(running: Running) -> None:
    assert running.get("/healthz").json()["alive"] is True
    until(lambda: running.get("/readyz").status_code == 200, "readiness", 10)
    told = running.get("/readyz").json()
    assert told["ready"] and not told["reasons"]
    assert told["behind_seconds"] < 60
    streams = {(one["connection"], one["stream"]) for one in told["streams"]}
    assert {("salesforce", "Lead"), ("hubspot", "contacts"), ("hubspot", "owners")} <= streams
    assert all(one["last_success"].endswith("+00:00") for one in told["streams"])


def test_its_figures_are_those_of_the_store_and_name_nobody(running: Running) -> None:
    answer = running.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = samples(answer.text)
    status = baton(running.folder, "status", "--json").json()
    held = {("baton_records", f"connection={one['connection']}", f"stream={one['stream']}"): one["records"]
            for one in status["streams"] if one["records"]}  # fmt: skip
    assert held.items() <= found.items()
    assert found["baton_ready",] == 1
    assert found["baton_connection_up", "connection=salesforce"] == 1
    assert sum(v for k, v in found.items() if k[0] == "baton_handoffs") == sum(status["handoffs"].values()) > 0
    assert found["baton_runs_total", "job=start", "outcome=done"] == 1
    assert found["baton_run_seconds_count", "job=start"] == 1
    assert found["baton_api_calls_used", "connection=hubspot"] > 0
    assert 0 < found["process_resident_memory_bytes",] < 250e6
    labels = {label for name in found for label in name[1:]}
    words = {label.partition("=")[2] for label in labels if not label.startswith(("version=", "le="))}
    assert all(re.fullmatch(r"[A-Za-z_]+(:[a-z]+)?", word) for word in words), words


def test_nothing_else_is_answered(running: Running) -> None:
    assert running.get("/").status_code == 404
    assert running.get("/metrics/../etc").status_code == 404
    assert requests.post(running.url + "/healthz", timeout=60).status_code == 501
    assert requests.head(running.url + "/healthz", timeout=60).content == b""
    assert "Python" not in str(running.get("/healthz").headers)


def test_who_connects_and_says_nothing_is_in_nobodys_way(running: Running) -> None:
    port = int(running.url.rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    try:
        until(lambda: _answers(running), "an answer")
    finally:
        for one in idle:
            one.close()


def _answers(running: Running) -> bool:
    try:
        return running.get("/healthz").status_code == 200
    except requests.RequestException:
        time.sleep(0.2)
        return False


def test_a_port_that_is_taken_ends_it_at_once_with_what_to_do(running: Running, tmp_path: Path) -> None:
    port = int(running.url.rpartition(":")[2])
    other = Trial(running.trial.simulator, running.trial.world, tmp_path)
    other._furnish()
    other.write_config("observe", service={"port": port})
    with daemon(tmp_path) as second:
        assert second.wait() == 2
        assert f"127.0.0.1:{port}: Address already in use" in second.problem
    other.write_config("observe", service="none")
    with daemon(tmp_path) as second:
        second.report("start")
        assert "listening" not in second.err
        assert second.end() == 0


def test_new_settings_are_taken_while_it_runs_and_broken_ones_are_not(running: Running) -> None:
    file = running.folder / "config" / "baton.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("mode: observe", "mode: obsrve"), encoding="utf-8")
    running.reload()
    until(lambda: running.events("reload_refused"), "the refusal")
    refused = running.events("reload_refused")[0]
    assert "config/baton.yaml" in refused["problems"][0] and "mode" in refused["problems"][0]
    running.daemon.report("salesforce:hot")
    assert running.get("/readyz").status_code == 200, "it goes on with the old ones"
    file.write_text(before.replace("mode: observe", "mode: write"), encoding="utf-8")
    running.reload()
    until(lambda: running.events("reloaded"), "the new settings")
    assert tuple(
        part for key in samples(running.get("/metrics").text) if key[0] == "baton_info" for part in key[:2]
    ) == ("baton_info", "mode=write")
    found = samples(running.get("/metrics").text)
    assert (found["baton_reloads_total", "taken=no"], found["baton_reloads_total", "taken=yes"]) == (1, 1)
    running.daemon.report("salesforce:hot")


def test_a_store_elsewhere_is_no_matter_for_a_reload(running: Running) -> None:
    file = running.folder / "config" / "baton.yaml"
    before = file.read_text(encoding="utf-8")
    count = len(running.events("reload_refused"))
    file.write_text(before.replace("sqlite:///var/baton.db", "sqlite:///var/other.db"), encoding="utf-8")
    running.reload()
    until(lambda: len(running.events("reload_refused")) > count, "the refusal")
    file.write_text(before, encoding="utf-8")
    assert not (running.folder / "var" / "other.db").exists()


# -- who is told ---------------------------------------------------------------------------------------------------


def test_a_webhook_that_fails_stops_nothing_and_is_named_without_its_address(running: Running) -> None:
    """The connection's token is taken away, and whoever should hear of it answers 500."""
    heard: list[dict[str, Any]] = []
    with _channel(heard) as (url, channel):
        channel.status = 500
        secret = running.folder / "secrets" / "alert_url"
        secret.write_text(url + "/services/very-hidden", encoding="utf-8")
        secret.chmod(0o644)
        file = running.folder / "config" / "baton.yaml"
        before = file.read_text(encoding="utf-8")
        count = len(running.events("reloaded"))
        file.write_text(before + "\nalerts: {webhook: 'file:secrets/alert_url'}\n", encoding="utf-8")
        running.trial.simulator.hubspot_server.control("token", {"token": "pat-na1-another"})
        running.reload()
        until(lambda: len(running.events("reloaded")) > count, "the new settings")
        until(lambda: running.events("alert_not_taken"), "a message")
        assert running.events("secret_readable_by_others")[0]["mode"] == "0644"
        assert [(one["id"], one["state"]) for one in heard[0]["alerts"]] == [("stopped:hubspot", "open")]
        assert "Baton（sandbox）" in heard[0]["text"]
        until(lambda: _service(running).get("alerts_failing"), "the note of it, which follows the log")
        running.daemon.report("salesforce:hot")
        told = running.get("/readyz")
        assert told.status_code == 503
        assert told.json()["reasons"][0].startswith("hubspot: stopped")
        found = samples(running.get("/metrics").text)
        assert found["baton_connection_up", "connection=hubspot"] == 0
        assert found["baton_alerts", "kind=stopped"] == 1
        status = baton(running.folder, "status")
        assert status.code == 1
        for words in (
            "127.0.0.1 answered 500",
            "hubspot：認証が通らない",
            "alert_url は他のユーザーからも読めます（0644）",
        ):
            assert words in status.out
        as_json = _service(running)
        assert as_json["alerts_failing"]["reason"] == "127.0.0.1 answered 500"
        assert [one["kind"] for one in as_json["alerts"]] == ["stopped"]
        assert "very-hidden" not in running.daemon.err + status.out + repr(as_json)
        file.write_text(before, encoding="utf-8")
        running.trial.simulator.hubspot_server.control("token", {"token": "pat-na1-simulator"})
    running.reload()
    until(lambda: len(running.events("reloaded")) > count + 1, "the settings before")
    until(lambda: not running.get("/readyz").json()["reasons"], "readiness")


def _service(running: Running) -> dict[str, Any]:
    return baton(running.folder, "status", "--json").json()["service"]


@contextmanager
def _channel(heard: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(orjson.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.server.status)  # pyright: ignore[reportAttributeAccessIssue]  # set by the test
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server
        finally:
            server.shutdown()
            thread.join()
