"""`ops outbox` and `ops undo` as an operator meets them, in both languages, and what `status` and `ops once` tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.app import open_app, read_settings
from sync.settings import write_overrides
from sync.store import runs
from sync.trial import Trial

MESSAGE = "業種を入力してください \x1b[31m tanaka@example.jp"


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A company that is written to, where a rule refuses leads."""
    folder: Path = tmp_path_factory.mktemp("writing")
    trial = Trial.start(folder, seed=9, handoffs=20)
    try:
        trial.create_flag_fields(read_settings(folder).mapping)
        write_overrides(folder, trial.overrides("write"))
        rule = {"object": "Lead", "blank": "Industry", "message": MESSAGE}
        trial.simulator.salesforce_server.control("validation_rules", {"rules": [rule]})
        yield trial
    finally:
        trial.stop()


@pytest.fixture
def ops(baton: Callable, writing: Trial) -> Callable:
    return lambda *arguments: baton("ops", *arguments, "--config", str(writing.folder))


@pytest.fixture
def ran(ops: Callable, writing: Trial) -> int:
    """The first run; its number."""
    with open_app(writing.folder, offline=True) as app, app.store.read() as tx:
        known = runs.read_latest(tx, 99)
    if not known:
        once = ops("once", "--approve")
        assert once.code == 1
        (line,) = [one for one in once.out.splitlines() if "書き込みを停止" in one]
        assert "FIELD_CUSTOM_VALIDATION_EXCEPTION: 業種を入力してください" in line
        assert line.count("Lead:00Q") <= 3
        assert "\x1b" not in once.out
        assert "tanaka" not in once.out
        return 1
    return known[-1].id


def test_what_is_parked_is_listed_tried_again_and_parked_by_hand(
    ran: int, ops: Callable, baton: Callable, writing: Trial
) -> None:
    seen = baton("status", "--config", str(writing.folder)).out
    assert seen.count("業種を入力してください") == 1, "by the outbox, and not by its run once more"
    listed = ops("outbox", "list", "--state", "parked", "--json").json
    assert listed["count"] == len(listed["entries"]) > 3
    one, two, *_ = [entry["id"] for entry in listed["entries"]]
    assert {"ref", "handoff_id", "state", "reason", "fields", "attempts", "retry_at"} <= listed["entries"][0].keys()
    told = ops("outbox", "list")
    assert told.code == 0
    assert "書き込み停止（要確認）" in told.out
    assert "\x1b" not in told.out
    assert ops("outbox", "retry", str(one)).code == 0
    assert ops("outbox", "list", "--state", "ready", "--json").json["count"] == 1
    again = ops("outbox", "retry", str(one), "99999", "--json")
    assert again.code == 1
    assert again.json == {"changed": [], "left": [{"id": one, "state": "ready"}, {"id": 99999, "state": None}]}
    assert ops("outbox", "park", str(one), str(two)).code == 0
    everything = ops("outbox", "retry", "--all-parked", "--json").json["changed"]
    assert len(everything) == listed["count"] - 2, "not those that a person parked"
    status = baton("status", "--config", str(writing.folder))
    assert status.code == 1
    assert "手動で停止" in status.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("outbox", "retry"), "--all-parked"),
        (("outbox", "retry", "1", "--all-parked"), "--all-parked"),
        (("outbox", "park"), "numbers"),
        (("outbox", "list", "--state", "lost"), "lost"),
        (("undo",), "RUN"),
        (("undo", "9" * 30), "RUN"),
        (("undo", "9" * 19, "--release"), "RUN"),
        (("outbox", "retry", "9" * 19), "ID"),
        (("outbox", "park", "9" * 30), "ID"),
        (("outbox", "list", "--limit", "9" * 30), "--limit"),
        (("undo", "1", "--release", "--approve"), "--release"),
    ],
)
def test_a_wrong_call_is_explained(ran: int, ops: Callable, arguments: tuple[str, ...], says: str) -> None:
    ended = ops(*arguments)
    assert ended.code == 2
    assert says in ended.err


def test_undoing_is_shown_first_then_done_then_released(ran: int, ops: Callable, writing: Trial) -> None:
    preview = ops("undo", str(ran), "--dry-run")
    assert "何も書き込んでいません" in preview.out
    assert any(flags.get("status") for flags in writing.read_back().values())
    done = ops("undo", str(ran), "--json").json
    assert done["restored"] == len(done["restore"]) > 0
    assert not any(any(flags.values()) for flags in writing.read_back().values())
    status = ops("outbox", "list", "--state", "observed", "--json").json
    assert status["count"] == 0, "nothing was judged yet"
    released = ops("undo", str(ran), "--release")
    assert released.code == 0
    assert f"{done['records']}件" in released.out
    assert ops("undo", "9999").code == 2
