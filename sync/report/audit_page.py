"""The audit as one page and as CSV: tables from counts, no person in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from sync.core.mapping.appraise import FILLED, STATES
from sync.core.mapping.propose import Candidate
from sync.core.mapping.stock import OTHER_CHANNEL, FirstContacts
from sync.core.metrics.rate import Rate
from sync.core.model.records import Kind
from sync.flow.audit import Account, Audit
from sync.flow.audit_read import Gap
from sync.report.audit_text import TEXTS
from sync.report.numbers import REASONS, Cell, Table, percent
from sync.report.page import open_templates
from sync.report.report_file import write_lines
from sync.report.text import clean, shorten
from sync.wording import Say, speak

NUMBERED: tuple[tuple[str, ...], ...] = (
    ("company", "department"), ("contact_name", "job_title"), ("phone", "email"), ("lead_source",),
    ("sql_date", "sql_reason"), ("budget_status", "budget_amount"), ("timing",), ("decision_maker", "decision_process"),
    ("pain",), ("purpose",), ("competitors",), ("contact_history",), ("engaged_content",), ("ng_topics",),
    ("next_action",), ("memo",),
)  # fmt: skip
"""The sixteen items of the checklist; some are asked in two parts, and both must have a place."""
INPUTS = ("fs_decision", "return_reason")
SMALLEST = 10
"""Cells over fewer records are not shown."""
_FEW = 8
"""Items of an object that is only looked up for who somebody is."""
_TOP, _CHANNELS, _MONTHS = 20, 8, 12


@dataclass(frozen=True, slots=True)
class Words:
    """What things are called in one language."""

    language: str
    items: Mapping[str, str]
    channels: Mapping[str, str]
    systems: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def say(self) -> Say:
        return speak(TEXTS, self.language)

    def item(self, item: str) -> str:
        return self.say(item) if item in INPUTS else self.items.get(item, item)

    def stream(self, stream: str) -> str:
        connection, _, name = stream.partition(":")
        return f"{self.systems.get(connection, connection)} {name}"

    def answer(self, given: str, value: str) -> str:
        if given == "return_reason" and value in REASONS[self.language]:
            return REASONS[self.language][value]
        return self.say(value) if value in ("accepted", "returned", "on_hold") else shorten(value, 24)

    def gap(self, gap: Gap) -> str:
        """In the reader's words, with the CRM's behind them."""
        detail = clean(gap.detail)
        return self.say(f"gap.{gap.why}") + (self.say("in_brackets", text=detail) if detail else "")

    def channel(self, channel: str) -> str:
        if channel == OTHER_CHANNEL:
            return self.say("other_channel")
        return shorten(self.channels.get(channel, channel), 24) if channel else self.say("no_channel")


class Share(float):
    """A share of a sample, with how far the share of all may lie from it."""

    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    big: str
    small: str
    why: str
    rate: Rate | None = None
    """To be drawn with its interval."""


def found_items(audit: Audit) -> tuple[set[str], set[str]]:
    """(items with a field that is sure, items with nothing but doubtful ones), over all objects."""
    sure = {item for some in audit.proposals.values() for item, one in some.items() if one.sure}
    doubt = {item for some in audit.proposals.values() for item, one in some.items() if one.doubtful}
    return sure, doubt - sure


def count_found(items: set[str]) -> int:
    """Of the sixteen."""
    return sum(all(part in items for part in parts) for parts in NUMBERED)


def render_audit(audit: Audit, words: Words, zone: tzinfo, other: tuple[str, str] | None = None) -> str:
    """The page, self-contained. `other`: address and name of the same page in the other language."""
    say = words.say
    whose = say("comma").join(dict.fromkeys(name for account in audit.accounts if (name := clean(account.tenant.name))))
    extent = say("all") if audit.sample is None else say("sampled", n=audit.sample)
    return open_templates().get_template("audit.html.j2").render(
        lang=words.language,
        title=say("title"),
        head=[say("gap").join((whose, say("as_of", at=f"{audit.at.astimezone(zone):%Y-%m-%d %H:%M}"))), extent],
        other=other,
        say=say,
        partial=audit.partial,
        tiles=list(_tiles(audit, words)),
        todo=list(_todo(audit, words)),
        items=[item_table(audit, words, stream) for stream in _carrying(audit)],
        channels=[table for stream in _carrying(audit) if len((table := channel_table(audit, words, stream)).rows) > _FEW],
        months=[table for stream in _carrying(audit) if len((table := month_table(audit, words, stream)).rows) > _FEW],
        smallest=SMALLEST,
        junk=junk_table(audit, words),
        passes=pass_table(audit, words),
        answers=answer_table(audit, words),
        stages=stage_table(audit, words),
        logged=logged_table(audit, words),
        first=first_table(audit, words),
        twins=twin_table(audit, words),
        rates=rate_table(audit, words),
        unread=unread_table(audit, words),
    )  # fmt: skip


def write_audit_csv(audit: Audit, words: Words) -> Iterator[str]:
    """Every table of the page, one row a line: table, row, column, value. No cell can become a formula."""
    header = tuple(words.say(key) for key in ("kind", "object", "item", "value"))
    yield "\ufeff"
    yield from write_lines(header, _flat(audit, words))


def _flat(audit: Audit, words: Words) -> Iterator[Sequence[Cell]]:
    per_stream = (item_table, channel_table, month_table)
    tables = [make(audit, words, stream) for stream in _carrying(audit) for make in per_stream]
    others = (
        junk_table,
        pass_table,
        answer_table,
        stage_table,
        logged_table,
        first_table,
        twin_table,
        rate_table,
        unread_table,
    )
    for table in (*tables, *(make(audit, words) for make in others)):
        for row in table.rows:
            for name, value in zip(table.header[1:], row[1:], strict=True):
                yield table.title, row[0], name, value
                if isinstance(value, Share) and value.margin:
                    yield table.title, row[0], f"{name} {words.say('margin')}", float(value.margin)


def _carrying(audit: Audit) -> list[str]:
    """Objects on which answers are looked for, those with most items first; who is only looked up for who it is, last."""
    return sorted(audit.proposals, key=lambda stream: -len(audit.proposals[stream]))


def _tiles(audit: Audit, words: Words) -> Iterator[Tile]:
    """The three rates as one set, then what else is seen at once."""
    say, stock = words.say, audit.stock
    leads = next((people for people in stock.people.values() if people["to_deal"]), Counter[str]())
    yield _rate_tile(say("tile.to_deal"), Rate(leads["to_deal"], leads["all"]), words)
    accepted = _accepted(audit)
    if accepted is not None:
        yield _rate_tile(say("tile.accepted"), Rate(accepted, stock.deals["all"]), words)
    else:
        yield _rate_tile(say("tile.won_all"), Rate(stock.deals["won"], stock.deals["all"]), words)
    yield _rate_tile(say("tile.won"), Rate(stock.deals["won"], stock.deals["closed"]), words)
    sure, doubt = found_items(audit)
    more = count_found(sure | doubt) - count_found(sure)
    why = say("tile.items_why", doubt=more) if more else say("tile.items_all")
    yield Tile(say("tile.items"), str(count_found(sure)), say("tile.items_of"), why)
    where, first = max(audit.contacts.items(), key=lambda pair: pair[1].contacted, default=("", None))
    if first is not None:
        told = say("tile.first_why", where=words.stream(where), n=f"{first.contacted:,}", of=f"{first.people:,}")
        yield Tile(say("tile.first"), _span(first.median_m, words), "", told)
    yield _rate_tile(say("tile.roles"), Rate(stock.deals["open_with_role"], stock.deals["open"]), words)


def _accepted(audit: Audit) -> int | None:
    """Opportunities that FS has accepted, where the field of that answer is sure."""
    for stream, reading in audit.proposals.items():
        decision = reading.get("fs_decision")
        if audit.kinds.get(stream) is Kind.DEAL and decision is not None and decision.sure:
            return audit.stock.answers[stream, "fs_decision", decision.sure[0].field, "accepted"]
    return None


def _rate_tile(name: str, rate: Rate, words: Words) -> Tile:
    shown = rate.n >= SMALLEST
    low, high = rate.interval
    interval = words.say("interval", low=percent(low), high=percent(high))
    why = interval if shown else words.say("tile.few", smallest=SMALLEST)
    count = words.say("count", n=rate.hits, of=rate.n)
    return Tile(name, percent(rate.share if shown else None), count, why, rate if shown else None)


def _todo(audit: Audit, words: Words) -> Iterator[str]:
    say = words.say
    sure, doubt = found_items(audit)
    lacking = [item for parts in NUMBERED for item in parts if item not in sure | doubt]
    doubtful = sum(len(one.doubtful) for some in audit.proposals.values() for one in some.values() if not one.sure)
    if doubtful:
        yield say("next.doubt", n=doubtful)
    if lacking:
        yield say("next.none", items=say("comma").join(words.item(item) for item in lacking))
    yield say("next.is")
    yield say("next.check")


def _is_sample(audit: Audit, stream: str) -> bool:
    """Whether there are more of these than were read; what hangs on a sample is one too."""
    if audit.sample is None:
        return False
    connection, _, name = stream.partition(":")
    of = next((account.totals.get(name) for account in audit.accounts if account.name == connection), None)
    return of is None or of > audit.stock.records[stream]


def _share(audit: Audit, stream: str, hits: int, n: int) -> float | None:
    """None of few; of a sample with its margin, the longer side of the interval."""
    if n < SMALLEST:
        return None
    rate = Rate(hits, n)
    share, (low, high) = Share(hits / n), rate.interval
    share.margin = max(high - share, share - low) if _is_sample(audit, stream) else 0.0
    return share


def item_table(audit: Audit, words: Words, stream: str) -> Table:
    say = words.say
    header = ("item", "field", "verdict", "evidence", "records", *STATES)
    rows = [_item_row(audit, words, stream, one) for one in _shown(audit, stream)]
    shares = frozenset(range(5, 5 + len(STATES)))
    return Table(
        "items",
        words.stream(stream),
        tuple(say(name) for name in header),
        tuple(rows),
        shares=shares,
        tight=frozenset({2}),
    )


def _shown(audit: Audit, stream: str) -> Iterator[Candidate]:
    """In the order of the checklist; of an item whose field is sure no second best."""
    proposals = audit.proposals[stream]
    for item in (*(one for parts in NUMBERED for one in parts), *INPUTS):
        if item in proposals:
            yield from proposals[item].sure or proposals[item].doubtful


def _item_row(audit: Audit, words: Words, stream: str, one: Candidate) -> tuple[Cell, ...]:
    say, states = words.say, _states(audit, stream, one)
    n = states.total()
    name = (
        shorten(one.label, 40) + say("in_brackets", text=clean(one.field))
        if one.label and one.label != one.field
        else clean(one.field)
    )
    verdict = f"{say('sure' if one.sure else 'doubtful')} {one.confidence:.0%}"
    why = say("comma").join(say(reason) for reason in one.evidence)
    shares = [_share(audit, stream, states[state], n) for state in STATES]
    return (words.item(one.item), name, verdict, why, n, *shares)


def _states(audit: Audit, stream: str, one: Candidate) -> Counter[str]:
    found: Counter[str] = Counter()
    for (key, state), count in audit.stock.fills.items():
        if (key.stream, key.item, key.field) == (stream, one.item, one.field):
            found[state] += count
    return found


def channel_table(audit: Audit, words: Words, stream: str) -> Table:
    return _heat(audit, words, stream, "channel")


def month_table(audit: Audit, words: Words, stream: str) -> Table:
    return _heat(audit, words, stream, "month")


def _heat(audit: Audit, words: Words, stream: str, by: str) -> Table:
    """Filled share of each item's first sure field, by what the columns are."""
    say = words.say
    fields = {item: one.sure[0].field for item, one in audit.proposals[stream].items() if one.sure}
    cells: dict[tuple[str, str], Counter[str]] = {}
    columns: Counter[str] = Counter()
    for (key, state), count in audit.stock.fills.items():
        if key.stream == stream and fields.get(key.item) == key.field:
            column = key.channel if by == "channel" else key.month
            cells.setdefault((key.item, column), Counter())[state] += count
            cells.setdefault((key.item, "*"), Counter())[state] += count
            columns[column] += count
    if by == "channel":
        most = [name for name, _ in columns.most_common(_CHANNELS)]
    else:
        most = sorted(name for name in columns if name)[-_MONTHS:]
    titles = {name: words.channel(name) if by == "channel" else name for name in most}
    large = {name for (_, name), states in cells.items() if states.total() >= SMALLEST}
    chosen, few = [name for name in most if name in large], [titles[name] for name in most if name not in large]
    note = say("too_few", smallest=SMALLEST, names=say("comma").join(few)) if few else ""
    order = [item for parts in NUMBERED for item in parts if item in fields]
    rows = [
        (words.item(item), *(_full(audit, stream, cells.get((item, name))) for name in ("*", *chosen)))
        for item in order
    ]
    header = (say("item"), say("total"), *(titles[name] for name in chosen))
    return Table(by, words.stream(stream), header, tuple(rows), note, shares=frozenset(range(1, len(header))))


