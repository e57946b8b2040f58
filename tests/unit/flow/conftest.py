from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.database import new_store
from tests.store.house import House, build


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = new_store(tmp_path / "baton.db")
    yield build(store)
    store.close()
