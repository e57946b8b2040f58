"""Every part of a batch is answered for exactly once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.batch import settle, split, split_unique
from sync.core.model.records import RecordRef
from sync.errors import BugError
from sync.ports import FlagWrite, WriteOutcome, WriteResult


def ref(number: int) -> RecordRef:
    return RecordRef("crm", "Lead", str(number))


@given(st.lists(st.integers(0, 5)), st.integers(1, 4))
def test_batches_hold_everything_in_order_and_no_id_twice(ids: list[int], size: int) -> None:
    batches = list(split_unique(ids, lambda: size, lambda one: one))
    assert [one for batch in batches for one in batch] == ids
    assert all(0 < len(batch) <= size and len(set(batch)) == len(batch) for batch in batches)
    assert [one for batch in split(ids, size) for one in batch] == ids


@given(st.lists(st.integers(0, 3)), st.data())
def test_whatever_was_answered_there_is_one_result_per_change_in_order(ids: list[int], data: st.DataObject) -> None:
    changes = [FlagWrite(ref(one), {}) for one in ids]
    answered = data.draw(st.lists(st.sampled_from(range(len(ids))), unique=True)) if ids else []
    results = settle(changes, [WriteResult(ref(ids[place]), WriteOutcome.APPLIED) for place in answered])
    assert [result.ref for result in results] == [change.ref for change in changes]
    assert sum(result.outcome is WriteOutcome.APPLIED for result in results) == len(answered)
    assert sum(result.outcome is WriteOutcome.UNKNOWN for result in results) == len(ids) - len(answered)


def test_an_answer_about_something_that_was_not_sent_is_a_bug() -> None:
    with pytest.raises(BugError):
        settle([FlagWrite(ref(1), {})], [WriteResult(ref(2), WriteOutcome.APPLIED)])
