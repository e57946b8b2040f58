from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.fixed import changed
from sync.core.model.handoff import Memory
from tests.handoffs import at


def test_a_changed_copy_is_the_one_that_replace_makes() -> None:
    memory = Memory(at("10-05 10:00"), rounds=(at("10-06 10:00"),), confirm_failed=True)
    copy = changed(memory, frozen_at=at("10-07 18:00"), confirm_failed=False)
    assert copy == replace(memory, frozen_at=at("10-07 18:00"), confirm_failed=False)
    assert memory.frozen_at is None
    assert memory.confirm_failed


def test_a_field_that_does_not_exist_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="frozen_on"):
        changed(Memory(), frozen_on=at("10-07 18:00"))
