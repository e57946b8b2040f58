from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.calendar import Target, TargetKind, parse_target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("none", Target(TargetKind.NONE)),
        ("same_business_day", Target(TargetKind.SAME_BUSINESS_DAY)),
        ("5 business_minutes", Target(TargetKind.WORKING_TIME, timedelta(minutes=5))),
        ("1 business_minute", Target(TargetKind.WORKING_TIME, timedelta(minutes=1))),
        ("4 business_hours", Target(TargetKind.WORKING_TIME, timedelta(hours=4))),
        (" 4 Business hours ", Target(TargetKind.WORKING_TIME, timedelta(hours=4))),
        ("90 business_seconds", Target(TargetKind.WORKING_TIME, timedelta(seconds=90))),
        ("2 business_days", Target(TargetKind.BUSINESS_DAYS, days=2)),
        ("24 hours", Target(TargetKind.ELAPSED, timedelta(hours=24))),
        ("15 minutes", Target(TargetKind.ELAPSED, timedelta(minutes=15))),
    ],
)
def test_targets(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize("text", ["", "soon", "0 business_days", "-1 hours", "2 weeks", "1.5 hours", "business_days"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(ValueError, match="not a target"):
        parse_target(text)
