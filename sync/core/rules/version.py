"""Which judgement this code makes."""

from __future__ import annotations

RULE_VERSION = 5
"""Raise it when the same records under the same definition would be judged differently: all in scope is re-judged."""
