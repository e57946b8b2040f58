"""Charts as static SVG that stands inside a page: Vega-Lite drawn by vl-convert while the page is made.

Nothing is loaded or run when the page is looked at. Every chart is readable without colour (light and dark, filled and
hollow, and the numbers written beside it), has a name for screen readers, and is repeated as a table by whoever shows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import vl_convert
from markupsafe import Markup, escape

from sync.report.text import clean, shorten

FONT = "'Hiragino Sans','Noto Sans CJK JP','Noto Sans JP','Yu Gothic',Meiryo,system-ui,sans-serif"
DARK, MIDDLE, LIGHT, INK, SOFT, LINE = "#173f5f", "#7d9db5", "#d3dfe8", "#1c2733", "#4d5b68", "#d5dce3"
_VEGA_LITE = "5.21"
_CONFIG: Mapping[str, Any] = {
    "aria": False,
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFont": FONT, "labelFontSize": 12, "labelColor": SOFT, "titleFont": FONT, "titleFontSize": 12,
        "titleColor": SOFT, "titleFontWeight": "normal", "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
        "labelLimit": 190,
    },
    "legend": {"labelFont": FONT, "labelFontSize": 12, "labelColor": INK, "titleFont": FONT, "orient": "top"},
    "text": {"font": FONT, "fontSize": 12, "color": INK},
}  # fmt: skip
_ids = count(1)
_ROLES = re.compile(r' (role="graphics-[a-z]+"|aria-[a-z]+="[^"]*")')
"""Of its parts: the chart is one picture with one name."""
_IDS = re.compile(r'(id="|url\(#|href="#)([A-Za-z_][\w-]*)')


@dataclass(frozen=True, slots=True)
class Point:
    """One month of a rate. `share` None: nothing to show, the line has a gap."""

    month: str
    """As the axis names it."""
    share: float | None
    low: float | None = None
    high: float | None = None
    mature: bool = True


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart, in parts from left to right."""

    name: str
    parts: Sequence[int]
    note: str = ""
    """Written at its end."""


@dataclass(frozen=True, slots=True)
class Span:
    """One rate with its interval, on a row of its own."""

    row: str
    name: str
    """Which of the groups that are compared."""
    share: float
    low: float
    high: float
    note: str


def draw_trend(name: str, points: Sequence[Point], breaks: Sequence[tuple[str, str]], *, width: int = 300) -> Markup:
    """A rate over months with its intervals; hollow where it is too young; dashed lines where the definition changed.

    `breaks`: (month, label).
    """
    shown = [point for point in points if point.share is not None]
    top = min(1.0, max([0.1, *[(point.high or point.share or 0) for point in shown]]) * 1.08)
    values = [asdict(point) | {"fill": "full" if point.mature else "hollow"} for point in points]
    order = [point.month for point in points]
    x = {"field": "month", "type": "ordinal", "sort": order, "title": None, "scale": {"domain": order},
         "axis": {"labelAngle": 0, "labelOverlap": True}}  # fmt: skip
    y = {"type": "quantitative", "title": None, "scale": {"domain": [0, top], "nice": False},
         "axis": {"format": ".0%", "tickCount": 4}}  # fmt: skip
    layers: list[Any] = [
        {"mark": {"type": "rule", "color": MIDDLE, "strokeWidth": 5, "opacity": 0.55},
         "transform": [{"filter": "datum.low != null"}], "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {"mark": {"type": "line", "color": DARK, "strokeWidth": 2, "invalid": "break-paths-show-domains"},
         "encoding": {"x": x, "y": {**y, "field": "share"}}},
        {"mark": {"type": "point", "filled": True, "size": 64, "stroke": DARK, "strokeWidth": 2, "opacity": 1},
         "encoding": {"x": x, "y": {**y, "field": "share"},
                      "color": {"field": "fill", "type": "nominal", "legend": None,
                                "scale": {"domain": ["full", "hollow"], "range": [DARK, "#ffffff"]}}},
         "transform": [{"filter": "datum.share != null"}]},
    ]  # fmt: skip
    if shown:
        last = shown[-1]
        layers.append(
            {"data": {"values": [asdict(last) | {"text": f"{last.share:.0%}"}]},
             "mark": {"type": "text", "align": "left", "dx": 10, "fontWeight": "bold", "fontSize": 14},
             "encoding": {"x": x, "y": {**y, "field": "share"}, "text": {"field": "text"}}}
        )  # fmt: skip
    if breaks:
        rows = [{"month": month, "text": label} for month, label in breaks if month in order]
        at = {**x, "bandPosition": 0}
        layers += [
            {"data": {"values": rows}, "mark": {"type": "rule", "strokeDash": [5, 4], "color": INK, "strokeWidth": 1.5},
             "encoding": {"x": at}},
            {"data": {"values": rows}, "mark": {"type": "text", "align": "left", "dx": 4, "y": 8, "fontSize": 11, "limit": 150},
             "encoding": {"x": at, "text": {"field": "text"}}},
        ]  # fmt: skip
    return _draw(name, {"data": {"values": values}, "width": width, "height": 150, "layer": layers})


