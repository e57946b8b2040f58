"""Model of `thin` of a clock: when too little is on record to hold a team to a deadline."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from sync.core.rules.definition import ThinPolicy
from sync.settings.check import Section, Wrong
from sync.settings.value import written

_SHARE = re.compile(r"(\d{1,2})\s*%")
_DAYS = re.compile(r"(\d{1,3})\s*days?")


def _read_percent(value: object) -> int:
    found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is not None and int(found[1]) > 0:
        return int(found[1])
    raise Wrong(f"{str(value)!r} is no share between 1% and 99%", "write e.g. 30%")


def _read_days(value: object) -> int:
    found = _DAYS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is not None and 0 < int(found[1]) <= 366:
        return int(found[1])
    raise Wrong(f"{str(value)!r} is no number of days between 1 and 366", "write e.g. 30 days")


Percent = Annotated[int, BeforeValidator(_read_percent), written(r"^\d{1,2} ?%$", "30%")]
Days = Annotated[int, BeforeValidator(_read_days), written(r"^\d{1,3} ?days?$", "30 days")]


class ThinSection(Section):
    """Where too few contacts are on record the deadline is not enforced for that team."""

    stop_below: Percent = 30
    """It stops where the share of handoffs with any contact on record is smaller."""
    resume_above: Percent = 60
    """It goes on where that share is greater."""
    over: Days = 30
    """Handoffs whose clock started in the last days, so many, are counted."""
    at_least: int = Field(default=20, ge=1)
    """Fewer handoffs change nothing."""

    @model_validator(mode="after")
    def _apart(self) -> ThinSection:
        if self.resume_above < self.stop_below:
            raise Wrong("resume_above lies below stop_below", "write e.g. stop_below: 30%, resume_above: 60%")
        return self

    def compile(self) -> ThinPolicy:
        return ThinPolicy(self.stop_below, self.resume_above, timedelta(days=self.over), self.at_least)
