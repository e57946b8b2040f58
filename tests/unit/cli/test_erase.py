"""`baton ops erase`: asks first, tells what went, and refuses what it cannot mean."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sync.app import open_app
from sync.store import handoffs
from sync.store.lock import hold_lock


@pytest.fixture
def copy(trial, tmp_path: Path) -> Path:
    """A company of its own to lose people from."""
    folder = tmp_path / "company"
    shutil.copytree(trial.folder, folder)
    return folder


@pytest.fixture
def person(copy: Path) -> str:
    """A person whom both CRMs know."""
    with open_app(copy, offline=True) as app, app.store.read() as tx:
        stored = handoffs.load(tx, handoffs.read_ids(tx, "", 100)).values()
    members = (one.membership.members for one in stored)
    found = next(refs for refs in members if {"Lead", "contacts"} <= {ref.stream for ref in refs})
    return str(next(ref for ref in found if ref.stream == "contacts"))


def kept(copy: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((copy / "var").glob("baton.db*")))


@pytest.mark.parametrize("said", ["", "\n", "n\n", "maybe\n"])
def test_without_a_yes_nothing_is_erased(baton, copy, person, said) -> None:
    told = baton("ops", "erase", person, "--config", str(copy), said=said)
    assert told.code == 1
    assert person in told.out and "salesforce:Lead:" in told.out
    assert "何も消去していません" in told.out
    assert person.encode() in kept(copy)


def test_json_without_yes_shows_what_would_go(baton, copy, person) -> None:
    told = baton("ops", "erase", person, "--json", "--config", str(copy))
    assert told.code == 1
    assert person in told.json["would_erase"]["records"] and len(told.json["would_erase"]["records"]) >= 2
    assert person.encode() in kept(copy)


def test_what_is_erased_is_gone_from_the_file_and_can_be_kept_again(baton, copy, person) -> None:
    told = baton("ops", "erase", person, "--yes", "--config", str(copy))
    assert told.code == 0 and "消去しました" in told.out and "CRM" in told.out
    assert person.encode() not in kept(copy)
    again = baton("ops", "erase", person, "--yes", "--config", str(copy))
    assert again.code == 2 and "no stored record" in again.err
    lifted = baton("ops", "erase", person, "--lift", "--json", "--config", str(copy))
    assert (lifted.code, lifted.json) == (0, {"lifted": 1})
    assert baton("ops", "erase", person, "--lift", "--config", str(copy)).code == 1


@pytest.mark.parametrize("text", ["310000000115", "hubspot:contacts", "a:b:", "\x1b[31m::x"])
def test_a_record_that_is_to_be_kept_again_is_named_in_full(baton, copy, text) -> None:
    told = baton("ops", "erase", text, "--lift", "--config", str(copy))
    assert told.code == 2 and "connection:stream:id" in told.err and "\x1b" not in told.err


def test_a_running_daemon_keeps_its_store(baton, copy, person) -> None:
    with open_app(copy, offline=True) as app, hold_lock(app.store):
        told = baton("ops", "erase", person, "--yes", "--config", str(copy))
    assert told.code == 2 and "in use" in told.err