def draw_shares(name: str, bars: Sequence[Bar], legend: Sequence[str], *, width: int = 300) -> Markup:
    """Rows of a hundred per cent, parted from dark to light; each with its note at the end."""
    colours = [DARK, MIDDLE, LIGHT][: len(legend)]
    values = [
        {"name": bar.name, "part": part, "n": n, "rank": rank}
        for bar in bars
        for rank, (part, n) in enumerate(zip(legend, bar.parts, strict=True))
    ]
    y = {"field": "name", "type": "nominal", "sort": [bar.name for bar in bars], "title": None,
         "axis": {"domain": False, "ticks": False, "labelPadding": 8}}  # fmt: skip
    layers = [
        {"mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 1, "height": {"band": 0.68}},
         "encoding": {"y": y, "order": {"field": "rank"},
                      "x": {"field": "n", "type": "quantitative", "stack": "normalize", "title": None,
                            "axis": {"format": ".0%", "tickCount": 5}},
                      "color": {"field": "part", "type": "nominal", "title": None,
                                "scale": {"domain": list(legend), "range": colours},
                                "legend": {"symbolStrokeColor": SOFT, "symbolStrokeWidth": 1}}}},
        {"data": {"values": [{"name": bar.name, "note": bar.note} for bar in bars]},
         "mark": {"type": "text", "align": "left", "x": width + 8},
         "encoding": {"y": y, "text": {"field": "note"}}},
    ]  # fmt: skip
    return _draw(name, {"data": {"values": values}, "width": width, "height": {"step": 26}, "layer": layers})


def draw_counts(name: str, bars: Sequence[Bar], *, width: int = 260) -> Markup:
    """Rows as long as their count, with the note at their end."""
    values = [{"name": bar.name, "n": sum(bar.parts), "note": bar.note} for bar in bars]
    y = {"field": "name", "type": "nominal", "sort": [bar.name for bar in bars], "title": None,
         "axis": {"domain": False, "ticks": False, "labelPadding": 8}}  # fmt: skip
    x = {"field": "n", "type": "quantitative", "axis": None}
    layers = [
        {"mark": {"type": "bar", "color": DARK, "height": {"band": 0.62}}, "encoding": {"y": y, "x": x}},
        {"mark": {"type": "text", "align": "left", "dx": 6},
         "encoding": {"y": y, "x": x, "text": {"field": "note"}}},
    ]  # fmt: skip
    return _draw(name, {"data": {"values": values}, "width": width, "height": {"step": 26}, "layer": layers})


def draw_spans(name: str, spans: Sequence[Span], names: Sequence[str], *, width: int = 300) -> Markup:
    """Rates of two groups row by row, each a point in its interval: filled and hollow."""
    values = [asdict(span) for span in spans]
    rows = list(dict.fromkeys(span.row for span in spans))
    y = {"field": "row", "type": "nominal", "sort": rows, "title": None,
         "axis": {"domain": False, "ticks": False, "labelPadding": 12}}  # fmt: skip
    offset = {"field": "name", "type": "nominal", "sort": list(names), "scale": {"paddingOuter": 0.35}}
    x = {"type": "quantitative", "title": None, "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}}
    fill = {"field": "name", "type": "nominal", "title": None,
            "scale": {"domain": list(names), "range": [DARK, "#ffffff"]},
            "legend": {"symbolType": "circle", "symbolStrokeColor": DARK, "symbolStrokeWidth": 2}}  # fmt: skip
    layers = [
        {"mark": {"type": "rule", "color": MIDDLE, "strokeWidth": 4, "opacity": 0.6},
         "encoding": {"y": y, "yOffset": offset, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 90, "stroke": DARK, "strokeWidth": 2, "opacity": 1},
         "encoding": {"y": y, "yOffset": offset, "x": {**x, "field": "share"}, "fill": fill}},
        {"mark": {"type": "text", "align": "left", "x": width + 8, "fontSize": 11},
         "encoding": {"y": y, "yOffset": offset, "text": {"field": "note"}}},
    ]  # fmt: skip
    return _draw(name, {"data": {"values": values}, "width": width, "height": {"step": 24}, "layer": layers})


def _draw(name: str, spec: Mapping[str, Any]) -> Markup:
    """`name` is what a screen reader says of it."""
    spec = _cleaned(spec)
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "padding": 4, **spec}
    svg = vl_convert.vegalite_to_svg(whole, vl_version=_VEGA_LITE, config=dict(_CONFIG), allowed_base_urls=[])
    svg = _ROLES.sub("", svg)
    own = f"c{next(_ids)}-"
    svg = _IDS.sub(lambda found: f"{found[1]}{own}{found[2]}", svg)
    # What Vega draws escapes the texts that it was given.
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(clean(name))}" ', 1))  # noqa: S704  # as above


def _cleaned(node: Any) -> Any:
    """Control characters end the process that draws; and no name is so long that it would push the chart away."""
    if isinstance(node, str):
        return shorten(node)
    if isinstance(node, Mapping):
        return {key: _cleaned(value) for key, value in node.items()}
    return [_cleaned(value) for value in node] if isinstance(node, list | tuple) else node
