"""`baton setup plan|apply|export|remove`: what Baton needs in the CRMs, made, handed over or taken out again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.option import AnyFolder, AsJson, Folder
from sync.cli.setup_lines import head_lines, label_of, left_lines, plan_json, plan_lines, refusal_lines, removal_lines
from sync.cli.setup_text import TEXTS
from sync.cli.show import DONE, PARTIAL, confirm, console, leave, printable, working, write_json
from sync.errors import ConfigError, Obstacle, Problem, SetupRefused
from sync.outfit import Outfit, Piece, PieceKind, Tell
from sync.wording import Say, speak

if TYPE_CHECKING:
    from sync.admin import Desk
    from sync.app import App
    from sync.flow.setup import SetupPlan
    from sync.settings import Settings

PLAN_EXAMPLE = "Example: baton setup plan --items --config DIR"
APPLY_EXAMPLE = """Examples: baton setup apply --config DIR

baton setup apply --config DIR --admin salesforce=env:SF_SESSION --admin hubspot=file:secrets/key --yes

Credentials: BATON_SF_ADMIN_TOKEN (an access token), or BATON_SF_ADMIN_CLIENT_ID and BATON_SF_ADMIN_CLIENT_SECRET;
BATON_HUBSPOT_ADMIN_TOKEN (a service key); from the environment or the folder's .env. The daemon never reads them."""
EXPORT_EXAMPLE = "Example: baton setup export baton-setup --items --config DIR   (asks no CRM; with --look it does)"
REMOVE_EXAMPLE = "Example: baton setup remove --config DIR"
DETAILS = 6

