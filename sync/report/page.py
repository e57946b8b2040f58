"""The frame that pages share: templates with every text escaped, numbers as people read them."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_STEPS = (0.05, 0.15, 0.3, 0.5, 0.75)


def open_templates() -> Environment:
    """Whatever is put into a template is text; only what is marked as safe (our own SVG) is not escaped."""
    environment = Environment(
        loader=PackageLoader("sync.report"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}"
    environment.filters["shade"] = shade
    return environment


def shade(share: float) -> int:
    """Step of darkness, 0 to 5; each can be told from the next in grey."""
    return sum(share >= step for step in _STEPS)
