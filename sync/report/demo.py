"""Renders the page that `baton demo` leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from markupsafe import Markup

from sync.core.model.flags import FLAG_FIELDS, FlagField, Flags, FlagType
from sync.core.model.label import labels_of
from sync.report.catalogue import TEXTS
from sync.report.chart import Bar, draw_counts
from sync.report.numbers import Table
from sync.report.page import open_templates
from sync.report.story import DemoStory, RecordView

LANGUAGES = ("ja", "en")
REPORTS = {language: f"report-{language}.html" for language in LANGUAGES}
"""The report of the demo's company."""
_WEEKDAYS_JA = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class Words:
    """The company's own words and zone, which the page uses."""

    items: Mapping[str, Mapping[str, str]]
    """Language → item id → label."""
    connections: Mapping[str, str]
    """Connection → what people call it."""
    zone: ZoneInfo


def write_pages(story: DemoStory, folder: Path, words: Words) -> list[Path]:
    """Write `index.html` (Japanese) and `en.html` into the folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for language, name in zip(LANGUAGES, ("index.html", "en.html"), strict=True):
        path = folder / name
        path.write_text(render(story, language, words), encoding="utf-8")
        pages.append(path)
    return pages


def render(story: DemoStory, language: str, words: Words) -> str:
    """The page in one language, self-contained. CRM text in it is escaped. Times are shown in the company's zone."""
    items = words.items[language]
    environment, texts = open_templates(), TEXTS[language]

    def when(instant: datetime) -> str:
        return say_when(instant, language, words.zone)

    def shown(flag: FlagField, flags: Flags) -> str:
        return show_flag(flag, flags.get(flag.name), language, items, when)

    environment.filters["when"] = when
    return environment.get_template("demo.html.j2").render(
        story=story,
        lang=language,
        t=texts,
        shown=shown,
        rows=lambda view: flag_rows(view, language),
        tone=tone,
        named=words.connections,
        lacking=lambda view: set(str(view.flags.get("missing_items") or "").split(";")),
        other=("en.html", "English") if language == "ja" else ("index.html", "日本語"),
        items=items,
        report=REPORTS[language],
        missing=_draw_missing(story, items, texts),
        statuses=_status_table(story, language, texts),
        cost=_cost_table(story, words, texts),
        say=lambda key, values: texts[key].format(**{n: items.get(v, v) for n, v in values.items()}),
    )


def _draw_missing(story: DemoStory, items: Mapping[str, str], texts: Mapping[str, str]) -> Markup:
    bars = [Bar(items.get(item, item), (n,), str(n)) for item, n in story.found.missing]
    spoken = f"{texts['missing_title']}: " + ", ".join(f"{bar.name} {bar.note}" for bar in bars)
    return draw_counts(spoken, bars) if bars else Markup()


def _status_table(story: DemoStory, language: str, texts: Mapping[str, str]) -> Table:
    named = labels_of("status", language)
    rows = tuple((named[status], n) for status, n in story.found.statuses)
    return Table("statuses", texts["statuses"], (texts["status"], texts["handoffs"]), rows)


def _cost_table(story: DemoStory, words: Words, texts: Mapping[str, str]) -> Table:
    header = tuple(texts[f"cost_{name}"] for name in ("connection", "calls", "least", "ratio"))
    rows = tuple((words.connections[name], n, least, f"{n / least:.2f}") for name, n, least in story.cost.calls)
    return Table("cost", texts["cost_title"], header, rows)


def say_when(instant: datetime, language: str, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    if language == "ja":
        return f"{local.month}/{local.day}（{_WEEKDAYS_JA[local.weekday()]}）{local:%H:%M}"
    return f"{local:%a %b} {local.day}, {local:%H:%M}"


def show_flag(
    flag: FlagField, value: object, language: str, items: Mapping[str, str], when: Callable[[datetime], str]
) -> str:
    """A flag's value in words."""
    if value is None or value == "":
        return ""
    text = str(value)
    if flag.type is FlagType.INSTANT:
        return when(datetime.fromisoformat(text))
    if flag.type is FlagType.CHOICE:
        return labels_of(flag.name, language).get(text, text)
    if flag.type is FlagType.MULTI_CHOICE:
        labels = labels_of(flag.name, language) if flag.name == "unmet_criteria" else items
        return ("、" if language == "ja" else ", ").join(labels.get(part, part) for part in text.split(";"))
    return text


SHOWN_FLAGS = (
    "status",
    "missing_items",
    "sql_verdict",
    "next_actor",
    "is_sla",
    "is_due",
    "is_at",
    "fs_sla",
    "fs_due",
    "fs_at",
)


def flag_rows(view: RecordView, language: str) -> list[tuple[FlagField, str]]:
    """The flags worth a line on this record, with their labels; empty ones are left out."""
    by_name = {flag.name: flag for flag in FLAG_FIELDS}
    rows = []
    for name in SHOWN_FLAGS:
        value = view.flags.get(name)
        hidden = value in (None, "") or (name.endswith("_sla") and value == "none")
        if not hidden:
            flag = by_name[name]
            rows.append((flag, flag.label(language)))
    return rows


_TONES = {
    "passed": "good", "ready": "good", "qualified": "good", "met": "good",
    "passed_incomplete": "warn", "preparing": "warn", "undetermined": "warn", "waiting": "calm", "returned": "warn",
    "not_qualified": "warn", "breached": "bad", "met_late": "calm", "unverified": "calm",
}  # fmt: skip


def tone(flags: Flags, name: str) -> str:
    """How a value is coloured; the words carry the meaning, colour only repeats it."""
    return _TONES.get(str(flags.get(name)), "plain")
