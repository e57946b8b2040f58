"""What a report counts: both views, persons and cycles, what is too young, too few or undated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.metrics.catalogue import RATES
from sync.core.metrics.measure import BY, VERSION, WHOLE, ClockFigure, belongs, measure
from sync.core.metrics.question import end_of, months_until
from sync.core.metrics.track import ClockTrack, Track
from tests.unit.metrics.tracks import TOKYO, at, measured, question, track


def _pair(figure: object) -> tuple[int, int]:
    return figure.numerator, figure.denominator  # type: ignore[attr-defined]  # any figure


def test_a_month_is_the_company_s() -> None:
    """Half past eight in the evening of the 30th in UTC is October in Tokyo."""
    assert question().month_of(datetime(2026, 9, 30, 20, 30, tzinfo=UTC)) == "2026-10"
    assert months_until("2026-02", 3) == ("2025-12", "2026-01", "2026-02")
    assert end_of("2026-12", TOKYO) == datetime(2026, 12, 31, 15, tzinfo=UTC)


def test_a_cohort_counts_by_the_entry_and_a_period_by_what_happened_in_it() -> None:
    found = measured(
        track("09-20", passed="09-25", deal="10-02", accepted="10-10"),
        track("10-03", passed="10-05", deal="10-06"),
        track("10-03", passed="10-07"),
    )
    assert _pair(found.figure("pass_to_deal")) == (1, 2)
    assert _pair(found.figure("pass_to_deal", view="period")) == (2, 2)
    assert _pair(found.figure("accepted")) == (1, 2)
    assert _pair(found.figure("lead_to_deal", months=("2026-09",))) == (1, 1)


def test_won_of_those_closed_is_another_number_than_won_of_those_opened() -> None:
    found = measured(
        track("08-01", passed="08-03", deal="08-05", won="10-01"),
        track("10-01", passed="10-02", deal="10-03", lost="10-20"),
        track("10-01", passed="10-02", deal="10-03"),
    )
    assert _pair(found.figure("won")) == (0, 2)
    assert _pair(found.figure("won_of_closed", view="period")) == (1, 2)


def test_a_period_that_counts_others_than_it_divides_by_has_no_interval() -> None:
    found = measured(
        track("09-20", passed="09-25", deal="10-02"), track("10-03", passed="10-05", deal="10-06"), smallest=1
    )
    period = found.figure("pass_to_deal", view="period")
    assert period.share == 2.0 and period.counted is None and period.interval is None
    assert found.figure("pass_to_deal").interval is not None


def test_persons_and_cycles_are_counted_apart() -> None:
    found = measured(track(passed="10-02", deal="10-03"), track(passed="10-05", cycle=2))
    figure = found.figure("pass_to_deal")
    assert _pair(figure) == (1, 2) and (figure.first.hits, figure.first.n) == (1, 1)
    assert (found.tracks, found.firsts) == (2, 1)


def test_what_nobody_dated_is_counted_apart_and_in_no_month() -> None:
    found = measured(track(passed="10-02"), Track("h", "r", passed=True, born_at=at("10-01")))
    assert found.undated["pass_to_deal"] == 1
    assert found.figure("pass_to_deal").denominator == 1


def test_a_young_cohort_is_marked_and_not_hidden() -> None:
    """Four of five become an opportunity within thirty days: on the 1st of December, November is too young."""
    old = [track("09-01", passed="09-01", deal="10-01") for _ in range(20)]
    found = measured(*old, track("11-20", passed="11-20"), window=("2026-11",))
    figure = found.figure("pass_to_deal")
    assert (figure.mature, figure.denominator) == (False, 1)
    assert found.figure("pass_to_deal", months=("2026-10",)).mature is True
    assert found.figure("complete", months=("2026-11",)).mature is True


def test_how_long_it_takes_is_not_guessed_from_a_few() -> None:
    assert measured(track(passed="10-01", deal="10-20")).figure("pass_to_deal").mature is None


@pytest.mark.parametrize(("n", "withheld"), [(9, True), (10, False)])
def test_a_small_sample_is_withheld(n: int, withheld: bool) -> None:
    found = measured(*[track(passed="10-02") for _ in range(n)])
    assert found.figure("pass_to_deal").withheld is withheld


def test_every_number_knows_its_records_and_versions() -> None:
    one, other = track(passed="10-02", deal="10-03"), track(passed="10-02", version="v2")
    figure = measured(one, other).figure("pass_to_deal")
    assert (figure.records, figure.others, figure.versions) == ((one.record,), (other.record,), ("v1", "v2"))
    assert belongs(one, question(), "pass_to_deal", hit=True) and not belongs(
        other, question(), "pass_to_deal", hit=True
    )


def test_groups_add_up() -> None:
    found = measured(*[track(passed="10-02", channel=channel) for channel in ("demo", "demo", "ad", "")])
    assert found.groups("pass_to_deal") == ["demo", "", "ad"]
    assert sum(found.figure("pass_to_deal", by=BY, group=g).denominator for g in found.groups("pass_to_deal")) == 4
    teams = measured(track(passed="10-02", team="東日本"), track(passed="10-02", team="西日本"), by="team")
    assert teams.groups("pass_to_deal") == ["東日本", "西日本"]


def test_complete_and_incomplete_passes_are_told_by_the_frozen_state() -> None:
    found = measured(
        track(passed="10-02", deal="10-03", missing_at_pass=(), states="pain=m"),
        track(passed="10-02", missing_at_pass=("pain",), states="pain=p"),
        track(passed="10-02"),
    )
    for group, n, hits in (("yes", 1, 1), ("no", 1, 0), ("unknown", 1, 0)):
        assert _pair(found.figure("pass_to_deal", by=WHOLE, group=group)) == (hits, n)
    assert _pair(found.figure("complete")) == (1, 2)


def test_returned_for_want_of_information_although_complete() -> None:
    found = measured(
        track(passed="10-02", returned="10-03", return_reason="info_missing", missing_at_pass=()),
        track(passed="10-02", returned="10-03", return_reason="info_missing", missing_at_pass=("pain",)),
        track(passed="10-02", returned="10-03", return_reason="too_early", missing_at_pass=()),
        track(passed="10-02", missing_at_pass=()),
    )
    assert _pair(found.figure("doubted")) == (1, 3)
    assert _pair(found.figure("returned")) == (3, 4)
    assert found.reason_counts == {"info_missing": 2, "too_early": 1}


def test_states_of_items_at_the_pass_and_now_are_two_things() -> None:
    found = measured(track(passed="10-02", channel="demo", states_at_pass="pain=m timing=p", states="pain=p timing=s"))
    assert found.fills["then", "channel", "demo"] == {"pain=m": 1, "timing=p": 1}
    assert found.fills["now", "all", ""] == {"pain=p": 1, "timing=s": 1}
    assert found.fills["now", "month", "2026-10"] == {"pain=p": 1, "timing=s": 1}


def test_a_clock_counts_what_is_settled_and_times_what_was_answered() -> None:
    clocks = [
        ClockTrack("met", at("10-02"), 7_200, 3_600, 600, 3_000),
        ClockTrack("met_late", at("10-02"), 90_000, 30_000),
        ClockTrack("breached", at("10-02")),
        ClockTrack("waiting", at("10-02")),
        ClockTrack("unverified", at("10-02")),
        ClockTrack("none", at("10-02")),
        ClockTrack("met", at("08-02"), 60, 60),
    ]
    found = measured(*[track(channel="demo", clocks={"is_first_contact": clock}) for clock in clocks])
    figure: ClockFigure = found.clocks["is_first_contact", "demo"]
    assert (figure.met.hits, figure.met.n, figure.open) == (1, 3, 2)
    assert (figure.working.median, figure.system.median, figure.human.median) == (60, 10, 50)
    assert [t.channel for t in found.lists["overdue"]] == ["demo"]


_DAYS = st.sampled_from(["08-10", "09-05", "10-02", "10-28", "11-30"])


@st.composite
def _tracks(draw: st.DrawFn) -> Track:
    """Anything that can be on record, the order of days included."""
    days = {
        name: draw(_DAYS) for name in ("passed", "deal", "accepted", "won", "lost", "returned") if draw(st.booleans())
    }
    if "deal" not in days:
        days = {name: day for name, day in days.items() if name not in ("accepted", "won", "lost")}
    missing = draw(st.sampled_from([None, (), ("pain",)]))
    return track(
        draw(_DAYS),
        cycle=draw(st.integers(1, 2)),
        channel=draw(st.sampled_from(["demo", ""])),
        missing_at_pass=missing,
        **days,
    )


@given(st.lists(_tracks(), max_size=30), st.randoms())
def test_whatever_comes_in_whatever_order_the_parts_make_up_the_whole(tracks: list[Track], random: object) -> None:
    asked = question(("2026-09", "2026-10"))
    found = measure(tracks, asked)
    for rate, spec in RATES.items():
        figure = found.figure(rate)
        mine = [t for t in tracks if belongs(t, asked, rate)]
        assert _pair(figure) == (sum(spec.hit(t) for t in mine), len(mine))
        assert 0 <= figure.numerator <= figure.denominator
        assert figure.first.n <= figure.denominator
        by_group = [found.figure(rate, by=BY, group=group) for group in found.groups(rate)]
        by_month = [found.figure(rate, months=(month,)) for month in asked.months]
        by_version = [found.figure(rate, by=VERSION, group=v) for v in found.groups(rate, VERSION)]
        for parts in (by_group, by_month, by_version):
            assert _pair(figure) == (sum(p.numerator for p in parts), sum(p.denominator for p in parts))
    shuffled = [*tracks]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random
    again = measure(shuffled, asked)
    assert [_pair(again.figure(rate)) for rate in RATES] == [_pair(found.figure(rate)) for rate in RATES]
