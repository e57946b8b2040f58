"""Logs: one structured event per transition, on standard error, without secrets and without anybody's data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(r"secret|token|password|passphrase|authorization|api_?key|assertion|cookie", re.IGNORECASE)
_CONTENT_KEYS = frozenset({"value", "values", "raw", "note", "old", "new", "body", "ng_topics", "flags", "record"})
"""What people typed into a CRM (numbers under these names are counts); events name records by id."""
_PATTERNS = (
    re.compile(r"(?i)bearer\s+\S+"),
    re.compile(r"(?i)\b(?:access_token|refresh_token|client_secret|password|assertion|code)=[^&\s\"']+"),
    re.compile(r"\bpat-[a-z]{2}\d-[0-9a-fA-F-]{8,}"),
    re.compile(r"\b00D\w{12,15}![\w.]+"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
    re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<=://)[^/@\s]+:[^/@\s]+(?=@)"),
)
"""Bearer headers, form fields of grants, HubSpot and Salesforce tokens, JWTs, e-mail addresses, passwords in URLs."""


def redact_text(text: str) -> str:
    """The text with everything that looks like a token, a password or an e-mail address replaced."""
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return text


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor behind every renderer."""
    return {key: _clean(value, key) for key, value in event.items()}


def configure(*, as_json: bool, level: str = "info", stream: TextIO | None = None) -> None:
    """Set logging up once per process. Libraries' own messages pass from `warning` on, through the same redaction."""
    out = stream or sys.stderr
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks become text before redaction: an exception's message may quote what a vendor answered.
    rendering: list[Processor] = [structlog.processors.format_exc_info, redact, renderer]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    chain = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=chain))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _clean(value: Any, key: str = "") -> Any:
    if _SECRET_KEY.search(key):
        return HIDDEN
    if isinstance(value, int | float | bool | None):
        return value
    if key in _CONTENT_KEYS:
        return HIDDEN
    if isinstance(value, Mapping):
        return {inner: _clean(kept, str(inner)) for inner, kept in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    return redact_text(str(value))
