"""The values of a handoff's items, as the rules see them: read, screened, derived, grouped."""

from __future__ import annotations

from sync.core.mapping.items import add_groups, read_items, recall_items
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.reader import Reader, compile_reader
from sync.core.model.items import ItemValue
from sync.core.model.records import RecordRef
from sync.core.rules.evidence import Evidence
from sync.core.rules.required import derive
from sync.core.rules.screen import screen_items


def read_all(evidence: Evidence, tables: Tables, unmapped: list[ItemValue]) -> dict[str, ItemValue]:
    """Every item. Choices that no option knows are added to `unmapped`."""
    reader, of_primary = reader_of(evidence, tables), _of_primary(evidence)
    items = recall_items(evidence.case, reader, evidence.today, of_primary, unmapped)
    screen_items(evidence, items, reader, of_primary)
    derive(evidence, items)
    add_groups(items, reader)
    return items


def read_some(evidence: Evidence, reader: Reader) -> dict[str, ItemValue]:
    """The items of this reader alone, as they were typed: nothing is derived, and a group has no value."""
    of_primary = _of_primary(evidence)
    items = read_items(evidence.case, reader, evidence.today, of_primary, [])
    screen_items(evidence, items, reader, of_primary)
    return items


def reader_of(evidence: Evidence, tables: Tables) -> Reader:
    definition = evidence.rules.definition
    return compile_reader(
        evidence.mapping,
        tables,
        region=definition.region,
        tz=str(evidence.zone),
        fiscal_year_start=definition.fiscal_year_start,
    )


def _of_primary(evidence: Evidence) -> frozenset[RecordRef]:
    """The primary person's records: the Contact or Lead, the Leads it came from, and who shows its handoff."""
    membership = evidence.case.membership
    if membership.primary is None:
        return frozenset()
    own = {membership.primary, membership.anchor, *membership.targets}
    converted = list(evidence.converted_leads())
    if converted:
        names = {str(ref) for ref in (membership.primary, *membership.aliases)}
        own.update([lead.ref for lead in converted if not names.isdisjoint(lead.facts.get("converted_to") or ())])
    return frozenset(own)
