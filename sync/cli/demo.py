"""`baton demo`: both CRMs simulated, a company in them, and Baton at work for three days."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.narration import Narrator
from sync.cli.option import AsJson
from sync.cli.show import PARTIAL, write_json

EXAMPLE = "Example: baton demo --output demo-output   (then open demo-output/index.html)"


def demo(
    output: Annotated[Path, typer.Option(help="Folder for the pages.", metavar="DIR")] = Path("demo-output"),
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    handoffs: Annotated[int, typer.Option(help="Size of the company.", min=20, max=5000)] = 160,
    days: Annotated[int, typer.Option(help="Simulated working days.", min=1, max=4)] = 3,
    language: Annotated[
        str | None, typer.Option(help="ja or en, for what is told here; both pages are written.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Watch Baton work on a simulated Salesforce and HubSpot. Needs no account; leaves HTML pages."""
    from sync.cli.stage import play  # the simulators take a third of a second to import: only this command pays it

    tell = Narrator.for_terminal(language, quiet=as_json)
    played = play(output, tell, seed=seed, handoffs=handoffs, days=days)
    story = played.story
    if as_json:
        told = {"flags": story.flags_checked, "cleared": story.cleared, "corrected": story.corrected}
        told |= {"differences": story.differences, "seconds": round(story.seconds, 1)}
        write_json({"pages": [str(page) for page in played.pages], **told})
    tell("page", path=played.pages[0])
    return PARTIAL if story.differences else 0
