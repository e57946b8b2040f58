"""What numbers say together: a changed definition, a rate that was bought with others, what to do next."""

from __future__ import annotations

from sync.core.metrics.conclusion import advise, find_breaks, find_guards
from sync.core.metrics.track import ClockTrack, Track
from tests.unit.metrics.tracks import V1, V2, many, measured, track


def _passes(month: str, version: str, n: int, deals: int, accepted: int) -> list[Track]:
    """So many passes on the second of a month; of the deals some are accepted."""
    made = []
    for number in range(n):
        days = {"deal": f"{month}-05"} if number < deals else {}
        days |= {"accepted": f"{month}-08"} if number < accepted else {}
        made.append(track(f"{month}-01", passed=f"{month}-02", version=version, **days))
    return made


def test_18_percent_became_36_with_fewer_passes() -> None:
    found = measured(*_passes("07", "v1", 200, 36, 20), *_passes("09", "v2", 100, 36, 20), versions=(V1, V2))
    (one,) = find_breaks(found)
    assert (one.before, one.after, one.first_day, one.label) == ("v1", "v2", "2026-08-01", "厳格化")
    rate = one.comparisons[0]
    assert (rate.before.share, rate.after.share, rate.differs) == (0.18, 0.36, True)
    assert find_guards(found, [one]) == ()


def test_a_version_without_passes_draws_no_line() -> None:
    assert find_breaks(measured(*_passes("07", "v1", 40, 10, 5), versions=(V1, V2))) == ()


def test_more_opportunities_of_which_field_sales_takes_fewer_is_a_finding() -> None:
    found = measured(*_passes("07", "v1", 100, 40, 36), *_passes("09", "v2", 100, 70, 20), versions=(V1, V2))
    (guard,) = find_guards(found, find_breaks(found))
    assert (guard.kind, guard.risen.rate, guard.fallen.rate) == ("version", "pass_to_deal", "pass_accepted")
    assert advise(found, [guard], (), ())[0].id == "guard"


def test_a_fall_within_the_interval_is_none() -> None:
    found = measured(*_passes("07", "v1", 100, 40, 20), *_passes("09", "v2", 100, 70, 33), versions=(V1, V2))
    assert find_guards(found, find_breaks(found)) == ()


def test_a_few_passes_prove_nothing() -> None:
    found = measured(*_passes("07", "v1", 20, 8, 8), *_passes("09", "v2", 20, 15, 1), versions=(V1, V2))
    (one,) = find_breaks(found)
    assert one.comparisons[0].differs is None
    assert find_guards(found, [one]) == ()


def test_without_another_definition_the_latest_months_are_held_against_those_before() -> None:
    early = [t for month in ("05", "06", "07") for t in _passes(month, "v1", 40, 16, 15)]
    late = [t for month in ("08", "09", "10") for t in _passes(month, "v1", 40, 30, 8)]
    (guard,) = find_guards(measured(*early, *late, trend=tuple(f"2026-{m:02}" for m in range(5, 11))), ())
    assert (guard.kind, guard.before, guard.after) == ("months", "2026-05–2026-07", "2026-08–2026-10")


def test_what_to_do_next_names_the_item_and_where_it_leaks_most() -> None:
    demo = many(
        20, 15, lambda hit: track(passed="10-02", channel="demo", states_at_pass=f"pain={'m' if hit else 'p'} memo=m")
    )
    ad = many(
        20, 4, lambda hit: track(passed="10-02", channel="ad", states_at_pass=f"pain={'h' if hit else 'p'} memo=m")
    )
    (advice,) = advise(measured(*demo, *ad), (), ("pain",), ())
    assert (advice.id, advice.item, advice.channel, advice.count, advice.of) == ("leak", "pain", "demo", 15, 20)


def test_what_cannot_be_read_is_no_leak() -> None:
    passes = [track(passed="10-02", channel="demo", states_at_pass="pain=u") for _ in range(30)]
    assert advise(measured(*passes), (), ("pain",), ()) == ()


def test_a_channel_that_waits_too_long_and_a_definition_that_field_sales_does_not_believe() -> None:
    slow = many(
        20,
        12,
        lambda late: track(
            channel="ad", clocks={"is_first_contact": ClockTrack("met_late" if late else "met", track().born_at)}
        ),
    )
    doubted = track(passed="10-02", returned="10-03", return_reason="info_missing", missing_at_pass=())
    ids = [one.id for one in advise(measured(*slow, doubted), (), (), ("is_first_contact",))]
    assert ids == ["slow", "doubted"]
