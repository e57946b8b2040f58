"""Every text of the flags in both languages, filled in as on a record: `python -m tests.unit.rules.texts` prints them."""

from __future__ import annotations

import string
from collections.abc import Iterator

from sync.core.rules.catalogue import CATALOGUES

_SAMPLES = {
    "ja": {
        "label": "決裁者", "raw": "確認中", "why": "金額として読み取れません（例：300万円）", "reason": "情報不足", "count": "2", "because": "情報不足", "stream": "Contact", "field": "Title",
        "ask": " → 次回、最終決裁者と稟議の流れを確認", "actor": "IS", "items": "会社名、リードソース", "months": "6", "rank": "課長", "least": "70",
        "system": "HubSpot", "systems": "HubSpotとSalesforce", "clock": "FS初回対応", "due": "10/07 18:00", "at": "10/08 10:20",
        "held": "HubSpot「300万円」／Salesforce「500万円」", "cycle": "2", "until": "2026/12/31", "where": "この商談の「引き継ぎ情報」欄", "topic": "予算",
        "text": "確保済み", "source": "Salesforce", "first": "2026/10/06", "last": "2027/03/31", "day": "2026/10/06", "what": "架電",
    },
    "en": {
        "label": "Decision maker", "raw": "確認中", "why": "cannot be read as an amount (e.g. 3,000,000 JPY)", "reason": "情報不足", "because": "information missing", "stream": "Contact", "field": "Title",
        "ask": " → ask who signs off and how approval works", "actor": "IS", "items": "Company, Lead source", "months": "6", "least": "70", "count": "2",
        "system": "HubSpot", "systems": "HubSpot and Salesforce", "clock": "FS first contact", "due": "10/07 18:00", "rank": "manager",
        "at": "10/08 10:20", "held": 'HubSpot "300万円" / Salesforce "500万円"', "cycle": "2", "until": "2026/12/31", "where": 'the section "Handoff" of this opportunity',
        "topic": "Budget", "text": "確保済み", "source": "Salesforce", "first": "2026/10/06", "last": "2027/03/31",
        "day": "2026/10/06", "what": "call",
    },
}  # fmt: skip


def rendered(language: str) -> Iterator[tuple[str, str]]:
    """Message ids with their texts. Raises KeyError for a placeholder that has no sample here."""
    for message, text in CATALOGUES[language].items():
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        samples = {**_SAMPLES[language], **({"ask": "…"} if message == "ask" else {})}
        yield message, text.format(**{name: samples[name] for name in names})


if __name__ == "__main__":
    for (message, ja), (_, en) in zip(rendered("ja"), rendered("en"), strict=True):
        print(f"{message}\n    {ja}\n    {en}")
