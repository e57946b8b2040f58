"""From answers to the operator's files: commented YAML, a template for credentials, and the schemas that editors read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from sync import resources
from sync.address import is_loopback
from sync.core.calendar import holiday_countries
from sync.errors import ConfigError, Problem

if TYPE_CHECKING:
    from jinja2 import Environment

PASS_EVENTS = ("meeting", "owner", "conversion", "opportunity", "status")
"""How a company passes, in the words of the conversation."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PRESETS = ("starter", "article", "full")
_SALES_HOSTS = (".salesforce.com", ".force.com")
_INTERVAL = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
_IGNORED = (".env", "secrets/", "var/")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Answers:
    """What the conversation asks. Names of the fields are those of the options (`--salesforce-url`)."""

    salesforce_url: str
    enforce_from: date
    language: str = "ja"
    environment: str = "sandbox"
    salesforce_auth: str = "client_credentials"
    salesforce_username: str = ""
    hubspot: str = "token"
    """How HubSpot is reached: token, oauth; or none."""
    hubspot_url: str = "https://api.hubapi.com"
    country: str = "JP"
    """Of the public holidays, with a subdivision where there is one: JP, DE-BY."""
    tz: str = "Asia/Tokyo"
    hours: tuple[str, ...] = ("09:00-18:00",)
    """Of a working day; several intervals leave a gap for lunch."""
    days: tuple[str, ...] = DAYS[:5]
    fiscal_year_start: int = 4
    inside: tuple[str, ...] = ("IS", "インサイドセールス", "Inside Sales")
    """Who is inside sales: e-mails, and names of roles or teams as the CRMs hold them."""
    field: tuple[str, ...] = ("FS", "フィールドセールス", "Field Sales")
    """Who is field sales."""
    passes: tuple[str, ...] = PASS_EVENTS
    sql_status: tuple[str, ...] = ("SQL",)
    """Lead statuses that are a pass."""
    preset: str = "starter"

    def find_problems(self) -> Iterator[Problem]:
        """Every answer that cannot stand, with its option."""
        for one in fields(self):
            if (told := complain(one.name, getattr(self, one.name))) is not None:
                yield Problem(option_of(one.name), *told)
        if self.salesforce_auth == "jwt" and not self.salesforce_username:
            yield Problem("--salesforce-username", "is missing", "JWT needs the user name of Baton's user in the org")
        if "status" in self.passes and not self.sql_status:
            yield Problem("--sql-status", "is missing", "name the lead statuses that are a pass")


def option_of(name: str) -> str:
    return "--" + {"inside": "is", "field": "fs", "passes": "pass"}.get(name, name.replace("_", "-"))


def complain(name: str, value: Any) -> tuple[str, str] | None:
    """What is wrong with one answer, and what to write; None for a good one."""
    texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
    if any(not one.isprintable() or len(one) > _LONGEST for one in texts):
        return "holds characters that no name has, or too many", "write it anew"
    check = _CHECKS.get(name)
    return check(value) if check is not None else None


def _one_of(*known: str) -> Any:
    def check(value: str) -> tuple[str, str] | None:
        return None if value in known else (f"{value!r} is not known", f"write {', '.join(known)}")

    return check


def _some_of(*known: str) -> Any:
    def check(values: tuple[str, ...]) -> tuple[str, str] | None:
        strange = next((one for one in values if one not in known), None)
        if strange is not None:
            return f"{strange!r} is not known", f"write some of {', '.join(known)}"
        return None if values else ("names nothing", f"write some of {', '.join(known)}")

    return check


def _check_salesforce(value: str) -> tuple[str, str] | None:
    hint = "write https://YOURCOMPANY.my.salesforce.com (Setup > My Domain)"
    told = _check_address(value)
    host = urlsplit(value).hostname or "" if told is None else ""
    if told is None and not is_loopback(host) and not host.endswith(_SALES_HOSTS):
        return f"{value!r} is no address of a Salesforce org", hint
    if host.endswith(".lightning.force.com"):
        return f"{value!r} is the address for people, where the API does not answer", hint
    return told and (told[0], hint)


