"""Ids to source records: values by batch read, subjects by associations, merges by comparing ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from connectors.hubspot.client import Client
from connectors.hubspot.errors import check_parts, named_ids
from connectors.hubspot.facts import LAST_CONTACTED, READERS, Reading
from connectors.hubspot.fields import from_wire, wire_names
from connectors.hubspot.history import ValueHistory, dated_names
from connectors.hubspot.owners import Owners
from connectors.hubspot.properties import Properties
from connectors.hubspot.rows import Rows
from connectors.hubspot.streams import PEOPLE, find_stream
from connectors.kit.batch import split
from connectors.kit.cell import read_cells
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant
from connectors.kit.unread import Unread, code_of, take_fingerprints
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import TransientError
from sync.ports import StreamSpec

READ_BATCH = 100
_MERGED = "hs_merged_object_ids"
_CODE = ("connectors.hubspot.facts", "connectors.hubspot.fields", __name__)
"""That makes records of rows."""
_OF_MORE_THAN_THE_ROW = frozenset({"meetings"})
"""What these say depends on the time as well: a meeting is over one day."""
ASSOCIATION_BATCH = 1000
_LINKED, _GOES_ON = b'"associations":{"', b'"paging":'
"""What a row holds that tells whom it hangs on, and one that does not tell all."""
Raw = Mapping[str, Any]


class Records:
    """Reads records of one portal by id. What it says is strongly consistent, other than search."""

    def __init__(self, connection: str, client: Client, properties: Properties, owners: Owners) -> None:
        self._connection = connection
        self._client = client
        self._properties = properties
        self._owners = owners
        self._history = ValueHistory(client)
        self.drifted = False
        """A property that was there when the streams were checked last is left out of the answers."""

    def names(self, spec: StreamSpec) -> list[str]:
        """Everything to ask for that the portal defines. Raises StreamUnavailable."""
        stream = find_stream(spec.name)
        known = self._properties.of(spec.name)
        wanted = ["hs_object_id", stream.modified, *stream.fact_fields, *spec.fields]
        wanted += [LAST_CONTACTED] if spec.signs else ()
        wanted += wire_names(spec.chosen).values() if spec.carries_flags else ()
        return [name for name in dict.fromkeys(wanted) if name in known]

    def read(self, spec: StreamSpec, ids: Sequence[str]) -> Iterator[SourceRecord]:
        """These records now; gone ones as deleted, merged-away ones as deleted with `merged_into`. Behind them what
        changed in their watched properties."""
        path = self._client.paths.objects(spec.name, "batch/read")
        names = self.names(spec)
        owed: list[str] = []
        for some in split(dict.fromkeys(ids), READ_BATCH):
            body = {"inputs": [{"id": one} for one in some], "properties": names, "propertiesWithHistory": []}
            answer = self._client.post(path, body, stream=spec.name)
            check_parts(answer)
            raws = list({str(raw["id"]): raw for raw in answer["results"]}.values())
            # What is defined is answered, be it with null; what is not is left out without a word.
            self.drifted = self.drifted or any(name not in raw["properties"] for raw in raws[:1] for name in names)
            yield from self.convert(spec, raws)
            yield from self._missing(
                spec, some, raws, {one for error in answer.get("errors") or () for one in named_ids(error)}
            )
            owed += self.owed(spec, raws)
        yield from self.changes(spec, owed)

    def owed(self, spec: StreamSpec, raws: Sequence[Raw]) -> list[str]:
        """Ids of those of these records whose history has to be read."""
        return self._history.owed(spec, raws, self._properties.of(spec.name)) if spec.dated else []

    def changes(self, spec: StreamSpec, ids: Sequence[str]) -> Iterator[SourceRecord]:
        """What changed in the watched properties of these records, as history."""
        if ids:
            yield from self._history.read(spec, ids, self._properties.of(spec.name), self._reading())

    def keep(self, records: Iterable[SourceRecord]) -> None:
        """These have been saved: what is known of them need not be asked again."""
        self._history.keep(records)

    def _reading(self) -> Reading:
        return Reading(self._connection, self._client.server_time(), self._owners.of_user)

    def convert(self, spec: StreamSpec, raws: Sequence[Raw]) -> Iterator[SourceRecord]:
        """Raw records of one page, and the ids that were merged into them."""
        people = self._people(spec, raws) if find_stream(spec.name).hangs_on_people else {}
        reading = self._reading()
        for raw in raws:
            yield make_record(spec, raw, reading, people.get(str(raw["id"]), []))
        if spec.kind is Kind.PERSON:
            for loser, winner in merged_ids(raws).items():
                yield self._gone(spec, loser, merged_into=winner)

    def find_notable(self, spec: StreamSpec, rows: Rows) -> Sequence[Raw]:
        """Rows of people that others were merged into, or in which a dated property may hold something."""
        if spec.kind is not Kind.PERSON:
            return ()
        known = self._properties.of(spec.name)
        return rows.holding({_MERGED, *dated_names(spec, known)}.intersection(known))

    def look_over(
        self, spec: StreamSpec, rows: Rows, notable: Sequence[Raw], behind: Sequence[SourceRecord] = ()
    ) -> tuple[Sequence[SourceRecord], Mapping[str, bytes]]:
        """The same of a list's rows, made where they are asked for, and others `behind` them; with fingerprints by which it
        is known whether they need be made."""
        if spec.name in _OF_MORE_THAN_THE_ROW or not rows:
            return [*self.convert(spec, [*rows]), *behind], {}
        hangs = find_stream(spec.name).hangs_on_people
        asked = self._ask_people(spec, rows) if hangs else {}
        make = partial(_make, spec, self._reading(), asked)
        gone = [self._gone(spec, loser, merged_into=winner) for loser, winner in merged_ids(notable).items()]
        records = Unread(rows, make, [*gone, *behind])
        if not spec.kept:
            return records, {}
        texts = rows.texts
        if asked:
            texts = [text + orjson.dumps(asked.get(one)) for one, text in zip(rows.ids, texts, strict=True)]
        begin = f"{self._connection}:{spec.name}:"
        told = zip([begin + one for one in rows.ids], texts, strict=True)
        return records, take_fingerprints(told, code_of(*_CODE), spec, self._owners.known_users() if hangs else "")

    def _ask_people(self, spec: StreamSpec, rows: Rows) -> dict[str, list[str]]:
        """Per id the contacts of those rows that do not tell them, or not all of them: where none of a page does, nobody
        knows whether it was told."""
        told = any(_LINKED in text for text in rows.texts)
        asked = [str(raw["id"]) for raw in rows.mentioning(_GOES_ON) if _is_cut_off(raw)] if told else rows.ids
        return self.linked(spec.name, PEOPLE, asked) if asked else {}

    def _people(self, spec: StreamSpec, raws: Sequence[Raw]) -> dict[str, list[str]]:
        """Per id the contacts that a record hangs on. What a list says of it is taken; where a page says nothing of any of
        its records, or not all of one, it is asked for."""
        links = {str(raw["id"]): _told_people(raw) for raw in raws if raw.get("associations")}
        asked = [str(raw["id"]) for raw in raws if _is_cut_off(raw)] if links else [str(raw["id"]) for raw in raws]
        return {**links, **(self.linked(spec.name, PEOPLE, asked) if asked else {})}

    def _missing(
        self, spec: StreamSpec, asked: Sequence[str], raws: Sequence[Raw], named: set[str]
    ) -> Iterator[SourceRecord]:
        """Asked ids that the answer does not hold. Only what HubSpot says is gone counts as gone."""
        told = {str(raw["id"]) for raw in raws} | (merged_ids(raws).keys() if spec.kind is Kind.PERSON else set())
        for one in asked:
            if one in told:
                continue
            winner = None if one in named else self._id_of(spec, one)
            if winner == one:
                raise TransientError(f"HubSpot left out a record that exists ({spec.name})")
            yield self._gone(spec, one, merged_into=winner or "")

    def _id_of(self, spec: StreamSpec, record_id: str) -> str | None:
        """The id under which a record is known now; None when it is gone. A merged-away id leads to the survivor."""
        path = self._client.paths.objects(spec.name, record_id)
        try:
            return str(self._client.get(path, {"properties": "hs_object_id"}, stream=spec.name)["id"])
        except Refused as error:
            if error.answer.status == 404:
                return None
            raise

    def linked(self, source: str, target: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Per id the ids of the associated records; one without any is left out."""
        path = self._client.paths.associations(source, target)
        links: dict[str, dict[str, None]] = {}
        for some in split(ids, ASSOCIATION_BATCH):
            inputs: list[dict[str, str]] = [{"id": one} for one in some]
            while inputs:
                answer = self._client.post(path, {"inputs": inputs}, stream=source)
                check_parts(answer)
                inputs = []
                for one in answer["results"]:
                    from_id = str(one["from"]["id"])
                    links.setdefault(from_id, {}).update((str(to["toObjectId"]), None) for to in one["to"])
                    after = ((one.get("paging") or {}).get("next") or {}).get("after")
                    if after:
                        inputs.append({"id": from_id, "after": str(after)})
        return {one: sorted(targets, key=int) for one, targets in links.items()}

    def _gone(self, spec: StreamSpec, record_id: str, merged_into: str = "") -> SourceRecord:
        return make_gone(self._connection, spec, record_id, self._client.server_time(), merged_into)


