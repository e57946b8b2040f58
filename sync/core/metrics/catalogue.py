"""Which rates there are: what counts in each, what is a hit, and by which instants both are dated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.core.metrics.track import INFO_MISSING, Track


@dataclass(frozen=True, slots=True)
class RateSpec:
    """One rate over cycles. A cohort view dates hits by `entry`; a period view dates them by `exit`."""

    id: str
    counts: Callable[[Track], bool]
    hit: Callable[[Track], bool]
    entry: Callable[[Track], datetime | None]
    exit: Callable[[Track], datetime | None]
    ripens: bool = True
    """Whether a cohort's hits go on coming."""
    of_passes: bool = True
    """Whether complete and incomplete passes can be told apart in it."""


def _is_any(_: Track) -> bool:
    return True


def _is_passed(track: Track) -> bool:
    return track.passed


def _is_deal(track: Track) -> bool:
    return track.is_deal


def _is_passed_deal(track: Track) -> bool:
    return track.passed and track.is_deal


def _is_known_pass(track: Track) -> bool:
    return track.passed and track.missing_at_pass is not None


def _is_accepted(track: Track) -> bool:
    return track.accepted


def _is_closed(track: Track) -> bool:
    return track.is_deal and track.closed


def _is_won(track: Track) -> bool:
    return track.won


def _is_returned(track: Track) -> bool:
    return track.returned


def _is_complete(track: Track) -> bool:
    return track.complete is True


def _is_complete_pass(track: Track) -> bool:
    return track.passed and track.complete is True


def _is_returned_for_info(track: Track) -> bool:
    return track.returned and track.return_reason == INFO_MISSING


def _born_at(track: Track) -> datetime | None:
    return track.born_at


def _passed_at(track: Track) -> datetime | None:
    return track.passed_at


def _deal_at(track: Track) -> datetime | None:
    return track.deal_at


def _accepted_at(track: Track) -> datetime | None:
    return track.accepted_at


def _closed_at(track: Track) -> datetime | None:
    return track.closed_at


def _won_at(track: Track) -> datetime | None:
    return track.won_at


def _returned_at(track: Track) -> datetime | None:
    return track.returned_at


LEAD_TO_DEAL, PASS_TO_DEAL, ACCEPTED, WON = "lead_to_deal", "pass_to_deal", "accepted", "won"
WON_OF_CLOSED = "won_of_closed"
PASS_ACCEPTED, PASS_WON = "pass_accepted", "pass_won"
RETURNED, COMPLETE, DOUBTED = "returned", "complete", "doubted"

RATES: Mapping[str, RateSpec] = {
    spec.id: spec
    for spec in (
        RateSpec(LEAD_TO_DEAL, _is_any, _is_deal, _born_at, _deal_at),
        RateSpec(PASS_TO_DEAL, _is_passed, _is_deal, _passed_at, _deal_at),
        RateSpec(ACCEPTED, _is_deal, _is_accepted, _deal_at, _accepted_at),
        RateSpec(WON, _is_deal, _is_won, _deal_at, _won_at),
        RateSpec(WON_OF_CLOSED, _is_closed, _is_won, _closed_at, _closed_at, ripens=False),
        # The same by the month of the pass: what became of the cohorts whose 商談化率 is looked at.
        RateSpec(PASS_ACCEPTED, _is_passed_deal, _is_accepted, _passed_at, _accepted_at),
        RateSpec(PASS_WON, _is_passed_deal, _is_won, _passed_at, _won_at),
        RateSpec(RETURNED, _is_passed, _is_returned, _passed_at, _returned_at),
        RateSpec(COMPLETE, _is_known_pass, _is_complete, _passed_at, _passed_at, ripens=False),
        # Complete by the definition, and FS found something missing: how often the definition is wrong.
        RateSpec(DOUBTED, _is_complete_pass, _is_returned_for_info, _passed_at, _returned_at),
    )
}
OUTCOMES = (PASS_TO_DEAL, PASS_ACCEPTED, PASS_WON, RETURNED)
"""What complete and incomplete passes are compared by."""
