"""HubSpot's ten-second windows: our share of them, and no more while others use the rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot.windows import Windows
from connectors.kit.limiter import Limiter
from connectors.kit.pace import Pace


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    @property
    def pace(self) -> Pace:
        return Pace(lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


def headers(most: int, left: int) -> dict[str, str]:
    names = {"Max": most, "Remaining": left, "Interval-Milliseconds": 10_000}
    return {f"X-HubSpot-RateLimit-{name}": str(value) for name, value in names.items()}


def run(windows: Windows, time: Seconds, calls: int, path: str, most: int = 190) -> list[float]:
    """When so many calls start, with nobody else there."""
    starts: list[float] = []
    for _ in range(calls):
        windows.wait(path)
        starts.append(time.now)
        used = sum(one > time.now - 10 for one in starts)
        windows.note(headers(most, most - used))
        time.now += 0.01
    return starts


def most_in(starts: list[float], seconds: float) -> int:
    return max(sum(first <= one < first + seconds - 1e-6 for one in starts) for first in starts)


def test_our_share_of_the_window_is_kept_and_used() -> None:
    time = Seconds()
    starts = run(Windows(0.75, time.pace), time, 500, "/crm/objects/2026-09/contacts/batch/read")
    assert most_in(starts[1:], 10) == 142  # the first one told how large the window is
    assert time.now < 31 + 3 * 0.2  # 500 calls at 142 in ten seconds: nothing waits longer than it must


def test_associations_have_a_window_of_their_own() -> None:
    for most, own in ((100, 75), (110, 75), (190, 112), (250, 150)):
        time = Seconds()
        starts = run(Windows(0.75, time.pace), time, 400, "/crm/associations/2026-09/a/b/batch/read", most)
        assert most_in(starts[1:], 10) <= min(own, int(most * 0.75))


def test_before_the_first_answer_nothing_waits_and_search_tells_nothing() -> None:
    time = Seconds()
    windows = Windows(0.75, time.pace)
    for _ in range(300):
        windows.wait("/crm/objects/2026-09/contacts/batch/read")
        windows.note({"X-HubSpot-RateLimit-Daily": "5"})
        windows.note({"X-HubSpot-RateLimit-Max": "²", "X-HubSpot-RateLimit-Remaining": "9" * 40})
    assert time.now == 0


def test_what_others_take_of_the_rest_slows_us_down() -> None:
    time = Seconds()
    windows = Windows(0.5, time.pace)
    windows.note(headers(100, 50))
    windows.wait("/a")
    assert time.now == 0
    windows.note(headers(100, 25))
    windows.wait("/a")
    assert time.now == 5
    windows.note(headers(100, 0))
    windows.wait("/a")
    assert time.now == 15


def test_the_whole_window_may_be_ours() -> None:
    time = Seconds()
    windows = Windows(1.0, time.pace)
    windows.note(headers(100, 0))
    windows.wait("/a")
    assert time.now == 0


@given(st.floats(0.1, 20), st.floats(0.5, 12), st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_span_sees_more_starts_than_allowed(amount: float, seconds: float, gaps: list[float]) -> None:
    time = Seconds()
    limiter = Limiter(amount, seconds, lambda: time.now, time.sleep)
    starts: list[float] = []
    for gap in gaps:
        time.now += gap
        limiter.wait()
        starts.append(time.now)
    assert most_in(starts, seconds) <= max(amount, 1)
    rate = seconds / amount
    assert all(
        later - earlier <= max(seconds, rate) + gap + 1e-6
        for earlier, later, gap in zip(starts, starts[1:], gaps[1:], strict=False)
    )
