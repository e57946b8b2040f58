"""Checks a formula against the fields of an object and makes it run. Messages are those of the formula editor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from connectors.simulator.salesforce.admin.draft import Draft
from connectors.simulator.salesforce.admin.formula.function import FUNCTIONS, Function, compare, reckon
from connectors.simulator.salesforce.admin.formula.read import FormulaError, Node, read
from connectors.simulator.salesforce.admin.formula.value import TYPES, Scene, Type, load
from connectors.simulator.salesforce.schema import Field

Formula = Callable[[Scene], Any]
PICKLISTS = ("Picklist", "Multipicklist")
WORDS = {"Boolean": "true or false"}
ONLY_IN = {"Picklist": "picklist", "Multipicklist": "multipicklist"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula: its type, how to run it, and the name of the field if it is one."""

    type: Type
    run: Formula
    field: str = ""


def build(draft: Draft, object_name: str, text: str) -> Formula:
    """The test of a validation rule. Raises FormulaError."""
    part = _Builder(draft, object_name).build(read(text))
    if part.type != "Boolean":
        raise FormulaError(
            f"Formula result is data type ({part.type}), incompatible with expected data type (true or false)."
        )
    return part.run


class _Builder:
    def __init__(self, draft: Draft, object_name: str) -> None:
        self.draft = draft
        self.object = object_name

    def build(self, node: Node) -> Part:
        match node.kind:
            case "text":
                return Part("Text", lambda scene: node.value)
            case "number":
                number = float(node.value)
                return Part("Number", lambda scene: number)
            case "field":
                return self.field(node.value)
            case "call":
                return self.call(node)
            case _:
                return self.sign(node)

    def field(self, name: str) -> Part:
        if name.upper() in ("TRUE", "FALSE"):
            value = name.upper() == "TRUE"
            return Part("Boolean", lambda scene: value)
        if name.upper() == "NULL":
            return Part("Null", lambda scene: None)
        if name.startswith("$"):
            return self.special(name)
        *steps, last = name.split(".")
        return self.path(name, [step.partition(":")[0] for step in steps], last)

    def path(self, name: str, steps: list[str], last: str) -> Part:
        """A field of the record, or of what it points to."""
        here, links = self.object, list[Field]()
        for step in steps:
            link = next((one for one in self.draft.fields_of(here).values() if (one.relationship or "") == step), None)
            if link is None or len(link.refers_to) < 1:
                raise _unknown(name)
            links.append(link)
            here = link.refers_to[-1]
        item = self.draft.fields_of(here).get(last.lower()) if self.draft.object(here) else None
        if item is None:
            raise _unknown(name)
        type_: Type = TYPES.get(item.type, "Text")
        return Part(type_, lambda scene: load(type_, _walk(scene, links, item.name)), name if not steps else "")

    def special(self, name: str) -> Part:
        head, _, last = name.partition(".")
        if head == "$Permission":
            if last not in self.draft.setup.custom_permissions:
                raise _unknown(name)
            return Part("Boolean", lambda scene: last in scene.org.rights.of(scene.org.caller).custom)
        if head == "$RecordType":
            part = self.path(name, ["RecordType"], last)
            return replace(part, field="")
        tables = {"$User": "User", "$Profile": "Profile", "$UserRole": "UserRole", "$Organization": "Organization"}
        table = tables.get(head)
        item = self.draft.fields_of(table).get(last.lower()) if table else None
        if table is None or item is None:
            raise _unknown(name)
        type_: Type = TYPES.get(item.type, "Text")
        return Part(type_, lambda scene: load(type_, _of_user(scene, table).get(item.name)))

    def call(self, node: Node) -> Part:
        special = {"ISCHANGED": self.changed, "PRIORVALUE": self.prior, "CASE": self.case}
        if node.value in special:
            return special[node.value](node)
        function = FUNCTIONS.get(node.value)
        if function is None:
            raise FormulaError(f"Unknown function {node.value}. Check spelling.")
        _check_count(node, function.least, function.most)
        parts = [self.build(one) for one in node.parts]
        for at, part in enumerate(parts):
            self.check(node.value, part, function.takes[min(at, len(function.takes) - 1)])
        gives = parts[int(function.gives)].type if function.gives.isdigit() else function.gives
        return Part(gives, _caller(function, [part.run for part in parts]))  # pyright: ignore[reportArgumentType]  # the table holds types

    def check(self, name: str, part: Part, wanted: str) -> None:
        """Raises FormulaError where a function does not take an argument of this type."""
        if wanted == "Picklist" and part.type == "Picklist":
            return
        if wanted == "Anything":
            strict = not self.draft.org.switches.isblank_of_picklist and part.type == "Picklist"
            if strict:
                raise _picklist(part)
            return
        if wanted == "Showable":
            if part.type in ("Number", "Date", "DateTime", "Picklist", "Null"):
                return
            if part.type == "Multipicklist":
                raise _picklist(part)
            raise _wrong_type(name, "Number, Date, DateTime, Picklist", part.type)
        if part.type in PICKLISTS and part.type != wanted:
            raise _picklist(part)
        if wanted not in ("Any", part.type) and part.type != "Null":
            raise _wrong_type(name, wanted, part.type)

    def own_field(self, node: Node) -> Part:
        _check_count(node, 1, 1)
        part = self.build(node.parts[0])
        if not part.field:
            raise FormulaError(f"Function {node.value} may only be used with a field of the record")
        return part

    def changed(self, node: Node) -> Part:
        part = self.own_field(node)
        return Part("Boolean", lambda scene: scene.old is not None and part.run(_before(scene)) != part.run(scene))

    def prior(self, node: Node) -> Part:
        part = self.own_field(node)
        return Part(part.type, lambda scene: part.run(scene if scene.old is None else _before(scene)))

    def case(self, node: Node) -> Part:
        """CASE(expression, value, result, …, else)."""
        if len(node.parts) < 4 or len(node.parts) % 2:
            expected = len(node.parts) + 1 if len(node.parts) >= 4 else 4
            raise _wrong_count("CASE", expected, len(node.parts))
        subject, *pairs = [self.build(one) for one in node.parts]
        if subject.type == "Multipicklist":
            raise _picklist(subject)
        other, choices = pairs[-1], list(zip(pairs[0:-1:2], pairs[1:-1:2], strict=True))

        def run(scene: Scene) -> Any:
            held = subject.run(scene)
            found = next((result for value, result in choices if compare("=", held, value.run(scene))), other)
            return found.run(scene)

        return Part(other.type if other.type != "Null" else choices[0][1].type, run)

    def sign(self, node: Node) -> Part:
        parts = [self.build(one) for one in node.parts]
        for part in parts:
            if part.type in PICKLISTS:
                raise _picklist(part)
        sign, types = node.value, [part.type for part in parts]
        if sign in ("!", "&&", "||"):
            for part in parts:
                _expect(sign, part, "Boolean")
            runs = [part.run for part in parts]
            return Part("Boolean", _logic(sign, runs))
        if sign == "negate":
            _expect("-", parts[0], "Number")
            return Part("Number", lambda scene: None if (value := parts[0].run(scene)) is None else -value)
        left, right = parts
        if sign in ("=", "<>", "<", "<=", ">", ">="):
            if left.type != right.type and "Null" not in types:
                raise FormulaError(
                    f"Incorrect parameter type for operator '{sign}'. Expected {left.type}, received {right.type}"
                )
            return Part("Boolean", lambda scene: compare(sign, left.run(scene), right.run(scene)))
        return Part(_result(sign, left, right), lambda scene: reckon(sign, left.run(scene), right.run(scene)))