def make_record(spec: StreamSpec, raw: Raw, reading: Reading, people: Sequence[str]) -> SourceRecord:
    """One record in the words of the core; `people` are the contacts that it hangs on."""
    row = read_cells(raw["properties"])
    stamp = read_instant(row.get(find_stream(spec.name).modified)) or read_instant(raw.get("updatedAt"))
    return SourceRecord(
        ref=RecordRef(reading.connection, spec.name, str(raw["id"])),
        kind=spec.kind,
        modified_at=stamp or reading.now,
        values={name: row[name] for name in spec.fields if name in row},
        facts=READERS[spec.name](row, reading, people),
        flags=from_wire(row) if spec.carries_flags else None,
        deleted=bool(raw.get("archived")),
    )


def _make(spec: StreamSpec, reading: Reading, asked: Mapping[str, Sequence[str]], raw: Raw) -> SourceRecord:
    people = asked.get(str(raw["id"]))
    return make_record(spec, raw, reading, _told_people(raw) if people is None else people)


def _told_people(raw: Raw) -> list[str]:
    """The contacts that a row of a list names."""
    linked = raw.get("associations")
    if not linked:
        return []
    told = linked.get(PEOPLE) or {}
    return sorted({str(to["id"]) for to in told.get("results") or ()}, key=int)


def _is_cut_off(raw: Raw) -> bool:
    """Whether it names more contacts on a page of their own."""
    told = (raw.get("associations") or {}).get(PEOPLE) or {}
    return bool((told.get("paging") or {}).get("next"))


def make_gone(connection: str, spec: StreamSpec, record_id: str, now: datetime, merged_into: str = "") -> SourceRecord:
    """A record that is there no more, and the one it was merged into."""
    winner = str(RecordRef(connection, spec.name, merged_into))
    return SourceRecord(
        ref=RecordRef(connection, spec.name, record_id),
        kind=spec.kind,
        modified_at=now,
        facts={"merged_into": winner} if merged_into else {},
        deleted=True,
    )


def merged_ids(raws: Sequence[Raw]) -> dict[str, str]:
    """Losing id → winning id, from what the winners say of themselves."""
    return {
        old: str(raw["id"])
        for raw in raws
        if (told := raw["properties"].get(_MERGED))
        for old in str(told).split(";")
        if old and old != str(raw["id"])
    }
