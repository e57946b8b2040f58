"""Rates and how sure one can be of them. Pure."""

from __future__ import annotations

from sync.core.metrics.rate import Rate, may_differ

__all__ = ["Rate", "may_differ"]
