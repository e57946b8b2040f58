"""What was found of each connection, joined: counts add up, one that did not answer is a gap, none that did is an error."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.mapping.stock import FirstContacts, Stock
from sync.core.model.records import Kind
from sync.errors import TransientError
from sync.flow.audit import Account, Taken, join, take_none
from sync.flow.audit_read import Gap
from sync.ports import Tenant

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def taken(name: str, records: int, at: datetime = NOW) -> Taken:
    stream = f"{name}:people"
    stock = Stock(records=Counter({stream: records}), junk=Counter({("pain", "不明", "placeholder"): records}))
    account = Account(name, Tenant(name, name, False, "UTC"), 3, {}, {}, {})
    contacts = {stream: FirstContacts(records, 1, 1, 5, 5)}
    return Taken(account, at, None, {}, stock, contacts, {}, Counter({"営業": 1}), {stream: Kind.PERSON})


def lost(name: str) -> Taken:
    return take_none(name, {"people": Gap("no_answer", "killed")}, TransientError(f"{name}: killed"), calls=2)


def test_counts_of_all_connections_add_up_as_of_the_later_clock() -> None:
    first, later = taken("a", 2), taken("b", 3, NOW + timedelta(minutes=1))
    found = join([first, later], None)
    assert found.at == later.at
    assert found.stock.records == {"a:people": 2, "b:people": 3}
    assert found.stock.junk == {("pain", "不明", "placeholder"): 5}
    assert found.roles == {"営業": 2}
    assert found.contacts.keys() == found.kinds.keys() == {"a:people", "b:people"}
    assert not found.partial


def test_one_that_was_lost_is_a_gap_and_the_other_is_told() -> None:
    found = join([lost("a"), taken("b", 3)], 500)
    assert found.partial
    assert [(one.name, one.calls, dict(one.unread)) for one in found.accounts] == [
        ("a", 2, {"people": Gap("no_answer", "killed")}),
        ("b", 3, {}),
    ]
    assert found.stock.records == {"b:people": 3}
    assert found.sample == 500


def test_where_none_answered_the_first_error_is_raised() -> None:
    with pytest.raises(TransientError, match="a: killed"):
        join([lost("a"), lost("b")], None)
