"""What `baton report` says on the terminal."""

from __future__ import annotations

SAVED = {"ja": "レポートを作成しました：{path}", "en": "report written: {path}"}
FORMAT_NEEDS_FILE = "an Excel file needs --output FILE"
MONTH_IS_NONE = "--month {text!r} is no month: write YYYY-MM, or YYYY-MM..YYYY-MM"
RATE_IS_NONE = "--list {rate!r} is no rate: one of {known}"
NO_SEGMENT = (
    "report.segment is not set, so there is nothing to part by",
    "write `report: {segment: ITEM}` with an item that is picked from a list, e.g. an industry",
)