Admin = Annotated[
    list[str] | None,
    typer.Option(
        "--admin",
        metavar="CONNECTION=REF[,REF]",
        help="An administrator's credentials, by reference (env:NAME, file:PATH): one for a token, two for a client.",
        show_default=False,
    ),
]
Items = Annotated[
    bool, typer.Option("--items", help="Also the fields in which people type items, FS's answer and exceptions.")
]
Rules = Annotated[
    bool, typer.Option("--rules", help="Also Salesforce validation rules: no pass without the items asked for.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class _Office:
    """Everything that the commands work with."""

    app: App
    desks: Sequence[Desk]
    outfits: dict[str, Outfit]
    say: Say


def plan(
    config: Folder = Path(),
    items: Items = False,
    rules: Rules = False,
    admin: Admin = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every permission and value.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what would be made in each CRM. Changes nothing."""
    with _open(config, admin, items=items, rules=rules, as_json=as_json) as office:
        plans = _plans(office, as_json=as_json)
        if as_json:
            write_json({"connections": [plan_json(one) for one in plans]})
        else:
            for desk, one in zip(office.desks, plans, strict=True):
                _print(
                    [
                        *head_lines(desk, one, office.say),
                        *plan_lines(one, office.say, DETAILS if not show_all else None),
                    ]
                )
                _print(refusal_lines(one.connection, one.refusals, office.say))
    leave(PARTIAL if any(one.refusals for one in plans) else DONE)


def apply(
    config: Folder = Path(),
    items: Items = False,
    rules: Rules = False,
    admin: Admin = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make what is missing, after asking. Again: nothing is made twice, and a stopped run goes on where it was."""
    from sync.flow.setup import apply_setup

    with _open(config, admin, items=items, rules=rules, as_json=as_json) as office:
        plans = _plans(office, as_json=as_json)
        if not as_json:
            for desk, one in zip(office.desks, plans, strict=True):
                _print([*head_lines(desk, one, office.say), *plan_lines(one, office.say, DETAILS)])
        if any(one.refusals for one in plans):
            _leave_refused(plans, office.say, as_json=as_json)
        wanted = [desk for desk, one in zip(office.desks, plans, strict=True) if one.open]
        if wanted:
            _ask("ask_apply", office.say, yes=yes, as_json=as_json)
        ends = [one for one in plans if not one.open]

        def make(desk: Desk, outfit: Outfit, tell: Tell) -> list[str]:
            end = apply_setup(office.app.context, desk.administrator, outfit, desk.daemon, tell)
            ends.append(end)
            return left_lines(end, office.say)

        done = _carry_out(office, wanted, make, "applied", as_json=as_json)
        if as_json:
            write_json({"done": done, "connections": [plan_json(one) for one in ends]})
        elif done:
            made = [piece.name for pieces in done.values() for piece in pieces if piece.kind == PieceKind.FIELD]
            inputs = any("baton_" not in name.lower() for name in made)
            _print([office.say("next_sets"), *([office.say("next_items")] if inputs else [])])
    leave(PARTIAL if any(one.open for one in ends) else DONE)


def remove(
    config: Folder = Path(),
    items: Annotated[
        bool, typer.Option("--items", help="Also the fields that setup made for people to type in.")
    ] = False,
    admin: Admin = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also while `mode` is pilot or write.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take out of both CRMs what is Baton's, after asking: fields with their values, permission sets, lists, rules.

    Touches nothing else. Not while a daemon runs.
    """
    from sync.flow.setup import refuse_writing, remove_setup
    from sync.store.lock import hold_lock

    with _open(config, admin, items=True, rules=True, as_json=as_json) as office, hold_lock(office.app.store):
        if not anyway and (refusals := refuse_writing(office.app.context)):
            raise SetupRefused("config/baton.yaml", refusals)
        plans = _removals(office, inputs=items, as_json=as_json)
        if not as_json:
            for desk, one in zip(office.desks, plans, strict=True):
                _print([*head_lines(desk, one, office.say), *removal_lines(one, office.say)])
        if any(one.refusals for one in plans):
            _leave_refused(plans, office.say, as_json=as_json)
        pairs = zip(office.desks, plans, strict=True)
        going = [desk for desk, one in pairs if any(not piece.kept for piece in one.pieces)]
        if going:
            _ask("ask_remove", office.say, yes=yes, as_json=as_json)

        def take_out(desk: Desk, outfit: Outfit, tell: Tell) -> list[str]:
            remove_setup(office.app.context, desk.administrator, outfit, desk.daemon, tell, inputs=items)
            return []

        done = _carry_out(office, going, take_out, "removed", as_json=as_json)
        if as_json:
            write_json({"done": done})
        elif done:
            _print([office.say("removed_bin")])
    leave(DONE)


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder for the files.")],
    config: AnyFolder = Path(),
    items: Items = False,
    rules: Rules = False,
    look: Annotated[
        bool, typer.Option("--look", help="Ask the CRMs first, and leave out fields that are there or are not.")
    ] = False,
    admin: Admin = None,
    as_json: AsJson = False,
) -> None:
    """Write everything for admins who deploy themselves: source tree, zips, what takes it out again, guides."""
    from sync.app import read_settings
    from sync.cli.setup_guide import guide_files

    settings = read_settings(config)
    outfits = _outfits(settings, items=items, rules=rules)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(Problem(str(folder), "is there and not empty", "name a new folder, or empty this one first"))
    files = _look_and_export(config, admin, items=items, rules=rules, as_json=as_json) if look else None
    if files is None:
        from sync.admin import export_files

        files = export_files(settings, outfits)
    files = {**files, **guide_files(outfits)}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    say = speak(TEXTS, settings.language)
    start = folder / "guide" / settings.language / "installation.md"
    if as_json:
        write_json({"folder": folder, "files": sorted(files)})
        return
    _print([say("exported", count=len(files), folder=folder), say("export_start", path=start)])


def _look_and_export(
    config: Path, admin: Sequence[str] | None, *, items: bool, rules: bool, as_json: bool
) -> dict[str, bytes]:
    """As these very CRMs need it."""
    from sync.flow.setup import plan_setup

    files: dict[str, bytes] = {}
    with _open(config, admin, items=items, rules=rules, as_json=as_json) as office:
        for desk in office.desks:
            outfit = office.outfits[desk.connection]
            meant = plan_setup(office.app.context, desk.administrator, outfit, desk.daemon)
            if wrong := [one for one in meant.refusals if one.code == Obstacle.OTHER_TENANT]:
                raise SetupRefused(desk.connection, wrong)
            for name, content in desk.administrator.export(outfit).items():
                files[f"{desk.connection}/{name}"] = content
    return files


# -- putting together ------------------------------------------------------------------------------------------------


@contextmanager
def _open(config: Path, admin: Sequence[str] | None, *, items: bool, rules: bool, as_json: bool) -> Iterator[_Office]:
    """A refusal ends the command in words; what was done before it stands."""
    from sync import telemetry
    from sync.admin import open_desks
    from sync.app import open_app

    telemetry.configure(as_json=not sys.stderr.isatty(), level="warning")
    with open_app(config, offline=True) as app:
        desks = open_desks(app.settings, _named(admin or ()))
        outfits = _outfits(app.settings, items=items, rules=rules)
        say = speak(TEXTS, app.settings.language)
        try:
            yield _Office(app, desks, outfits, say)
        except SetupRefused as error:
            if as_json:
                write_json({"connection": error.connection, "refused": error.refusals})
            else:
                _print(refusal_lines(error.connection, error.refusals, say))
            leave(PARTIAL)


def _outfits(settings: Settings, *, items: bool, rules: bool) -> dict[str, Outfit]:
    from sync.flow.outfit import Book, Wishes, design

    book = Book(settings.mapping, settings.rules, settings.tables, _words(settings))
    return {one.name: design(one.name, book, Wishes(items, rules)) for one in settings.connections}


def _words(settings: Settings) -> dict[str, Mapping[str, Sequence[str]]]:
    """What the company calls the values of its choices, as written."""
    handoff = settings.files.handoff
    answers = {"fs_decision": handoff.inputs.fs_decision, "return_reason": handoff.inputs.return_reason}
    return {**{item: section.options for item, section in handoff.items.items()}, **answers}


def _named(given: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in given:
        connection, equals, references = one.partition("=")
        parts = [part.strip() for part in references.split(",")]
        if not equals or not all(part.startswith(("env:", "file:")) for part in parts):
            # What stands there may be a secret: it is not quoted.
            hint = "write --admin salesforce=env:NAME; a secret itself never belongs on a command line"
            raise ConfigError(Problem("--admin", "is no CONNECTION=REFERENCE", hint))
        found[connection.strip()] = parts
    return found


def _plans(office: _Office, *, as_json: bool) -> list[SetupPlan]:
    from sync.flow.setup import plan_setup

    with working("…", quiet=as_json):
        return [
            plan_setup(office.app.context, one.administrator, office.outfits[one.connection], one.daemon)
            for one in office.desks
        ]


def _removals(office: _Office, *, inputs: bool, as_json: bool) -> list[SetupPlan]:
    from sync.flow.setup import plan_removal

    with working("…", quiet=as_json):
        return [
            plan_removal(
                office.app.context, one.administrator, office.outfits[one.connection], one.daemon, inputs=inputs
            )
            for one in office.desks
        ]


def _ask(question: str, say: Say, *, yes: bool, as_json: bool) -> None:
    """Go on, or leave. A machine that can answer nothing must have said so before."""
    if yes:
        return
    if as_json:
        raise ConfigError(Problem("--json", "asks nobody", "look at what `setup plan` shows, then add --yes"))
    agreed = confirm(say(question))
    if not agreed:
        _print([say("not_asked" if agreed is None else "stopped")])
        leave(PARTIAL)


def _carry_out(
    office: _Office,
    desks: Sequence[Desk],
    act: Callable[[Desk, Outfit, Tell], list[str]],
    word: str,
    *,
    as_json: bool,
) -> dict[str, list[Piece]]:
    """One CRM after the other; what was done in each. `act` tells what is left to say of it, `word` how many it were."""
    done: dict[str, list[Piece]] = {}
    for desk in desks:
        told = done.setdefault(desk.connection, [])
        with _reporting(office.say, told, as_json=as_json) as tell:
            more = act(desk, office.outfits[desk.connection], tell)
        if not as_json:
            _print([office.say(word, connection=desk.connection, count=len(told)), *more])
    return done


@contextmanager
def _reporting(say: Say, told: list[Piece], *, as_json: bool) -> Iterator[Tell]:
    """What is done is said at once: whatever ends it, what was done stands."""

    def tell(piece: Piece) -> None:
        told.append(piece)
        if not as_json:
            name, label = printable(piece.name), label_of(piece, say)
            console().print(say("done", kind=say(f"kind.{piece.kind}"), name=name, label=label))

    yield tell


# -- telling ----------------------------------------------------------------------------------------------------


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        console().print(line)


def _leave_refused(plans: Sequence[SetupPlan], say: Say, *, as_json: bool) -> None:
    if as_json:
        write_json({"connections": [plan_json(one) for one in plans]})
    else:
        for one in plans:
            _print(refusal_lines(one.connection, one.refusals, say))
        _print([say("nothing_done")])
    leave(PARTIAL)
