"""Other wording alone is no reason to write: notes are renewed with the next flag of their record, not before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from connectors.salesforce.fields import wire_names
from sync.core.model.flags import Flags
from sync.core.model.records import RecordRef
from sync.store import agenda
from sync.trial import Trial
from tests.acceptance.harness import cycle, mark, opened, running_trial, written_since

SEED, HANDOFFS = 43, 40
OLD, NEW = "決裁者", "最終決裁者"
ASKED, ASKS = "次回、最終決裁者と稟議の流れを確認", "稟議の流れを伺い、決裁される方のお名前を確認"


def reword(folder: Path) -> None:
    """Another label and another question."""
    path = folder / "mappings/handoff.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in ((f"ja: {OLD},", f"ja: {NEW},"), (ASKED, ASKS)):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def edit(trial: Trial, ref: RecordRef, **fields: object) -> None:
    event = {"record": fields, "by": trial.world.colleagues["is1"].user_id}
    trial.simulator.apply(
        [{"at": None, "system": "salesforce", "op": "update", "object": ref.stream, "id": ref.record_id, **event}]
    )


def leads_that_lack(flags: dict[RecordRef, Flags], label: str) -> list[RecordRef]:
    return sorted(ref for ref, held in flags.items() if ref.stream == "Lead" and f"・{label}：" in str(held["note"]))


def test_other_words_alone_write_nothing_until_a_flag_changes(tmp_path: Path) -> None:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as trial:
        with opened(trial) as app:
            cycle(app)
        before = trial.read_back()
        lacking = leads_that_lack(before, OLD)
        lead = next(ref for ref in lacking if "pain" in str(before[ref]["missing_items"]))
        edited, *rest = (ref for ref in lacking if ref != lead)
        reword(tmp_path)
        with opened(trial) as app:
            start = mark(trial)
            with app.store.write() as tx:
                agenda.mark_all_dirty(tx)
            assert cycle(app).counts["judge"]["judged"] >= HANDOFFS
            assert written_since(trial, start) == []
            trial.simulator.clock.advance(timedelta(minutes=1))
            edit(trial, lead, Pain__c="月末の請求書発行に経理3名で4日かかっている")
            edit(trial, edited, **{wire_names("Lead")["note"]: "書き換えました"})
            trial.simulator.clock.advance(timedelta(minutes=1))
            cycle(app)
            after = trial.read_back()
    note = str(after[lead]["note"])
    assert f"・{NEW}：" in note and ASKS in note
    assert f"・{NEW}：" in str(after[edited]["note"]), "a text that a person changed is put right, in today's words"
    assert rest and all(after[ref]["note"] == before[ref]["note"] for ref in rest)