def _full(audit: Audit, stream: str, states: Counter[str] | None) -> float | None:
    return _share(audit, stream, states[FILLED], states.total()) if states else None


def junk_table(audit: Audit, words: Words) -> Table:
    say = words.say
    counted = sorted(audit.stock.junk.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]
    rows = tuple((shorten(text), words.item(item), say(state), count) for (item, text, state), count in counted)
    return Table("junk", say("junk_title"), (say("value"), say("item"), say("kind"), say("times")), rows)


def pass_table(audit: Audit, words: Words) -> Table:
    say, rows = words.say, list[tuple[Cell, ...]]()
    for (stream, kind, old, new), count in sorted(audit.stock.moves.items(), key=lambda pair: (-pair[1], pair[0])):
        sides = (shorten(old, 40) or say("unknown"), shorten(new, 40) or say("unknown"))
        rows.append((f"{words.stream(stream)}: {say(kind)}", *sides, count))
    for stream, people in audit.stock.people.items():
        rows += [(f"{words.stream(stream)}: {say(name)}", "", "", people[name]) for name in ("converted", "to_deal") if people[name]]  # fmt: skip
    if audit.stock.deals["all"]:
        rows.append((say("deals"), "", "", audit.stock.deals["all"]))
    return Table("passes", say("pass_title"), (say("event"), say("from"), say("to"), say("times")), tuple(rows[:40]))


