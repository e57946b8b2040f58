"""Raw CRM values to canonical ones: one reader per kind, by name."""

from __future__ import annotations

from sync.core.mapping.normalise.company import company_key
from sync.core.mapping.normalise.day import find_day
from sync.core.mapping.normalise.email import email_key, email_markers, is_shared_address
from sync.core.mapping.normalise.registry import KINDS, normalise
from sync.core.mapping.normalise.tables import RANKS, Tables, compile_tables, fold
from sync.core.mapping.normalise.text import is_follow_up, is_vague

__all__ = [
    "KINDS",
    "RANKS",
    "Tables",
    "company_key",
    "compile_tables",
    "email_key",
    "email_markers",
    "find_day",
    "fold",
    "is_follow_up",
    "is_shared_address",
    "is_vague",
    "normalise",
]
