"""Record pages as people would see them with our fields on: a Salesforce record and a HubSpot contact, drawn by ourselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from sync.core.model.flags import FLAG_FIELDS, FlagField, Flags, FlagType, fields_on
from sync.core.model.records import Kind, RecordRef
from sync.report.catalogue import SCREEN_TEXTS
from sync.report.demo import LANGUAGES, Words, say_when, show_flag, tone

SYSTEMS = ("salesforce", "hubspot")
KINDS = {"opportunity": Kind.DEAL, "lead": Kind.PERSON, "contact": Kind.PERSON}


@dataclass(frozen=True, slots=True)
class Screen:
    """One record: what people typed into it, and our flags in each language."""

    ref: RecordRef
    kind: str
    """`opportunity`, `lead` or `contact`."""
    title: str
    facts: Sequence[tuple[str, str]]
    """The few that head the page: name of a text in the catalogue (`fact_…`), value."""
    inputs: Sequence[tuple[str, str]]
    """Item id and value as typed, of every item that has a field of its own here."""
    flags: Mapping[str, Flags]
    """By language: the texts differ."""
    chosen: frozenset[str] = frozenset()
    """Of our fields that are there by choice those that are."""


def write_screens(screens: Sequence[Screen], folder: Path, words: Words) -> list[Path]:
    """Write `salesforce-ja.html`, `salesforce-en.html`, `hubspot-ja.html`, `hubspot-en.html`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: list[Path] = []
    for system in SYSTEMS:
        own = [screen for screen in screens if screen.ref.connection == system]
        for language in LANGUAGES:
            path = folder / f"{system}-{language}.html"
            path.write_text(render_screens(own, system, language, words), encoding="utf-8")
            pages.append(path)
    return pages


def render_screens(screens: Sequence[Screen], system: str, language: str, words: Words) -> str:
    """Records of one system in one language, one below the other. Self-contained; CRM text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("sync.report"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )

    def when(instant: datetime) -> str:
        return say_when(instant, language, words.zone)

    def shown(flag: FlagField, flags: Flags) -> str:
        return show_flag(flag, flags.get(flag.name), language, words.items[language], when)

    other = "en" if language == "ja" else "ja"
    return environment.get_template(f"{system}.html.j2").render(
        screens=screens,
        lang=language,
        t=SCREEN_TEXTS[language],
        items=words.items[language],
        shown=shown,
        tone=tone,
        short=lambda screen: _fields(screen, language, long=False),
        long=lambda screen: _fields(screen, language, long=True),
        other=(f"{system}-{other}.html", SCREEN_TEXTS[other]["name_of_language"]),
        back="index.html" if language == "ja" else "en.html",
    )


_ORDER = ("status", "next_actor", "missing_items", "missing_count", "sql_verdict", "unmet_criteria")


def _fields(screen: Screen, language: str, *, long: bool) -> list[tuple[FlagField, str]]:
    """Our fields of such a record with their labels, the most telling first; long texts apart."""
    order = {name: place for place, name in enumerate(_ORDER)}
    own = [flag for flag in fields_on(KINDS[screen.kind], screen.chosen) if (flag.type is FlagType.LONG_TEXT) is long]
    own.sort(key=lambda flag: (order.get(flag.name, len(order)), FLAG_FIELDS.index(flag)))
    return [(flag, flag.label(language)) for flag in own]
