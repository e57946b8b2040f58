"""Whatever the two CRMs answer: reading raises one of our errors, writing never claims what is not there.

Every refusal of the simulator's catalogue, each alone and once; the topics of reading take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from connectors.simulator.catalogue import Trouble, troubles
from sync.errors import BatonError, BugError
from sync.ports import FlagWrite, WriteOutcome
from tests.contract.test_connectors import (  # noqa: F401  # the benches are fixtures
    FLAGS,
    Bench,
    bench,
    hubspot,
    salesforce,
)

READ = ("describe", "read", "search", "list", "definitions", "versions", "account")
SHAPES = ("_message", "_errors")
"""Variants of one refusal whose reading the tests of the bodies cover."""


def _requests(system: str) -> Iterator[Trouble]:
    chosen = (one for one in troubles().values() if one.system == system and one.kind == "request")
    return (one for one in chosen if not one.name.endswith(SHAPES))


def _reading(system: str) -> Iterator[Trouble]:
    """Every refusal at one of the topics that it is about."""
    listed = (one for one in _requests(system) if one.topic in READ)
    for number, (_, group) in enumerate(groupby(listed, key=lambda one: one.name)):
        topics = list(group)
        yield topics[number % len(topics)]


def test_no_refusal_of_a_read_is_anything_but_an_error_of_ours(bench: Bench) -> None:  # noqa: F811
    ids = bench.insert(2)
    bench.settle()
    met = 0
    for trouble in _reading(bench.kind):
        source, _ = bench.reopen({})
        bench.server.control(*trouble.plan(seconds=0.01))
        try:
            source.tenant()
            records = [one for page in source.head(bench.specs, {}) for one in page.records]
            assert {one.ref.record_id for one in records} >= set(ids), trouble.key
        except BatonError as error:
            assert not isinstance(error, BugError), trouble.key
        met += not len(bench.server.faults)
        bench.server.control("faults", {"clear": True})
    assert met > 30
    assert bench.pull()


def test_no_refusal_of_a_write_is_told_as_applied_or_left_untold(bench: Bench) -> None:  # noqa: F811
    ref = bench.ref(bench.insert(1)[0])
    bench.settle()
    for number, trouble in enumerate(one for one in _requests(bench.kind) if one.topic == "write"):
        _, sink = bench.reopen({})
        flags = {**FLAGS, "note": f"次回 {number}"}
        bench.server.control(*trouble.plan(seconds=0.01))
        try:
            outcome = sink.write([FlagWrite(ref, flags)])[0].outcome
        except BatonError as error:
            assert not isinstance(error, BugError), trouble.key
            outcome = WriteOutcome.REJECTED
        assert not len(bench.server.faults), trouble.key
        held = bench.reopen({})[1].read_flags([ref])[ref]
        there = held is not None and held["note"] == flags["note"]
        possible = {WriteOutcome.UNKNOWN, WriteOutcome.APPLIED} if there else set(WriteOutcome) - {WriteOutcome.APPLIED}
        assert outcome in possible, (trouble.key, outcome)
