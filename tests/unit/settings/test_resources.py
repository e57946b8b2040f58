"""Where the shipped files are found."""

from __future__ import annotations

import pytest

from sync import resources
from sync.errors import BugError


def test_inside_a_wheel_the_shipped_copy_goes_first(tmp_path):
    engine = tmp_path / "sync"
    (engine / "_shipped" / "config").mkdir(parents=True)
    (tmp_path / "config").mkdir()

    assert resources.room("config", engine) == engine / "_shipped" / "config"


def test_in_a_checkout_the_folder_beside_the_engine(tmp_path):
    (tmp_path / "sync").mkdir()
    (tmp_path / "mappings").mkdir()

    assert resources.shipped("mappings/handoff.yaml", tmp_path / "sync") == tmp_path / "mappings" / "handoff.yaml"


def test_an_incomplete_installation_says_so(tmp_path):
    with pytest.raises(BugError, match="incomplete"):
        resources.room("config", tmp_path / "sync")


def test_this_installation_has_its_files():
    assert resources.shipped("config/baton.yaml").is_file()
    assert resources.shipped("mappings/handoff.yaml").is_file()
