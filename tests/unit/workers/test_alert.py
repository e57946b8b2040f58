"""Somebody is told once when something begins and once when it is over; what goes wrong with that stops nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.errors import AuthError, TransientError
from sync.flow.connect import prepare
from sync.flow.unenforced import Count, Standing, write_count
from sync.store.notices import Fate, Notice, begin_life, end_life, note_refused, read_fate, read_notices
from sync.workers.alert import (
    CALM,
    CRASHES,
    AlertKind,
    News,
    compare,
    count_open,
    find_own_troubles,
    find_troubles,
    note_told,
)
from sync.workers.alert_text import compose, tell
from sync.workers.health import read_lags
from sync.workers.herald import EVERY, LATEST, SOONEST, Herald
from tests.store.database import new_store
from tests.store.house import House, build

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
ALL = frozenset(AlertKind)
STOPPED = Notice(AlertKind.STOPPED, "salesforce")
HELD = Notice(AlertKind.HELD, "hubspot:item", {"entries": 600})


class Post:
    """Takes messages, or fails to."""

    def __init__(self) -> None:
        self.taken: list[Mapping[str, Any]] = []
        self.tries = 0
        self.broken: str = ""

    def send(self, message: Mapping[str, Any]) -> None:
        self.tries += 1
        if self.broken:
            raise TransientError(self.broken)
        self.taken.append(message)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(one["id"], one["state"]) for message in self.taken for one in message["alerts"]]


class Scene:
    """A herald, what it sees, and a clock that a test drives."""

    def __init__(self, house: House) -> None:
        self.house, self.post, self.now = house, Post(), AT
        self.found: list[Notice] = []
        self.known = ALL
        self.herald = self.restart()

    def restart(self) -> Herald:
        def look(_now: datetime) -> tuple[list[Notice], frozenset[str]]:
            return self.found, frozenset(self.known)

        self.herald = Herald(self.house.context.store, look, lambda news: compose(news, "en", "sandbox"), self.post)
        return self.herald

    def pass_(self, span: timedelta) -> None:
        end = self.now + span
        while self.now < end:
            self.now += EVERY
            self.herald.step(self.now)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = new_store(tmp_path / "baton.db")
    yield build(store)
    store.close()


@pytest.fixture
def scene(house: House) -> Scene:
    return Scene(house)


# -- once, and once when it is over --------------------------------------------------------------------------------


def test_what_lasts_for_days_is_told_once_across_restarts(scene: Scene) -> None:
    scene.found = [STOPPED]
    scene.pass_(timedelta(hours=3))
    scene.restart()
    scene.pass_(timedelta(hours=3))
    assert scene.post.told == [("stopped:salesforce", "open")]
    scene.found = []
    scene.pass_(timedelta(hours=1))
    assert scene.post.told == [("stopped:salesforce", "open"), ("stopped:salesforce", "over")]
    with scene.house.context.store.read() as tx:
        assert read_notices(tx).open == ()


def test_what_comes_and_goes_every_few_minutes_is_told_once(scene: Scene) -> None:
    for _ in range(40):
        scene.found = [STOPPED]
        scene.pass_(timedelta(minutes=2))
        scene.found = []
        scene.pass_(CALM - timedelta(minutes=1))
    assert scene.post.told == [("stopped:salesforce", "open")]


def test_much_at_once_is_one_message_and_what_follows_waits_a_minute(scene: Scene) -> None:
    scene.found = [STOPPED, HELD]
    scene.pass_(EVERY)
    scene.found = [STOPPED, HELD, Notice(AlertKind.THIN, "is_first_contact", {"teams": 2})]
    scene.pass_(SOONEST - EVERY)
    assert len(scene.post.taken) == 1
    scene.pass_(EVERY)
    assert [len(message["alerts"]) for message in scene.post.taken] == [2, 1]


def test_what_was_over_before_anybody_could_be_told_is_not_told(scene: Scene) -> None:
    scene.post.broken = "hooks.example answered 500"
    scene.found = [STOPPED]
    scene.pass_(timedelta(minutes=10))
    scene.found = []
    scene.pass_(CALM * 2)
    scene.post.broken = ""
    scene.pass_(LATEST * 2)
    assert scene.post.told == []


def test_what_could_not_be_looked_for_is_neither_new_nor_over(scene: Scene) -> None:
    scene.found = [STOPPED]
    scene.pass_(EVERY)
    scene.found, scene.known = [], frozenset({AlertKind.CRASHED, AlertKind.RELOAD})
    scene.restart()
    scene.pass_(CALM * 3)
    assert scene.post.told == [("stopped:salesforce", "open")]


# -- a webhook that fails ------------------------------------------------------------------------------------------


def test_a_message_that_is_not_taken_is_tried_again_ever_more_seldom_and_not_lost(scene: Scene) -> None:
    scene.post.broken = "hooks.example answered 503"
    scene.found = [STOPPED]
    scene.pass_(timedelta(hours=6))
    assert 8 <= scene.post.tries <= 14
    with scene.house.context.store.read() as tx:
        kept = read_notices(tx)
    assert (kept.failure, kept.failing_since) == ("hooks.example answered 503", AT + EVERY)
    scene.post.broken = ""
    scene.restart()
    scene.pass_(timedelta(minutes=1))
    assert scene.post.told == [("stopped:salesforce", "open")]
    with scene.house.context.store.read() as tx:
        assert (read_notices(tx).failure, read_notices(tx).failing_since) == ("", None)


def test_without_anybody_to_tell_it_is_kept_and_shown(scene: Scene) -> None:
    scene.herald.notifier = None
    scene.found = [STOPPED]
    scene.pass_(EVERY)
    assert count_open(scene.herald.open)["stopped"] == 1
    with scene.house.context.store.read() as tx:
        assert [one.key for one in read_notices(tx).open] == ["stopped:salesforce"]


def test_it_writes_only_when_something_is_new(scene: Scene) -> None:
    scene.found = [Notice(AlertKind.BEHIND, "salesforce", {"streams": 1, "minutes": 31})]
    scene.pass_(EVERY)
    before = _changes(scene.house)
    for minutes in range(32, 60):
        scene.found = [Notice(AlertKind.BEHIND, "salesforce", {"streams": 1, "minutes": minutes})]
        scene.pass_(EVERY)
    assert _changes(scene.house) == before


def _changes(house: House) -> int:
    with house.context.store.read() as tx:
        assert tx.connection.dbapi_connection is not None
        return tx.connection.dbapi_connection.total_changes


# -- what is looked for --------------------------------------------------------------------------------------------


def find(house: House, behind: timedelta = timedelta(minutes=30)) -> dict[str, Mapping[str, int]]:
    ready, _ = prepare(house.context)
    with house.context.store.read() as tx:
        lags = read_lags(house.context.store, house.context, house.clock.now)
        return {one.key: one.facts for one in find_troubles(tx, house.context, ready, lags, behind)}


def test_a_house_in_order_has_nothing_to_tell(house: House) -> None:
    house.lead()
    house.run()
    assert find(house) == {}


def test_a_connection_that_is_read_too_late_and_one_that_was_refused(house: House) -> None:
    house.run()
    house.clock.pass_(minutes=45)
    house.hs.tenant_error = AuthError("token refused")
    streams = len(house.context.connections["salesforce"].streams)
    assert find(house) == {"stopped:hubspot": {}, "behind:salesforce": {"streams": streams, "minutes": 45}}


def test_a_stream_that_was_never_read_is_behind_without_a_number(house: House) -> None:
    found = find(house)
    assert "minutes" not in found["behind:salesforce"]
    assert tell(Notice("behind", "salesforce", found["behind:salesforce"]), "en").startswith("salesforce: ")


def test_entries_that_the_gate_holds(house: House) -> None:
    house.change(hold_minimum=2)
    for n in range(5):
        house.lead(f"00Q{n}")
    house.run()
    assert find(house) == {"held:salesforce:item": {"entries": 5}}


def test_thin_evidence_names_the_clock_and_counts_teams(house: House) -> None:
    house.run()
    clock = house.context.rules.is_clock.id
    standings = (
        Standing(clock, "佐藤班", 1, 40, True),
        Standing(clock, "鈴木班", 2, 40, True),
        Standing(clock, "x", 40, 40, False),
    )
    with house.context.store.write() as tx:
        write_count(tx, Count(house.clock.now.date(), "h", standings))
    assert find(house) == {f"thin:{clock}": {"teams": 2}}


def test_only_ends_out_of_order_within_an_hour_are_crashes(house: House) -> None:
    store = house.context.store
    with store.write() as tx:
        for minute in range(CRASHES):
            assert not list(find_own_troubles(begin_life(tx, AT + timedelta(minutes=minute)), AT)), minute
        fate = begin_life(tx, AT + timedelta(minutes=9))
        assert [one.facts for one in find_own_troubles(fate, AT + timedelta(minutes=9))] == [{"times": CRASHES}]
        assert not list(find_own_troubles(fate, AT + timedelta(minutes=70)))
        end_life(tx)
        assert begin_life(tx, AT + timedelta(minutes=10)).crashes == fate.crashes, "the last one ended in order"


def test_settings_that_were_refused_are_told_until_they_are_taken(house: House) -> None:
    with house.context.store.write() as tx:
        note_refused(tx, ["config/baton.yaml:5: mode: x"])
        assert [one.key for one in find_own_troubles(read_fate(tx), AT)] == ["reload"]
        note_refused(tx, [])
        assert list(find_own_troubles(read_fate(tx), AT)) == []


# -- what is said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("over", [False, True])
def test_every_kind_has_words_for_slack_and_names_nobody(language: str, over: bool) -> None:
    facts = {"entries": 600, "streams": 3, "minutes": 45, "teams": 2, "times": 3, "problems": 1}
    news = [News(Notice(kind, "salesforce", facts, AT), over) for kind in AlertKind]
    message = compose(news, language, "production")
    assert len(message["text"].splitlines()) == len(AlertKind) + 1
    assert not re.search(r"[{}]", message["text"])
    assert not (language == "ja" and re.search("違反|不備|エラー", message["text"]))
    assert [one["state"] for one in message["alerts"]] == ["over" if over else "open"] * len(AlertKind)
    assert json.dumps(message, default=str)


def test_the_book_keeps_what_was_told_and_drops_what_is_over() -> None:
    book, news = compare([], [STOPPED, HELD], ALL, AT)
    book = note_told(book, news)
    assert [one.told for one in book] == [True, True]
    book, news = compare(book, [HELD], ALL, AT)
    assert news == []
    book, news = compare(book, [HELD], ALL, AT + CALM)
    assert [(one.notice.key, one.over) for one in news] == [("stopped:salesforce", True)]
    assert note_told(book, news) == [replace(HELD, since=AT, told=True)]


def test_a_fate_is_nothing_before_the_first_life(house: House) -> None:
    with house.context.store.read() as tx:
        assert read_fate(tx) == Fate()
