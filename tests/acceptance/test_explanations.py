"""Whatever `explain` gives as a reason to a Japanese company, it gives in Japanese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sync.cli.phrase import phrase
from sync.core.model.handoff import Case, Judgement
from sync.core.reconcile.version import judge_in_force
from sync.flow.case import load_batch, load_directories
from sync.store import handoffs
from tests.acceptance.harness import cycle, opened, running_trial

_JAPANESE = re.compile(r"[\u3041-\u30fa\u4e00-\u9fff]")
_REF = re.compile(r"\w+:\w+:\w+")


def reasons(case: Case, judgement: Judgement) -> Iterator[str]:
    yield judgement.scope_reason
    yield case.membership.reason
    if judgement.pass_:
        yield judgement.pass_.evidence
    yield from (value.reason or "" for value in judgement.items.values())
    yield from (criterion.evidence for criterion in judgement.criteria)
    for clock in judgement.clocks:
        yield from (clock.start_reason, clock.reason)


def test_every_reason_that_a_company_gives_rise_to_has_a_japanese_wording(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=23, handoffs=200) as trial, opened(trial, "observe") as app:
        now = cycle(app).now
        with app.store.read() as tx:
            directories, batch = load_directories(app.context, tx), load_batch(tx, handoffs.read_ids(tx, "", 5000))
        judged = [(case, judge_in_force(case, app.context.editions, directories, now)) for case in batch.cases.values()]
    given = {_REF.sub("salesforce:Lead:00Q", reason) for pair in judged for reason in reasons(*pair) if reason}
    assert len(given) > 30
    assert sorted(reason for reason in given if not _JAPANESE.search(phrase(reason, "ja"))) == []
