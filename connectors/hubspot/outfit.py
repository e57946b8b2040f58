"""What Baton needs in a portal: groups and properties, as the Properties API takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.hubspot.fields import GROUP, custom_property, property_body
from connectors.hubspot.streams import STREAMS
from sync.core.mapping.spec import Text
from sync.core.model.flags import FlagField
from sync.outfit import InputField, InputType, Outfit

INPUT_GROUP = "handoff"
"""Of people's own properties: without our prefix, and kept when Baton is taken out."""
MARK = "(Baton setup)"
"""In the description of what setup made, so that it is told from what the company had."""
GROUP_LABELS: Mapping[str, Text] = {
    GROUP: Text("Baton（自動）", "Baton (automatic)"),
    INPUT_GROUP: Text("引き継ぎ情報", "Handoff"),
}
_YES_NO = (("true", Text("はい", "Yes")), ("false", Text("いいえ", "No")))
STANDARD = frozenset(
    {
        "company", "firstname", "lastname", "jobtitle", "phone", "mobilephone", "email", "website", "address", "city",
        "state", "zip", "country", "industry", "annualrevenue", "numemployees", "message", "lifecyclestage",
        "recent_conversion_event_name", "recent_conversion_date", "first_conversion_event_name", "first_conversion_date",
    }
)  # fmt: skip
"""Of contacts, and in every portal (source: default contact properties); so is whatever begins with `hs_`."""
_SCOPED = frozenset({"contacts", "companies", "leads"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One property."""

    stream: str
    body: dict[str, Any]
    ours: bool

    @property
    def name(self) -> str:
        return str(self.body["name"])


def wanted_properties(outfit: Outfit) -> Iterator[Wanted]:
    """All of them, ours first."""
    for record in outfit.records:
        for flag in record.flags:
            yield Wanted(record.stream, _flag(flag, outfit), ours=True)
    for record in outfit.records:
        for one in record.inputs:
            if not is_standard(one.name):
                yield Wanted(record.stream, _input(one, outfit.language), ours=False)


def is_standard(name: str) -> bool:
    """Whether HubSpot has it everywhere: nobody can make it."""
    return name in STANDARD or name.startswith("hs_")


def wanted_groups(outfit: Outfit) -> list[tuple[str, dict[str, Any]]]:
    """(object type, what creates the group)."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in wanted_properties(outfit):
        group = str(one.body["groupName"])
        label = GROUP_LABELS[group].in_(outfit.language)
        found[one.stream, group] = {"name": group, "label": label, "displayOrder": -1}
    return [(stream, body) for (stream, _), body in found.items()]


def _flag(flag: FlagField, outfit: Outfit) -> dict[str, Any]:
    choices = outfit.choices.get(flag.name, ())
    labels = {one.value: one.label.in_(outfit.language) for one in choices}
    help_ = f"{outfit.texts(flag)[1].in_(outfit.language)} {MARK}"
    japanese = outfit.language == "ja"
    return property_body(flag, [one.value for one in choices], labels, japanese=japanese, description=help_)


def _input(one: InputField, language: str) -> dict[str, Any]:
    values = [(choice.value, choice.label.in_(language)) for choice in one.choices]
    if one.type is InputType.YES_NO:
        values = [(value, label.in_(language)) for value, label in _YES_NO]
    help_ = f"{one.help.in_(language)} {MARK}"
    return custom_property(one.name, one.type, one.label.in_(language), values, group=INPUT_GROUP, description=help_)


def scopes(outfit: Outfit) -> list[str]:
    """What the daemon's key needs, and nothing else (source: the scopes named in the API's own description)."""
    found: set[str] = {"crm.objects.owners.read"}
    for stream in outfit.reads:
        if stream in _SCOPED:
            found.add(f"crm.objects.{stream}.read")
        elif stream != "owners" and stream in STREAMS:
            found.add("crm.objects.contacts.read")  # activities are read with the contacts' own scope
        if stream == "emails":
            found.add("sales-email-read")
    found |= {f"crm.objects.{record.stream}.write" for record in outfit.records}
    return sorted(found)


def schema_scopes() -> list[str]:
    """What setup's key needs: definitions of contacts, and nobody's records."""
    return ["crm.schemas.contacts.read", "crm.schemas.contacts.write"]


def export_files(outfit: Outfit, there: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Bodies for whoever creates groups and properties with a tool of their own. `there`: properties to leave out."""
    properties = [one for one in wanted_properties(outfit) if one.name not in there]
    filled = {str(one.body["groupName"]) for one in properties}
    groups = [(stream, body) for stream, body in wanted_groups(outfit) if body["name"] in filled]
    told = {
        "groups": [{"objectType": stream, **body} for stream, body in groups],
        "properties": [{"objectType": one.stream, **one.body} for one in properties],
        "scopes": {"daemon": scopes(outfit), "setup": schema_scopes()},
    }
    return {"properties.json": orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n"}
