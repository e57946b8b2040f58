"""What `status` tells of the daemon itself: alerts, whether they arrive, settings that were refused, open secrets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.cli.service_text import TEXTS
from sync.cli.show import local, printable
from sync.wording import Say, speak

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync.app import App
    from sync.store.notices import Notice, Notices


@dataclass(frozen=True, slots=True)
class Daemon:
    notices: Notices
    refused: tuple[str, ...]
    exposed: Mapping[Path, int]

    @property
    def open(self) -> list[Notice]:
        """What is so as far as the daemon last knew."""
        return [one for one in self.notices.open if one.over_since is None]

    @property
    def needs_somebody(self) -> bool:
        return bool(self.refused or self.notices.failure)


def read_daemon(app: App) -> Daemon:
    from sync.store.notices import read_fate, read_notices

    with app.store.read() as tx:
        return Daemon(read_notices(tx), read_fate(tx).refused, app.settings.exposed)


def daemon_lines(app: App) -> list[str]:
    """What a person has to look at; nothing of what `status` tells anyway."""
    found, settings = read_daemon(app), app.settings
    zone = settings.rules.is_clock.calendar.zone
    say = speak(TEXTS, settings.language)
    lines = _alerts(found, app, say)
    if found.notices.failure:
        since = local(found.notices.failing_since, zone)
        lines.append(say("webhook_failing", since=since, failure=printable(found.notices.failure)))
    lines += [say("refused", problem=printable(problem)) for problem in found.refused]
    return lines + [say("exposed", path=printable(path), mode=f"{mode:04o}") for path, mode in found.exposed.items()]


def _alerts(found: Daemon, app: App, say: Say) -> list[str]:
    from sync.workers.alert import AlertKind
    from sync.workers.alert_text import tell

    zone, language = app.settings.rules.is_clock.calendar.zone, app.settings.language
    own = [one for one in found.open if one.kind in (AlertKind.STOPPED, AlertKind.BEHIND, AlertKind.CRASHED)]
    return [
        say("told" if one.told else "untold", at=local(one.since, zone), text=printable(tell(one, language)))
        for one in own
    ]


def daemon_json(app: App) -> dict[str, Any]:
    found = read_daemon(app)
    return {
        "alerts": found.open,
        "alerts_failing": {"since": found.notices.failing_since, "reason": found.notices.failure}
        if found.notices.failure
        else None,
        "settings_refused": found.refused,
        "exposed_secrets": {str(path): f"{mode:04o}" for path, mode in found.exposed.items()},
    }