def _check_address(value: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return f"{value!r} is no address", "write https://…"
    if not sound or parts.username or parts.query or parts.path not in ("", "/"):
        return f"{value!r} is no address", "write https:// and the host alone"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return f"{value!r} is not encrypted", "write https://"
    return None


def _check_country(value: str) -> tuple[str, str] | None:
    country, _, part = value.partition("-")
    known = holiday_countries()
    if country in known and (not part or part in known[country]):
        return None
    return f"{value!r} is no country with known holidays", "write e.g. JP, US, DE-BY"


def _check_zone(value: str) -> tuple[str, str] | None:
    return None if value in available_timezones() else (f"{value!r} is no time zone", "write e.g. Asia/Tokyo")


def _check_hours(values: tuple[str, ...]) -> tuple[str, str] | None:
    hint = "write 09:00-18:00, or 09:00-12:00,13:00-18:00 with a lunch gap"
    before = 0
    for one in values:
        found = _INTERVAL.fullmatch(one)
        first, last = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
        if not before <= first < last <= 24 * 60 or (before and first == before):
            return f"{one!r} is no opening time, or not in order", hint
        before = last
    return None if values else ("names no time", hint)


def _check_month(value: int) -> tuple[str, str] | None:
    return None if 1 <= value <= 12 else (f"{value} is no month", "write 1 to 12")


def _check_names(values: tuple[str, ...]) -> tuple[str, str] | None:
    hint = "write e-mails, or names of roles or teams as the CRMs hold them, with commas between"
    return None if any(one.strip() for one in values) and all(one.strip() for one in values) else ("names nobody", hint)


def _check_day(value: date) -> tuple[str, str] | None:
    return None if 2000 <= value.year <= 2199 else (f"{value} is no sensible day", "write YYYY-MM-DD")


_CHECKS: Mapping[str, Any] = {
    "language": _one_of("ja", "en"),
    "environment": _one_of("sandbox", "production"),
    "salesforce_url": _check_salesforce,
    "salesforce_auth": _one_of("client_credentials", "jwt"),
    "hubspot": _one_of("token", "oauth", "none"),
    "hubspot_url": _check_address,
    "country": _check_country,
    "tz": _check_zone,
    "hours": _check_hours,
    "days": _some_of(*DAYS),
    "fiscal_year_start": _check_month,
    "inside": _check_names,
    "field": _check_names,
    "passes": _some_of(*PASS_EVENTS),
    "sql_status": lambda values: None if all(one.strip() for one in values) else ("names an empty status", "drop it"),
    "preset": _one_of(*PRESETS),
    "enforce_from": _check_day,
}


def make_files(answers: Answers) -> dict[str, str]:
    """Path in the operator's folder → its content. Raises ConfigError for answers that cannot stand."""
    if problems := [*answers.find_problems()]:
        raise ConfigError(problems)
    connections = ("salesforce", *(("hubspot",) if answers.hubspot != "none" else ()))
    files = {
        "config/baton.yaml": _render(f"baton.{answers.language}.yaml.j2", answers),
        "config/definition.yaml": _render(f"definition.{answers.language}.yaml.j2", answers),
        ".env": _render(f"env.{answers.language}.j2", answers),
    }
    for name in ("handoff", *connections):
        files[f"mappings/{name}.yaml"] = _mapping(name, answers)
    for room, names in (("config", ("baton", "definition")), ("mappings", ("handoff", "connection"))):
        for name in names:
            path = f"{room}/schema/{name}.json"
            files[path] = resources.shipped(path).read_text(encoding="utf-8")
    return files


def _mapping(name: str, answers: Answers) -> str:
    """As shipped; with comments in the company's language."""
    japanese = resources.room("examples/saas-jp") / "mappings" / f"{name}.yaml"
    path = japanese if answers.language == "ja" else resources.shipped(f"mappings/{name}.yaml")
    text = path.read_text(encoding="utf-8").replace("$schema=../../../mappings/schema/", "$schema=schema/")
    return text.replace("\npreset: starter\n", f"\npreset: {answers.preset}\n") if name == "handoff" else text


def _render(template: str, answers: Answers) -> str:
    own = {one.name: getattr(answers, one.name) for one in fields(answers)}
    sandbox = answers.environment == "sandbox"
    more = {
        "salesforce_url": answers.salesforce_url.rstrip("/"),
        "hubspot_url": answers.hubspot_url.rstrip("/"),
        "salesforce_audience": f"https://{'test' if sandbox else 'login'}.salesforce.com",
        "calendar": re.sub(r"\W+", "_", answers.tz.rpartition("/")[2].lower(), flags=re.ASCII),
        "hours": {day: list(answers.hours) for day in DAYS if day in answers.days},
        "region": answers.country[:2],
        "version": f"{answers.enforce_from:%Y-%m}",
        "label_ja": f"パス基準 {answers.enforce_from.year}年{answers.enforce_from.month}月",
        "label_en": f"Definition {answers.enforce_from:%Y-%m}",
        "is_": answers.inside,
        "fs": answers.field,
        "events": list(_events(answers)),
        "enforce_from": answers.enforce_from.isoformat(),
    }
    return _environment().get_template(template).render({**own, **more})


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(resources.room("config") / "init"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  YAML, in which every text is quoted by the filters below
    )
    made.filters |= {"yaml": _quote, "flow": _flow, "role": _role}
    return made


def _events(answers: Answers) -> Iterator[str]:
    written = {
        "meeting": "meeting_booked_with_fs",
        "owner": "owner_role_changes: {from: IS, to: FS}",
        "conversion": "lead_converted",
        "opportunity": "opportunity_created",
        "status": f"status_in: {{salesforce.Lead: {_flow(list(answers.sql_status))}}}",
    }
    return (written[one] for one in PASS_EVENTS if one in answers.passes)


def _quote(text: str) -> str:
    """A text as YAML reads it back whatever it says; plain where it is a plain word."""
    return json.dumps(text, ensure_ascii=False)


def _flow(value: Any) -> str:
    """Lists and mappings on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(_quote(one) for one in value) + "]"


def _role(names: tuple[str, ...]) -> str:
    """People by e-mail, everybody else by the name of a role or team."""
    told = [one.strip() for one in names]
    parts = {"users": [one for one in told if "@" in one], "names": [one for one in told if "@" not in one]}
    return _flow({key: some for key, some in parts.items() if some})


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Raises ConfigError, before anything is written, naming every file that is there already. Credentials are for the owner
    alone; git is told to leave them out."""
    present = [name for name in files if (folder / name).exists() or (folder / name).is_symlink()]
    if present:
        hint = "name a new folder, or move these away; nothing was written"
        raise ConfigError([Problem(str(folder / name), "exists already", hint) for name in present])
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600 if name == ".env" else 0o644, exist_ok=False)
            path.write_text(text, encoding="utf-8")
        _ignore(folder)
    except OSError as error:
        raise ConfigError(
            Problem(str(folder), f"cannot be written to: {error.strerror}", "choose another folder")
        ) from error
    return [folder / name for name in files]


def _ignore(folder: Path) -> None:
    path = folder / ".gitignore"
    known = path.read_text(encoding="utf-8") if path.is_file() else ""
    lacking = [one for one in _IGNORED if one not in known.splitlines()]
    if lacking:
        path.write_text(
            known + ("\n" if known and not known.endswith("\n") else "") + "\n".join(lacking) + "\n", encoding="utf-8"
        )


def zone_of(country: str) -> str:
    """The time zone to propose for a country."""
    return {"JP": "Asia/Tokyo", "DE": "Europe/Berlin", "GB": "Europe/London", "US": "America/New_York",
            "SG": "Asia/Singapore", "AU": "Australia/Sydney"}.get(country[:2], "Asia/Tokyo")  # fmt: skip


def first_day(tz: str, now: Any) -> date:
    """Today there: what came before is measured and never flagged."""
    return now.astimezone(ZoneInfo(tz)).date()
