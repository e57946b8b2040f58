"""Whatever is answered, the files that `init` makes load without a problem and keep to their schemas."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sync.app import read_settings
from sync.cli.init_files import DAYS, PASS_EVENTS, PRESETS, Answers, make_files, write_files
from sync.settings.document import read_document

NAMES = st.text(
    alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=12
).map(str.strip).filter(lambda text: bool(text) and text.isprintable() and "," not in text)  # fmt: skip
PEOPLE = st.lists(NAMES | st.just("a.b@acme.jp"), min_size=1, max_size=3, unique=True).map(tuple)
HOURS = st.sampled_from(
    [("09:00-18:00",), ("00:00-24:00",), ("09:00-12:00", "13:00-17:30"), ("8:05-9:10", "22:00-23:59")]
)
ANSWERS = st.builds(
    Answers,
    salesforce_url=st.sampled_from(
        ["https://acme.my.salesforce.com/", "https://a--uat.sandbox.my.salesforce.com", "http://127.0.0.1:8080"]
    ),
    enforce_from=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    language=st.sampled_from(["ja", "en"]),
    environment=st.sampled_from(["sandbox", "production"]),
    salesforce_auth=st.sampled_from(["client_credentials", "jwt"]),
    salesforce_username=NAMES,
    hubspot=st.sampled_from(["token", "oauth", "none"]),
    country=st.sampled_from(["JP", "US-CA", "NO", "DE-BY", "SG"]),
    tz=st.sampled_from(["Asia/Tokyo", "America/Argentina/Buenos_Aires", "Europe/Berlin", "Etc/GMT-9", "UTC"]),
    hours=HOURS,
    days=st.sets(st.sampled_from(DAYS), min_size=1).map(tuple),
    fiscal_year_start=st.integers(1, 12),
    inside=PEOPLE,
    field=PEOPLE,
    passes=st.sets(st.sampled_from(PASS_EVENTS), min_size=1).map(tuple),
    sql_status=st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple),
    preset=st.sampled_from(PRESETS),
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(answers=ANSWERS)
def test_any_answers_make_sound_files(answers: Answers) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        write_files(folder, make_files(answers))
        made = read_settings(folder)
        definition = made.rules.definition
        assert made.mode == "observe"
        assert made.language == answers.language
        assert definition.fiscal_year_start == answers.fiscal_year_start
        assert len(definition.pass_events) == len(answers.passes)
        for role, names in (("IS", answers.inside), ("FS", answers.field)):
            said = {name.strip().casefold() for name in names}
            assert definition.roles[role].users | definition.roles[role].names == said
        assert {one.name for one in made.connections} == {"salesforce"} | (
            {"hubspot"} - {"hubspot" if answers.hubspot == "none" else ""}
        )
        for path in sorted(folder.rglob("*.yaml")):
            schema = path.parent / path.read_text(encoding="utf-8").split("$schema=")[1].split("\n")[0]
            validator = Draft202012Validator(orjson.loads(schema.read_bytes()))
            assert [*validator.iter_errors(read_document(path, path.name).data)] == [], path
