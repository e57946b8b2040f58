"""What to change on a record."""

from __future__ import annotations

import pytest

from sync.core.model.flags import NO_FLAGS, Flags
from sync.core.model.handoff import Told
from sync.core.reconcile.plan import diff, keeps, tell
from sync.core.rules.sentence import fingerprint


def test_a_record_that_must_carry_nothing_is_left_alone() -> None:
    assert diff(None, {"status": "passed"}) == {}


def test_only_what_differs_is_changed_and_emptied() -> None:
    desired = {**NO_FLAGS, "status": "passed", "missing_count": 0}
    held = {"status": "preparing", "missing_count": 0, "note": "あと1項目", "passed_at": None}
    assert diff(desired, held) == {"status": "passed", "note": None}


def test_nothing_held_counts_as_empty_and_empty_text_as_nothing() -> None:
    assert diff(NO_FLAGS, None) == {}
    assert diff(NO_FLAGS, {"note": ""}) == {}
    assert diff({**NO_FLAGS, "missing_count": 0}, None) == {"missing_count": 0}


def test_ids_are_a_set_and_other_flags_of_the_record_are_nobodys_business() -> None:
    desired = {**NO_FLAGS, "missing_items": "pain;timing"}
    assert diff(desired, {"missing_items": "timing;pain", "stranger": "x"}) == {}
    assert diff(desired, {"missing_items": "timing"}) == {"missing_items": "pain;timing"}


def test_a_new_brief_waits_for_another_flag_of_the_record() -> None:
    desired = {**NO_FLAGS, "status": "passed", "brief": "課題：新"}
    assert diff(desired, {"status": "passed", "brief": "課題：旧"}) == {}
    assert diff(desired, {"status": "ready", "brief": "課題：旧"}) == {"status": "passed", "brief": "課題：新"}
    assert diff(desired, {"status": "ready", "brief": "課題：新"}) == {"status": "passed"}


def test_the_first_brief_and_its_removal_wait_for_nothing() -> None:
    held = {"status": "passed"}
    assert diff({**NO_FLAGS, **held, "brief": "課題"}, held) == {"brief": "課題"}
    assert diff({**NO_FLAGS, **held}, {**held, "brief": "課題"}) == {"brief": None}


# --- a note keeps its text while only its wording would change -------------------------------------------------------
OLD = {"status": "preparing", "note": "・課題：未入力"}
NEW = {**NO_FLAGS, "status": "preparing", "note": "・課題：まだ入力されていません"}
FIRST = Told("content", fingerprint("・課題：未入力"))


def test_other_words_for_the_same_keep_the_text() -> None:
    assert tell(FIRST, "content", NEW, OLD) == FIRST
    assert keeps(FIRST, OLD)


@pytest.mark.parametrize(
    ("before", "digest", "desired", "held"),
    [
        (FIRST, "other content", NEW, OLD),
        (FIRST, "content", {**NEW, "status": "ready"}, OLD),
        (FIRST, "content", NEW, {**OLD, "note": "・課題：未入力。"}),
        (FIRST, "content", NEW, {**OLD, "note": None}),
        (FIRST, "content", NEW, None),
        (None, "content", NEW, OLD),
    ],
    ids=["says something else", "another flag changes", "a person's edit", "emptied", "never read", "not remembered"],
)
def test_whatever_else_renews_it(before: Told | None, digest: str, desired: Flags, held: Flags | None) -> None:
    told = tell(before, digest, desired, held)
    assert told == Told(digest, fingerprint(str(desired["note"])))
    assert not keeps(told, held)


def test_the_brief_that_goes_along_does_not_renew_the_note() -> None:
    desired, held = {**NEW, "brief": "課題：新"}, {**OLD, "brief": "課題：旧"}
    assert tell(FIRST, "content", desired, held) == FIRST
