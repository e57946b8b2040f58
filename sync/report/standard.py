"""「パス基準書」: one definition in words, as IS and FS managers agree on it. The same tables tell two definitions apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sync.core.calendar import Target, TargetKind
from sync.core.mapping.spec import ItemSpec, NameFields
from sync.core.rules.definition import ClockPolicy, Exclusion, PassEvent, StopKind, Who
from sync.report.standard_text import words
from sync.settings.whole import Settings
from sync.wording import Say

_CONDITIONS = ("start_when", "pause_when", "resume_when", "cancel_when", "reset_when")


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the document. The first cell of a row names it."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that two definitions do not share. A side without it is None."""

    section: str
    row: str
    column: str
    old: str | None
    new: str | None


def describe(settings: Settings, language: str) -> tuple[Section, ...]:
    """Everything that two managers agree on, in words."""
    writer = _Writer(settings, words(language), language)
    return (
        writer.overview(),
        writer.passes(),
        writer.people(),
        writer.scope(),
        writer.items(),
        writer.requirements(),
        writer.criteria(),
        writer.clocks(),
        writer.hours(),
    )


def compare(old: Iterable[Section], new: Iterable[Section]) -> tuple[Difference, ...]:
    """What changed, row by row and cell by cell, in the order of the document."""
    found: list[Difference] = []
    for before, after in zip(old, new, strict=True):
        rows_before, rows_after = ({row[0]: row for row in s.rows} for s in (before, after))
        for name in dict.fromkeys((*rows_before, *rows_after)):
            found += _compare_row(after, name, rows_before.get(name), rows_after.get(name))
    return tuple(found)


def _compare_row(
    section: Section, name: str, old: tuple[str, ...] | None, new: tuple[str, ...] | None
) -> Iterable[Difference]:
    if old is None or new is None:
        said = [" / ".join(cell for cell in row[1:] if cell) if row is not None else None for row in (old, new)]
        yield Difference(section.title, name, "", said[0], said[1])
        return
    for column, before, after in zip(section.header[1:], old[1:], new[1:], strict=True):
        if before != after:
            yield Difference(section.title, name, column, before, after)


