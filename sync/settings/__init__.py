"""What the operator decided: files in, compiled settings out, or one ConfigError with everything that is wrong."""

from __future__ import annotations

from sync.settings.edition import load_edition
from sync.settings.load import Vendors, load_settings
from sync.settings.whole import ConnectionSettings, Settings
from sync.settings.write import write_overrides

__all__ = [
    "ConnectionSettings",
    "Settings",
    "Vendors",
    "load_edition",
    "load_settings",
    "write_overrides",
]
