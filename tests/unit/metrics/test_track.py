"""Stages are events: skipped, entered twice, re-opened, closed without a trace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.core.metrics.track import accept, close, enter
from tests.unit.metrics.tracks import at

WANTED = frozenset({"提案・見積", "Negotiation"})


def test_the_first_entry_counts_whatever_came_later() -> None:
    stages = [
        (at("10-01"), "Prospecting"),
        (at("10-05"), "提案・見積"),
        (at("10-07"), "Prospecting"),
        (at("10-09"), "提案・見積"),
    ]
    assert enter(stages, WANTED) == at("10-05")


def test_a_stage_that_was_skipped_was_not_entered() -> None:
    assert enter([(at("10-01"), "Prospecting"), (at("10-05"), "Closed Won")], WANTED) is None


def test_a_deal_that_skipped_the_stage_and_was_won_was_accepted_when_it_was_won() -> None:
    assert accept(None, None, at("10-20")) == at("10-20")
    assert accept(at("10-03"), at("10-05"), at("10-20")) == at("10-03")
    assert accept(None, None, None) is None


def test_a_deal_that_was_opened_again_is_not_closed() -> None:
    stages = [(at("10-01"), "Prospecting"), (at("10-05"), "Closed Won"), (at("10-07"), "Negotiation")]
    assert close(stages, "Negotiation", closed=False) is None


def test_of_two_closings_the_latest_counts() -> None:
    stages = [(at("10-05"), "Closed Lost"), (at("10-07"), "Negotiation"), (at("10-20"), "Closed Won")]
    assert close(stages, "Closed Won", closed=True) == at("10-20")
    assert close(list(reversed(stages)), "Closed Won", closed=True) == at("10-20")


def test_a_history_that_ends_elsewhere_does_not_tell_when_a_deal_was_closed() -> None:
    """Read before the row of the closing came, or renamed since."""
    assert close([(at("10-01"), "Prospecting")], "Closed Won", closed=True) is None
    assert close([], "Closed Won", closed=True) is None


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["A", "提案・見積", "Closed Won", "Closed Lost"]))))
def test_the_order_in_which_rows_come_changes_nothing(rows: list[tuple[int, str]]) -> None:
    stages = [(at(f"10-{day:02}", hour=number % 24), stage) for number, (day, stage) in enumerate(rows)]
    stages = list({moment: (moment, stage) for moment, stage in stages}.values())
    present = max(stages)[1] if stages else ""
    assert enter(stages, WANTED) == enter(stages[::-1], WANTED)
    assert close(stages, present, closed=True) == close(stages[::-1], present, closed=True)
