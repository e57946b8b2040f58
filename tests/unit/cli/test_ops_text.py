"""What a run did is told in the company's language: every step, every count."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import sync.flow
from sync.cli.ops import lines_of
from sync.cli.ops_text import TEXTS
from sync.errors import RunProblem, Shortfall
from sync.flow.report import CycleReport, Outcome
from sync.store.intake import Saved
from sync.store.outbox import UNSENT

AT = datetime(2026, 10, 6, tzinfo=UTC)
COUNTED = {"judge": {"judged": 3, "planned_ready": 0}, "deliver": {}, "pull": {"read": 5, "brand_new": 2}}
STEPS = re.compile(r'(?:\.do\(|guard\(cycle, connection, )"(\w+)"')
COUNTS = re.compile(r'\.add\("(\w+)"(?:, [^"]+)?\)')


def report(counts: dict[str, dict[str, int]], *problems: RunProblem, **behind: str) -> CycleReport:
    outcome = Outcome.PARTIAL if problems else Outcome.DONE
    return CycleReport(7, AT, AT, outcome, counts, problems, {f"hubspot:{name}": at for name, at in behind.items()})


def test_every_step_and_count_of_the_flow_has_a_name_in_both_languages() -> None:
    sources = [path.read_text() for path in Path(sync.flow.__path__[0]).glob("*.py")]
    counted = {name for source in sources for name in COUNTS.findall(source)}
    steps = {f"step.{name}" for source in sources for name in STEPS.findall(source)}
    assert {"step.link", "step.reconcile"} <= steps <= TEXTS.keys()
    saved = {name for name in Saved.__dataclass_fields__ if name != "lost_keys"}
    assert len(counted) > 30
    assert counted | saved | {f"planned_{state}" for state in UNSENT} <= TEXTS.keys()
    for pair in TEXTS.values():
        japanese, english = ({name for _, name, _, _ in Formatter().parse(text)} for text in pair)
        assert japanese == english


def test_steps_stand_in_their_order_and_those_that_did_nothing_are_left_out() -> None:
    assert lines_of(report(COUNTED), "ja", ZoneInfo("Asia/Tokyo")) == [
        "実行 7：完了",
        "  読み取り：読み取ったレコード 5、brand_new 2",
        "  判定：判定した引き継ぎ 3",
    ]
    assert lines_of(report({"pull": {}}), "en", ZoneInfo("Asia/Tokyo")) == ["Run 7: done", "  nothing was new"]


def test_what_was_not_done_follows_with_local_times() -> None:
    at = AT.isoformat()
    partial = report({"pull": {"read": 1}}, RunProblem(Shortfall.LEFT_OUT, "hubspot"), calls=at, emails="", notes=at)
    assert lines_of(partial, "ja", ZoneInfo("Asia/Tokyo")) == [
        "実行 7：一部のみ完了",
        "  読み取り：読み取ったレコード 1",
        "  ! hubspot：前回の確認で使えなかったため、この接続を除きました",
        "  ! hubspot:calls、hubspot:notes：2026-10-06 09:00:00 JST まで読み取り済みです。続きは、次に読めたときに読み取ります",
        "  ! hubspot:emails：まだ読み取っていません",
    ]