def answer_table(audit: Audit, words: Words) -> Table:
    """Of fields that are sure."""
    say = words.say
    sure = {(s, i, one.field) for s, some in audit.proposals.items() for i, p in some.items() for one in p.sure}
    counted = sorted(audit.stock.answers.items(), key=lambda pair: (pair[0][0], pair[0][1], -pair[1], pair[0][3]))
    rows = tuple(
        (f"{words.stream(stream)}: {say(given)}", words.answer(given, value), n)
        for (stream, given, name, value), n in counted
        if (stream, given, name) in sure
    )
    return Table("answers", say("answers_title"), (say("event"), say("answer"), say("times")), rows)


def stage_table(audit: Audit, words: Words) -> Table:
    say = words.say
    counted = sorted(audit.stock.stages.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1]))
    rows = tuple((words.stream(stream), shorten(stage, 40) or say("empty"), n) for (stream, stage), n in counted[:40])
    return Table("stages", say("stage_title"), (say("object"), say("stage"), say("times")), rows)


def logged_table(audit: Audit, words: Words) -> Table:
    say, rows = words.say, list[tuple[Cell, ...]]()
    for (connection, kind), one in sorted(audit.stock.logged.items()):
        roles = say("comma").join(
            f"{shorten(role, 24) or say('unknown')} {count:,}" for role, count in one.by_role.most_common(5)
        )
        n = one.count
        system = words.systems.get(connection, connection)
        shares = [_share(audit, f"{connection}:", hits, n) for hits in (one.with_content, one.automated)]
        rows.append((f"{system}: {say(kind)}", n, *shares, roles))
    header = tuple(say(name) for name in ("kind", "times", "with_content", "automated", "by_role"))
    return Table("logged", say("contact_title"), header, tuple(rows), shares=frozenset({2, 3}))