@dataclass(frozen=True, slots=True)
class _Writer:
    settings: Settings
    say: Say
    language: str

    def overview(self) -> Section:
        say, definition = self.say, self.settings.rules.definition
        handoff = self.settings.files.handoff
        rows = [
            (say("version"), definition.version),
            (say("label"), definition.label.in_(self.language)),
            (say("effective_from"), definition.effective_from.isoformat()),
            (say("enforce_from"), self.settings.files.baton.flags.enforce_from.isoformat()),
            (say("preset"), handoff.preset),
            (say("entries"), say("entries_of", count=len(self.settings.mapping.typed))),
            (say("hash"), self.settings.rules.rules_hash),
        ]
        return self._section("overview", ("name", "content"), rows)

    def passes(self) -> Section:
        events = self.settings.rules.definition.pass_events
        rows = [*(self._event(event) for event in events), (self.say("grace"), self.say("grace.same_day"))]
        return self._section("passes", ("event", "content"), rows)

    def _event(self, event: PassEvent) -> tuple[str, str]:
        say = self.say
        if event.kind == "owner_role_changes":
            return say("event.owner_role_changes"), say("event.roles", old=event.from_role, new=event.to_role)
        if event.kind == "status_in":
            told = "; ".join(f"{c}:{s} = {', '.join(sorted(v))}" for (c, s), v in sorted(event.statuses.items()))
            return say("event.status_in"), told
        if event.kind == "field":
            return f"{say('event.field')} ({self._label(event.item or '')})", say("event.field_when")
        return say(f"event.{event.kind}"), say(f"event.{event.kind}.when")

    def people(self) -> Section:
        file, say = self.settings.files.definition, self.say
        rows = [(role, ", ".join(who.names), ", ".join(who.users)) for role, who in file.roles.items()]
        machines = ("integration_users", "native_sync_users", "automation_users")
        rows += [(say(name), "", ", ".join(getattr(file, name))) for name in machines]
        return self._section("people", ("who", "role_names", "users"), rows)

    def scope(self) -> Section:
        scope = self.settings.files.definition.scope
        listed = [name for name in type(scope).model_fields if name != "exclude"]
        rows = [(self.say(f"scope.{name}"), ", ".join(getattr(scope, name))) for name in listed]
        rows += [(self._excluded(each), each.when.text) for each in self.settings.rules.definition.scope.exclude]
        return self._section("scope", ("name", "content"), rows)

    def items(self) -> Section:
        mapping = self.settings.mapping
        required = [*mapping.typed, *(item for item in mapping.automatic if item not in mapping.typed)]
        others = [item for item in mapping.items if item not in required]
        rows = [self._item(mapping.items[item]) for item in (*required, *others) if item in mapping.items]
        return self._section("items", ("item", "required", "who_fills", "ask", "where", "choices"), rows)

    def _item(self, item: ItemSpec) -> tuple[str, ...]:
        say, mapping = self.say, self.settings.mapping
        need = "typed" if item.id in mapping.typed else "automatic" if item.id in mapping.automatic else "optional"
        places = [
            f"{stream.connection}:{stream.stream}.{name}"
            for stream in mapping.streams.values()
            if (fields := stream.items.get(item.id)) is not None
            for name in ((fields.family, fields.given) if isinstance(fields, NameFields) else fields)
        ]
        for kind, parts in (("any_of", item.any_of), ("all_of", item.all_of)):
            if parts:
                places = [say(kind, items=say("comma").join(self._label(one) for one in parts))]
        places += [f"{c}:{s} {where.in_(self.language)}" for (c, s), where in item.fix_at.items()]
        return (
            f"{item.label.in_(self.language)} [{item.id}]",
            say(f"need.{need}"),
            say(f"fills.{need}"),
            item.ask.in_(self.language) if item.ask is not None else "",
            ", ".join(places),
            ", ".join(dict.fromkeys(item.options.values())),
        )

    def requirements(self) -> Section:
        """What conditions add to the list above and take from it, in their order."""
        rows = [
            (
                f"{number}. {each.when.text}",
                *(
                    self.say("comma").join(map(self._label, items))
                    for items in (each.typed, each.automatic, each.optional)
                ),
            )
            for number, each in enumerate(self.settings.rules.requirements, 1)
        ]
        return self._section("requirements", ("when", "then_typed", "then_automatic", "then_optional"), rows)

    def _excluded(self, each: Exclusion) -> str:
        return self.say("scope.exclude", reason=each.reason.in_(self.language))

    def criteria(self) -> Section:
        definition, say = self.settings.rules.definition, self.say
        met, not_met = sorted(definition.budget_met), sorted(definition.budget_not_met)
        rank = say(f"rank.{definition.rank_at_least}")
        rows = [
            ("authority", say("authority.met", rank=rank), say("never"), say("authority.unknown")),
            ("budget", self._choices(met), self._choices(not_met), say("budget.unknown")),
            (
                "timing",
                say("timing.met", months=definition.within_months),
                say("timing.not_met", months=definition.within_months),
                say("timing.unknown"),
            ),
            ("need", say("need.met"), say("never"), say("need.unknown")),
        ]
        if (score := definition.score) is not None:
            least = {"item": self._label(score.item), "least": f"{score.at_least:g}"}
            rows.append(("score", say("score.met", **least), say("score.not_met", **least), say("score.unknown")))
        told = [
            (say(name), say("optional" if name in definition.optional_criteria else "counts"), *rest)
            for name, *rest in rows
        ]
        return self._section("criteria", ("criterion", "in_verdict", "met", "not_met", "unknown"), told)

    def _choices(self, values: Iterable[str]) -> str:
        return ", ".join(self.say(f"budget_status.{value}") for value in values) or self.say("never")

    def clocks(self) -> Section:
        rules, say = self.settings.rules, self.say
        rows: list[tuple[str, ...]] = []
        for clock in rules.clocks:
            name = clock.label.in_(self.language) if clock.label is not None else say(f"clock.{clock.id}")
            name += "" if clock.is_published else f" ({say('measured')})"
            rows += self._policy(name, clock)
            for first, changed in clock.changes:
                rows += self._policy(f"{name} ({say('changed', day=first.date())})", changed)
        return self._section("clocks", ("clock", "target", "start", "team", "details"), rows)

    def _policy(self, name: str, clock: ClockPolicy) -> Iterator[tuple[str, ...]]:
        field = ".".join(clock.start.field) if clock.start.field is not None else ""
        start = self.say(f"start.{clock.start.kind}", field=field)
        targets = clock.target_by_channel or ({"": clock.target} if clock.target is not None else {})
        for channel, target in targets.items():
            told = f"{name} [{channel}]" if channel else name
            yield told, self._target(target), start, self._team(clock), self._details(clock)

    def _team(self, clock: ClockPolicy) -> str:
        if clock.who is Who.TEAM:
            return ", ".join(sorted(clock.team))
        return self.say(clock.who.value)

    def _details(self, clock: ClockPolicy) -> str:
        say = self.say
        parts = [say("look_back", days=clock.look_back_days), say("confirm", span=self._span(clock.confirm_after))]
        if clock.cutoff is not None:
            parts.append(say("cutoff", at=clock.cutoff.isoformat("minutes")))
        if clock.stop is not StopKind.FIRST_TWO_WAY_OR_OUTBOUND:
            parts.append(say(f"stop.{clock.stop}"))
        conditions = {name: getattr(clock, name) for name in _CONDITIONS}
        parts += [say(name, text=condition.text) for name, condition in conditions.items() if condition is not None]
        switched = {"restarts": clock.restarts, "owner_absent": clock.owner_absent_pauses}
        parts += [say(name) for name, on in switched.items() if on]
        return say("semicolon").join(parts)

    def _target(self, target: Target) -> str:
        match target.kind:
            case TargetKind.NONE:
                return self.say("target.none")
            case TargetKind.SAME_BUSINESS_DAY:
                return self.say("target.same_day")
            case TargetKind.BUSINESS_DAYS:
                return self.say("target.days", days=target.days)
            case TargetKind.WORKING_TIME:
                return self.say("target.working", span=self._span(target.span))
            case TargetKind.ELAPSED:
                return self.say("target.elapsed", span=self._span(target.span))

    def _span(self, span: timedelta) -> str:
        seconds = int(span.total_seconds())
        for unit, length in (("hours", 3600), ("minutes", 60)):
            if seconds % length == 0:
                return self.say(unit, count=seconds // length)
        return self.say("seconds", count=seconds)

    def hours(self) -> Section:
        rows = [
            (
                name,
                calendar.tz,
                "; ".join(
                    f"{day} {', '.join('-'.join(pair) for pair in spans)}" for day, spans in calendar.hours.items()
                ),
                calendar.holidays or "",
                ", ".join(f"{first}..{last}" for first, last in calendar.closures),
            )
            for name, calendar in self.settings.files.baton.calendars.items()
        ]
        return self._section("hours", ("calendar", "zone", "opening", "holidays", "closures"), rows)

    def _label(self, item: str) -> str:
        spec = self.settings.mapping.items.get(item)
        return spec.label.in_(self.language) if spec is not None else item

    def _section(self, name: str, header: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Section:
        columns = tuple(self.say(f"column.{column}") for column in header)
        return Section(self.say(f"section.{name}"), columns, tuple(rows))


def presets_of(settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Preset → (entries that an IS types, items that systems fill)."""
    return {name: (len(p.typed), len(p.automatic)) for name, p in settings.files.handoff.presets.items()}
