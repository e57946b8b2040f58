"""plan, status, explain, ops once and run against a small simulated company."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from math import ceil

import orjson
import pytest


def test_plan_shows_every_field_and_writes_nothing(baton, folder, trial):
    told = baton("plan", "--config", folder, "--json")

    assert told.code == 0
    assert told.json["records"] == len(told.json["changes"]) > 0
    assert told.json["fields"] == sum(len(change["fields"]) for change in told.json["changes"])
    assert trial.read_back() == {}


def test_plan_speaks_to_people_in_their_language(baton, folder):
    told = baton("plan", "--config", folder, "--limit", "2").out

    assert "引き継ぎ状況: （空） → " in told and "観察モードのため書き込みません" in told
    assert "baton plan" not in told.splitlines()[0]


def test_plan_from_the_store_asks_no_crm(baton, folder, trial):
    before = len(trial.simulator.salesforce_server.log), len(trial.simulator.hubspot_server.log)

    assert baton("plan", "--stored", "--config", folder, "--json").code == 0

    assert (len(trial.simulator.salesforce_server.log), len(trial.simulator.hubspot_server.log)) == before


def test_status_counts_streams_outbox_and_calls(baton, folder):
    told = baton("status", "--config", folder, "--json")

    assert told.code == 0
    assert told.json["mode"] == "observe"
    assert {s["stream"] for s in told.json["streams"]} >= {"Lead", "contacts", "Task"}
    assert all(s["last_success"] for s in told.json["streams"])
    assert {entry["state"] for entry in told.json["outbox"]} == {"observed"}
    hubspot = told.json["connections"]["hubspot"]
    # 7 hot streams every 30 s, owners every 5 min, every 15 min a sweep of all but the owners in two calls each; once a day
    # the list of everything, a hundred records a page.
    held = [s["records"] for s in told.json["streams"] if s["connection"] == "hubspot" and s["stream"] != "owners"]
    pages = sum(ceil(max(records, 1) / 100) for records in held)
    assert hubspot["calls_a_day"] == 2880 * 7 + 288 * 1 + 96 * 14 + pages
    # 7 hot and 5 other streams, five to a call, and so are the sweep and the list of all 12.
    assert told.json["connections"]["salesforce"]["calls_a_day"] == 2880 * 2 + 288 * 1 + 96 * 3 + 3


def test_status_names_streams_and_bounds_for_people(baton, folder):
    told = baton("status", "--config", folder).out

    assert "モード：観察（書き込みなし）" in told
    assert "salesforce:Lead" in told and "回／日" in told and "反映までの最長時間" in told


def test_explain_tells_pass_items_rules_clocks_and_history(baton, folder):
    ref = _some_record(baton, folder)

    told = baton("explain", ref, "--config", folder)
    lines = told.out

    assert told.code == 0
    for part in (
        "引き継ぎ状況：",
        "パス：",
        "項目\n",
        "導入希望時期 [timing, 必須]",
        "SQL基準",
        "[authority]",
        "IS初回接触",
    ):
        assert part in lines
    assert "書き込み履歴" in lines and "観察のみ" in lines
    assert "入力先" in lines and "出典" in lines


def test_explain_never_shows_topics_to_avoid(baton, folder):
    ref = _some_record(baton, folder)

    item = baton("explain", ref, "--config", folder, "--json").json["judgement"]["items"]["ng_topics"]

    assert item["state"] in ("present", "declared_none", "placeholder", "missing", "invalid", "unreadable")
    assert item["value"] is None and item["raw"] is None


def test_a_record_is_named_by_ref_id_or_address(baton, folder):
    ref = _some_record(baton, folder, "salesforce:Opportunity")
    record_id = ref.rpartition(":")[2]
    names = (
        ref,
        record_id,
        record_id[:15],
        f"https://x.lightning.force.com/lightning/r/Opportunity/{record_id}/view",
    )

    assert {baton("explain", name, "--config", folder, "--json").json["ref"] for name in names} == {ref}


@pytest.mark.parametrize(
    "name",
    [
        "nope",
        "salesforce:Lead:00Q000000000000AAA",
        "https://app.hubspot.com/x/1",
        "::",
        "\x1b[2J",
        "http://[x",
        "%",
        "_",
    ],
)
def test_an_unknown_record_is_refused_safely(baton, folder, name):
    told = baton("explain", name, "--config", folder)

    assert told.code == 2
    assert "no stored record" in told.err and "\x1b" not in told.err


@pytest.mark.parametrize("arguments", [("explain",), ("ops", "erase"), ("plan", "--limit")])
def test_an_argument_that_is_no_utf_8_is_refused_in_json_too(baton, folder, arguments):
    told = baton(*arguments, "hubspot:contacts:\udcff", "--config", folder, "--json")

    assert told.code == 2
    assert told.json["problems"][0]["message"] == "is not UTF-8"


def test_one_cycle_reports_what_it_did(baton, folder):
    told = baton("ops", "once", "--config", folder, "--json")

    assert told.code == 0
    assert told.json["outcome"] == "done" and "pull" in told.json["counts"]


def test_configuration_problems_end_with_2(baton, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "baton.yaml").write_text("mode: obseve\n", encoding="utf-8")

    told = baton("status", "--config", str(tmp_path), "--json")

    assert told.code == 2
    assert "config/baton.yaml:1" in {problem["path"] for problem in told.json["problems"]}


def test_a_folder_without_files_of_ours_is_refused_and_left_alone(baton, tmp_path):
    told = baton("status", "--config", str(tmp_path))

    assert told.code == 2
    assert "neither config/ nor mappings/" in told.err and "--config DIR" in told.err
    assert not list(tmp_path.iterdir())


def test_the_simulator_replaces_nobodys_files(baton, tmp_path):
    mine = tmp_path / "config" / "baton.yaml"
    mine.parent.mkdir()
    mine.write_text("mode: observe\n", encoding="utf-8")

    told = baton("simulator", "--folder", str(tmp_path))

    assert told.code == 2 and "no empty folder" in told.err
    assert mine.read_text(encoding="utf-8") == "mode: observe\n"


def test_a_blank_simulator_tells_credentials_and_addresses_and_writes_nothing_else(tmp_path):
    home = tmp_path / "crm"
    process = subprocess.Popen(
        [sys.executable, "-m", "sync", "simulator", "--blank", "--folder", home, "--handoffs", "20", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    told = orjson.loads(process.stdout.readline())
    env = home / ".env"
    names = {line.partition("=")[0]: line.partition("=")[2] for line in env.read_text(encoding="utf-8").splitlines()}
    urls = (home / "urls").read_text(encoding="utf-8")
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)

    assert process.returncode == 0, log.decode()
    assert names == told["credentials"] and env.stat().st_mode & 0o077 == 0
    assert f"salesforce={told['salesforce']}" in urls and f"hubspot={told['hubspot']}" in urls
    assert {path.name for path in home.iterdir()} == {".env", "urls"}


def test_the_address_of_the_example_is_refused_before_any_call(baton, tmp_path):
    (tmp_path / "config").mkdir()
    told = baton("ops", "once", "--config", str(tmp_path))

    assert told.code == 2
    assert "is the address of the example" in told.err


@pytest.mark.parametrize("command", [("backfill", "--since", "2020-01-01"), ("ops", "once")])
def test_connections_that_cannot_be_used_end_with_1(baton, folder, tmp_path, command):
    shutil.copytree(folder, tmp_path, ignore=shutil.ignore_patterns("var"), dirs_exist_ok=True)
    for secret in (tmp_path / "secrets").iterdir():
        secret.write_text("revoked", encoding="utf-8")

    told = baton(*command, "--config", str(tmp_path), "--json")

    assert told.code == 1
    assert [(one["code"], one["where"]) for one in told.json["problems"]] == [
        ("unusable", "salesforce"),
        ("unusable", "hubspot"),
    ]


@pytest.mark.parametrize(
    "command", ["run", "plan", "status", "explain", "simulator", "try value", "try clock", "ops once"]
)
def test_every_command_has_help_with_an_example(baton, command):
    told = baton(*command.split(), "--help")

    assert told.code == 0
    assert f"baton {command}" in told.out.partition("xample")[2] and "--json" in told.out


def test_ctrl_c_stops_the_daemon_cleanly(folder):
    """SIGTERM: `tests/acceptance/test_daemon.py`."""
    environment = {**os.environ, "NO_COLOR": "1"}
    daemon = subprocess.Popen(
        [sys.executable, "-m", "sync", "run", "--config", folder, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    assert daemon.stdout is not None
    first = orjson.loads(daemon.stdout.readline())
    daemon.send_signal(signal.SIGINT)
    _, log = daemon.communicate(timeout=60)

    assert first["job"] == "start" and first["report"]["outcome"] == "done"
    assert daemon.returncode == 0, log.decode()
    assert all(orjson.loads(line)["event"] for line in log.splitlines())


def _some_record(baton, folder, stream: str = "salesforce:Opportunity") -> str:
    changes = baton("plan", "--stored", "--config", folder, "--json").json["changes"]
    return next(change["ref"] for change in changes if change["ref"].startswith(stream))