def first_table(audit: Audit, words: Words) -> Table:
    say = words.say
    header = tuple(say(name) for name in ("object", "people", "contacted", "within_day", "median", "p90"))
    rows = tuple(_first_row(audit, words, stream, one) for stream, one in audit.contacts.items())
    return Table("first", say("first_title"), header, rows, shares=frozenset({2, 3}))


def _first_row(audit: Audit, words: Words, stream: str, one: FirstContacts) -> tuple[Cell, ...]:
    shares = [_share(audit, stream, hits, one.people) for hits in (one.contacted, one.within_day)]
    return (words.stream(stream), one.people, *shares, _span(one.median_m, words), _span(one.p90_m, words))


def _span(minutes: int | None, words: Words) -> str:
    if minutes is None:
        return "–"
    if minutes < 60:
        return words.say("minutes", n=minutes)
    return words.say("hours", n=minutes / 60) if minutes < 2 * 1440 else words.say("days", n=minutes / 1440)


def twin_table(audit: Audit, words: Words) -> Table:
    say = words.say
    rows = tuple((words.stream(s), one.addresses, one.records, one.of) for s, one in audit.duplicates.items())
    header = (say("object"), say("addresses"), say("tile.twins"), say("people"))
    return Table("twins", say("twin_title"), header, rows)


