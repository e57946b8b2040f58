"""`baton run` as an operator lives with it: start, stop, a second one, trouble of one stream, what the tenant lacks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.simulator.hubspot.switches import DEFAULT_SCOPES
from sync.flow.status import status
from sync.store.outbox import State
from tests.acceptance.harness import cycle, mark, opened, requests_since, running_trial, written
from tests.acceptance.process import baton, daemon, until

SEED, HANDOFFS = 14, 24
_MINUTES = timedelta(minutes=2)


def test_it_writes_flags_and_ends_cleanly_in_the_middle_of_its_work(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write", schedule={"hot": "1s"})
        slow = {"kind": "slow", "match": {"path": "/composite/sobjects"}, "seconds": 1.0}
        trial.simulator.salesforce_server.control("faults", {"add": [slow]})
        with daemon(tmp_path) as running:
            until(lambda: any("fault slow" in e.note for e in requests_since(trial)["salesforce"]), "the first write")
            assert running.end() == 0
            assert "Traceback" not in running.err
            assert [line["report"]["outcome"] for line in running.seen] == ["done"], "the step under way was finished"
        assert written(trial)
        start = mark(trial)
        with opened(trial, "observe") as app:
            counts = status(app.context).outbox
        states = {state for _, state in counts}
        assert not states & {State.SENDING, State.UNKNOWN, State.READY}, counts
        assert baton(tmp_path, "ops", "once").code == 0, "the store is free again"
        assert not [e for e in requests_since(trial, start)["salesforce"] if "/composite/sobjects" in e.path]


def test_a_second_daemon_on_the_same_store_is_refused(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write")
        with daemon(tmp_path) as first:
            first.report("start")
            with daemon(tmp_path) as second:
                assert second.wait() == 2
                assert f"in use by another Baton (process {first.process.pid})" in second.problem
            once = baton(tmp_path, "ops", "once")
            assert once.code == 2
            assert "in use by another Baton" in once.err
            assert baton(tmp_path, "plan", "--stored").code == 0, "looking is allowed"
            assert first.end() == 0


def test_a_run_that_could_not_read_one_stream_says_so_and_which(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        trial.write_config("write")
        with opened(trial) as app:
            cycle(app)
        trial.simulator.clock.advance(_MINUTES)
        down = {"kind": "status", "status": 503, "times": None, "match": {"path": "/calls/search"}}
        trial.simulator.hubspot_server.control("faults", {"add": [down]})
        partial, looked_at = baton(tmp_path, "ops", "once", "--json"), baton(tmp_path, "status")
        trial.simulator.hubspot_server.control("faults", {"clear": True})
        with opened(trial) as app:
            assert cycle(app).behind == {}, "it did not catch up"
    report = partial.json()
    assert partial.code == looked_at.code == 1
    assert report["outcome"] == "partial"
    assert list(report["behind"]) == ["hubspot:calls"]
    assert report["behind"]["hubspot:calls"] == trial.world.start.isoformat()
    (told,) = report["problems"]
    assert (told["code"], told["where"], told["names"]) == ("unread", "hubspot", ["calls"])
    assert f"hubspot：calls を読み取れませんでした（一時的な失敗）：{told['detail']}" in looked_at.out


_NO_SCOPE = {"category": "MISSING_SCOPES", "message": "This app hasn't been granted all required scopes"}
_NOT_FOUND = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


@pytest.mark.parametrize(
    ("system", "path", "body", "stream"),
    [
        ("hubspot", "/crm/(properties|owners)/", {"message": "Not Found"}, "hubspot:contacts"),
        ("salesforce", "/sobjects/", _NOT_FOUND, "salesforce:Lead"),
    ],
)
def test_a_check_that_is_not_answered_is_told_in_every_run_until_it_is(
    tmp_path: Path, system: str, path: str, body: object, stream: str
) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=4) as trial:
        trial.write_config("write")
        assert baton(tmp_path, "ops", "once").code == 0
        server = getattr(trial.simulator, f"{system}_server")
        server.control(
            "faults", {"add": [{"kind": "status", "status": 404, "times": None, "match": {"path": path}, "body": body}]}
        )
        for _ in range(2):  # the second time it used to be believed
            trial.simulator.clock.advance(_MINUTES)
            told = baton(tmp_path, "ops", "once", "--json")
            assert told.code == 1 and told.json()["outcome"] == "partial" and stream in told.json()["behind"]
            assert [one for one in told.json()["problems"] if stream in str(one) and "404" in str(one)]
        server.control("faults", {"clear": True})
        assert baton(tmp_path, "ops", "once").code == 0


def test_a_scope_that_is_taken_away_is_told_in_every_run_until_it_is_given_back(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=4) as trial:
        trial.write_config("write")
        assert baton(tmp_path, "ops", "once").code == 0
        scope = "crm.objects.contacts.read"
        others = [one for one in DEFAULT_SCOPES if one != scope]
        trial.simulator.hubspot_server.control("scopes", {"scopes": others})
        looked_at: list[str] = []
        for _ in range(3):  # at the second check it is believed
            trial.simulator.clock.advance(_MINUTES)
            told, shown = baton(tmp_path, "ops", "once", "--json"), baton(tmp_path, "status")
            report = told.json()
            assert (told.code, shown.code, report["outcome"]) == (1, 1, "partial")
            assert "hubspot:contacts" in report["behind"], "and its activities"
            assert [one for one in report["problems"] if one["where"] == "hubspot:contacts" and scope in one["detail"]]
            looked_at.append(shown.out)
        assert "hubspot:contacts  確認中（読み取れていません。最終読込 " in looked_at[0]
        for shown in looked_at[1:]:
            assert (
                "hubspot:contacts  停止（最終読込 " in shown and "hubspot:contacts：読み取りを停止しています" in shown
            )
        trial.simulator.hubspot_server.control("scopes", {"scopes": list(DEFAULT_SCOPES)})
        assert baton(tmp_path, "ops", "once").code == 0
        assert "hubspot:contacts  最終読込" in baton(tmp_path, "status").out


def test_a_stream_that_the_tenant_lacks_is_listed_and_freezes_nothing(tmp_path: Path) -> None:
    scopes = [scope for scope in DEFAULT_SCOPES if "leads" not in scope]
    portal = {"scopes": scopes, "daily_headers": False}
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS, hubspot=portal) as trial:
        trial.write_config("write")
        untold = {"kind": "status", "status": 403, "times": None, "match": {"path": "api-usage"}, "body": _NO_SCOPE}
        trial.simulator.hubspot_server.control("faults", {"add": [untold]})
        report = baton(tmp_path, "ops", "once", "--json")
        assert report.code == 0
        assert report.json()["outcome"] == "done"
        refs = written(trial)
        assert {ref.split(":")[0] for ref in refs} == {"salesforce", "hubspot"}
        streams = {f"{s['connection']}:{s['stream']}": s for s in baton(tmp_path, "status", "--json").json()["streams"]}
        looked_at = baton(tmp_path, "status").out
    off = {name for name, stream in streams.items() if stream["switched_off"]}
    assert off == {"hubspot:leads"}
    assert "crm.objects.leads.read" in streams["hubspot:leads"]["switched_off"]
    assert "hubspot:leads  停止：" in looked_at
    assert looked_at.count("割合による予算は働いていません") == looked_at.count("connections.hubspot.budget.daily") == 1


def test_an_expired_session_is_renewed_once(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial, opened(trial, "observe") as app:
        cycle(app)
        trial.simulator.salesforce_server.control("expire_sessions")
        trial.simulator.clock.advance(_MINUTES)
        start = mark(trial)
        cycle(app)
        asked = requests_since(trial, start)["salesforce"]
    tokens = [entry for entry in asked if entry.path.endswith("/oauth2/token")]
    refused = [entry for entry in asked if entry.status == 401]
    assert len(tokens) == len(refused) == 1