def _result(sign: str, left: Part, right: Part) -> Type:
    types: tuple[Type, Type] = (left.type, right.type)
    if sign == "&" or (sign == "+" and "Text" in types):
        for part in (left, right):
            _expect(sign, part, "Text")
        return "Text"
    moving: list[Type] = [one for one in types if one in ("Date", "DateTime")]
    if sign in ("+", "-") and moving:
        return "Number" if len(moving) == 2 and sign == "-" else moving[0]
    for part in (left, right):
        _expect(sign, part, "Number")
    return "Number"


def _logic(sign: str, runs: list[Formula]) -> Formula:
    if sign == "!":
        return lambda scene: not runs[0](scene)
    return (
        (lambda scene: all(run(scene) for run in runs))
        if sign == "&&"
        else (lambda scene: any(run(scene) for run in runs))
    )


def _caller(function: Function, runs: list[Formula]) -> Formula:
    return lambda scene: function.run(scene, *(run(scene) for run in runs))


def _before(scene: Scene) -> Scene:
    return replace(scene, new=scene.old or {})


def _walk(scene: Scene, links: list[Field], last: str) -> Any:
    def step(row: Any, link: Field) -> Any:
        found = scene.org.data.target(row.get(link.name)) if row else None
        return found[1] if found else None

    row = reduce(step, links, scene.new)
    return row.get(last) if row else None


def _of_user(scene: Scene, table: str) -> Any:
    tables = scene.org.data.tables
    user = tables["User"].rows.get(scene.org.caller) or {}
    if table == "User":
        return user
    keys = {"Profile": user.get("ProfileId"), "UserRole": user.get("UserRoleId"), "Organization": scene.org.org_id}
    return tables[table].rows.get(str(keys[table])) or {}


def _unknown(name: str) -> FormulaError:
    return FormulaError(f"Field {name} does not exist. Check spelling.")


def _picklist(part: Part) -> FormulaError:
    word = ONLY_IN[part.type]
    return FormulaError(
        f"Field {part.field or 'value'} is a {word} field. {word.capitalize()} fields are only supported in certain functions."
    )


def _wrong_type(name: str, wanted: str, got: str) -> FormulaError:
    return FormulaError(f"Incorrect parameter type for function '{name}()'. Expected {wanted}, received {got}")


def _expect(sign: str, part: Part, wanted: Type) -> None:
    if part.type not in (wanted, "Null"):
        raise FormulaError(f"Incorrect parameter type for operator '{sign}'. Expected {wanted}, received {part.type}")


def _check_count(node: Node, least: int, most: int) -> None:
    if not least <= len(node.parts) <= most:
        raise _wrong_count(node.value, least if len(node.parts) < least else most, len(node.parts))


def _wrong_count(name: str, expected: int, received: int) -> FormulaError:
    return FormulaError(
        f"Incorrect number of parameters for function '{name}()'. Expected {expected}, received {received}"
    )
