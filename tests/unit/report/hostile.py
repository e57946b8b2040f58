"""A report whose every text from a CRM or the operator is one that would like to be more than text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.core.metrics.conclusion import advise, find_breaks, find_guards
from sync.core.metrics.measure import measure
from sync.core.metrics.track import ClockTrack, Track
from sync.report.numbers import Labels, Report, make_labels
from tests.handoffs import settings
from tests.unit.metrics.tracks import TOKYO, V1, V2, question, track

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+1", "-2+3", "\t=1+1", "\r=1+1",
    "\x1b[31mred\x1b]0;title\x07",
    "{{ 7*7 }}{% raw %}", "</style></svg>", "a\u202eb", "javascript:alert(1)",
    "</script><script>alert(1)</script>", "＝1+1", "\u3000＠SUM(1)", "\u200b=1+1", "\u00a0=1+1", "\x9b31mred", "\u2066a\u2069\u061cb",
    "&#60;script>alert(1)&#60;/script>", "W" * 400, "長い名前" * 90, "🎌" * 20_000,
)  # fmt: skip


def make_tracks(texts: Sequence[str] = ("",)) -> list[Track]:
    """Sixty passes under two definitions; `texts` in turn in every field that comes from a CRM or the operator."""
    made: list[Track] = []
    for number in range(60):
        text = texts[number % len(texts)]
        later = number >= 30
        days: dict[str, Any] = {"passed": "10-02" if later else "07-02"}
        if number % (2 if later else 4) == 0:
            days |= {"deal": "10-05" if later else "07-05"} | (
                {"accepted": "10-09"} if later and number % 3 == 0 else {}
            )
        if number % 7 == 0:
            days |= {"returned": "10-06", "return_reason": text or "info_missing"}
        clock = ClockTrack("met" if number % 3 else "breached", track().born_at, 7_200, 3_600, 600, 3_000)
        facts = {"channel": text or "demo", "team": text, "segment": text, "version": "v2" if later else "v1"}
        made.append(
            track(
                **days,
                **facts,
                missing_at_pass=("pain",) if number % 5 == 0 else (),
                states_at_pass=f"pain={'m' if number % 5 == 0 else 'p'} timing=p",
                states="pain=p timing=p",
                clocks={text or "is_first_contact": clock},
            )
        )
        if text:
            made[-1].record = f"salesforce:Lead:{text}"
    return made


def make_report(tracks: list[Track], **given: Any) -> Report:
    asked = question(given.pop("window", ("2026-07", "2026-10")), versions=(V1, V2), **given)
    measured = measure(tracks, asked)
    breaks = find_breaks(measured)
    guards = find_guards(measured, breaks)
    advice = advise(measured, guards, ("pain",), ("is_first_contact",))
    return Report(measured, breaks, guards, advice, ("pain", "timing"), "v2", TOKYO)


def labels_in(language: str = "ja") -> Labels:
    return make_labels(settings(), language, {"salesforce:Lead": "https://example.my.salesforce.com/{id}"})
