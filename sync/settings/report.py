"""The section `report` of `config/baton.yaml`: what a report parts by, and what it withholds. It changes no verdict."""

from __future__ import annotations

from pydantic import Field

from sync.settings.check import Section
from sync.settings.value import ChoiceItemId, Line


class ReportSection(Section):
    accepted_stages: list[Line] = Field(default=[])
    """Opportunity stages that say that FS took it as an opportunity (案件化), beside its answer, e.g. 提案・見積."""
    segment: ChoiceItemId | None = None
    """Item by whose choice `--by segment` parts, one that is picked from a list or the job title."""
    teams: list[Line] = Field(default=[])
    """Role, profile or team names, as the CRMs hold them, by which `--by team` parts; none: the roles of the definition."""
    smallest: int = Field(default=10, ge=1, le=1000)
    """A rate over fewer than that is not shown."""
