"""Rates and how sure one can be of them. Pure."""

from __future__ import annotations

from sync.core.metrics.measure import Measured, measure
from sync.core.metrics.question import Question
from sync.core.metrics.rate import Rate, may_differ
from sync.core.metrics.track import Track

__all__ = ["Measured", "Question", "Rate", "Track", "may_differ", "measure"]