def rate_table(audit: Audit, words: Words) -> Table:
    say, rows = words.say, list[tuple[Cell, ...]]()
    cohorts = audit.stock.cohorts
    streams = {stream for stream, people in audit.stock.people.items() if people["to_deal"]}
    for stream, month in sorted({(s, m) for s, m, _ in cohorts if s in streams})[-_MONTHS:]:
        rate = Rate(cohorts[stream, month, "to_deal"], cohorts[stream, month, "all"])
        low, high = rate.interval
        shown = rate.n >= SMALLEST
        rows.append(
            (month, rate.n, rate.hits, rate.share if shown else None, f"{low:.0%}–{high:.0%}" if shown else "–")
        )
    header = (say("month"), say("leads"), say("became"), say("share"), "95%")
    return Table("rates", say("rate_title"), header, tuple(rows), shares=frozenset({3}))


def unread_table(audit: Audit, words: Words) -> Table:
    say = words.say
    rows = [
        (words.stream(f"{account.name}:{stream}"), _read_of(audit, account, stream), words.gap(gap))
        for account in audit.accounts
        for stream, gap in sorted({**account.unread, **account.absent}.items())
    ]
    return Table("unread", say("unread_title"), (say("object"), say("read_of"), say("reason")), tuple(rows))


def _read_of(audit: Audit, account: Account, stream: str) -> str:
    """How much of it is in the numbers nevertheless."""
    n, of = audit.stock.records[f"{account.name}:{stream}"], account.totals.get(stream)
    return f"{n:,}／{of:,}" if of else f"{n:,}"
