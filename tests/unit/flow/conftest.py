from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.store import open_store
from tests.store.house import House, build


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = open_store(f"sqlite:///{tmp_path / 'baton.db'}")
    yield build(store)
    store.close()
