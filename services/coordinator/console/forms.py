"""Forms: what each asks, how what was typed becomes a command, and what went wrong.

A form belongs to one command of the contracts and to one page, where it is folded until someone
opens it. It posts to the page's address with its own name behind it. When it does not fit, the
page comes back with the form open, what was typed in it, and what to do now beside each field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from contracts import wrong
from contracts.envelope import Command, Refusal
from services.coordinator.desk import Desk
from services.kernel.dutch import LOCAL, euro_nl
from services.kernel.service import new_id

type FieldKind = Literal[
    "text",
    "lines",
    "number",
    "owed",
    "euro",
    "date",
    "moment",
    "choice",
    "radios",
    "ticks",
    "tick",
    "member",
    "areas",
]
"""`lines`: a few sentences. `member`: someone's number, as people say it. `areas`: postcode areas.
`owed`: minutes as people say them, kept below zero. `euro`: an amount, kept in cents. `radios`: a
choice of which every answer is read before one is taken; a single answer is shown as it is."""

NO_SUCH_MEMBER = "Dit nummer kennen wij niet. Kijk het na: het staat boven de bladzijde van de deelnemer."


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a form asks. `choices` are pairs of value and words.

    `name` is the command's field: `policy.from_band` is a field of its field `policy`.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `id` ends its address; `intro` says what will happen, `done` what happened.

    `then` is the page of what was made, `{id}` its id; without one it is back to the form's own page.
    """

    id: str
    command: type[Command]
    title: str
    intro: str
    button: str
    done: str
    fields: tuple[Field, ...] = ()
    then: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that did not go through: what was typed, and what is wrong, by field (`""`: all of it)."""

    form_id: str
    typed: Mapping[str, str]
    wrong: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One field as it is shown. `id` is unique on the page; a `value` of ticks is their values."""

    id: str
    field: Field
    value: str
    choices: tuple[tuple[str, str], ...]
    error: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One form as it is shown. `error` is about the form as a whole."""

    form: Form
    action_href: str
    fields: tuple[Asked, ...]
    error: str = ""
    unfolded: bool = False
    """Whether it stands open from the start: what the page is opened for."""
    key: str = field(default_factory=lambda: str(new_id()))
    """Sent along, so that the same button twice is one wish."""

    @property
    def failed(self) -> bool:
        return bool(self.error) or any(each.error for each in self.fields)


@dataclass(frozen=True, slots=True)
class Group:
    """Forms under one heading of a page."""

    heading: str
    forms: tuple[Shown, ...]


def shown_form(
    form: Form,
    page_href: str,
    *,
    now: Mapping[str, object] | None = None,
    choices: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
    failed: Failed | None = None,
    unfolded: bool = False,
) -> Shown:
    """A form on a page. `now`: what is so by this moment; `choices`: those that the page knows."""
    mine = failed if failed is not None and failed.form_id == form.id else None
    known = {name: "" if value is None else str(value) for name, value in (now or {}).items()}
    typed = mine.typed if mine else known
    said = mine.wrong if mine else {}
    fields = tuple(
        Asked(
            id=f"{form.id}-{each.name}".replace("_", "-").replace(".", "-"),
            field=each,
            value=typed.get(each.name, ""),
            choices=(choices or {}).get(each.name, each.choices),
            error=said.get(each.name, ""),
        )
        for each in form.fields
    )
    here = {each.name for each in form.fields}
    rest = " ".join(words for name, words in said.items() if name not in here)
    return Shown(form, f"{page_href.rstrip('/')}/{form.id}", fields, rest, unfolded)


def kept(
    groups: tuple[Group, ...], forms: tuple[Form, ...], page_href: str, failed: Failed | None
) -> tuple[Group, ...]:
    """`groups` with the form that failed, also when the page does not offer it any more.

    A page may stand open for long: by the time someone sends the form, something else is possible.
    """
    if failed is None or any(shown.failed for group in groups for shown in group.forms):
        return groups
    (form,) = (form for form in forms if form.id == failed.form_id)
    return (Group("Dit kan nu niet meer", (shown_form(form, page_href, failed=failed),)), *groups)


def typed(form: Form, posted: FormData) -> dict[str, str]:
    """What was typed, to show it again."""
    return {
        each.name: ",".join(str(one) for one in posted.getlist(each.name))
        if each.kind == "ticks"
        else str(posted.get(each.name) or "")
        for each in form.fields
    }


async def read(form: Form, posted: FormData, given: Mapping[str, object], desk: Desk) -> Command | Failed:
    """The command that a form asks for, or what is wrong with it. `given` follows from the page."""
    found: dict[str, Any] = dict(given)
    said: dict[str, str] = {}
    for each in form.fields:
        text = str(posted.get(each.name) or "").strip()
        if each.kind == "ticks":
            _put(found, each.name, [str(one) for one in posted.getlist(each.name)])
        elif each.kind == "tick":
            _put(found, each.name, bool(text))
        elif each.kind == "member" and text:
            member_id = await member_by_number(desk, text)
            _put(found, each.name, member_id)
            if member_id is None:
                said[each.name] = NO_SUCH_MEMBER
        elif text:
            _put(found, each.name, _value(each.kind, text))
        elif not each.optional:
            said[each.name] = wrong.words({"type": "missing", "msg": ""})[0]
    try:
        command = form.command.model_validate(found)
    except ValidationError as invalid:
        for error in invalid.errors(include_input=False, include_url=False):
            where, kind = _asked(form, wrong.field(error))
            said.setdefault(where, _words(kind, error))
    if said:
        return Failed(form.id, typed(form, posted), said)
    return command


def _put(found: dict[str, Any], name: str, value: object) -> None:
    """`value` where the command wants it, beside what the page gave."""
    outer, _, inner = name.partition(".")
    found[outer] = {**found.get(outer, {}), inner: value} if inner else value


def _asked(form: Form, where: str) -> tuple[str, FieldKind]:
    """The field of the form that an error is about; else the command's, which the page gave."""
    for each in form.fields:
        if where == each.name or where.startswith(f"{each.name}."):
            return each.name, each.kind
    return where.partition(".")[0], "text"


_OTHER_WAY = {
    "greater_than_equal": ("less_than_equal", "le"),
    "less_than_equal": ("greater_than_equal", "ge"),
}


def _words(kind: FieldKind, error: Any) -> str:
    """What is wrong, in the measure in which it was typed."""
    limits = error.get("ctx", {})
    match kind:
        case "euro" if error["type"] == "int_type":
            return "Vul hier een bedrag in, zoals 12,50."
        case "euro":
            limits = {name: euro_nl(limit) for name, limit in limits.items() if isinstance(limit, int)}
        case "owed" if error["type"] in _OTHER_WAY:
            (limit,) = limits.values()
            turned, name = _OTHER_WAY[error["type"]]
            return wrong.words({**error, "type": turned, "ctx": {name: -limit}})[0]
    return wrong.words({**error, "ctx": limits})[0]


def refused(form: Form, posted: FormData, no: Refusal) -> Failed:
    """A form that a service refused."""
    return Failed(form.id, typed(form, posted), {"": no.nl})


_EURO = re.compile(r"(?:€ ?)?(\d{1,9}|\d{1,3}(?:\.\d{3})+)(?:,(\d\d)|,-)?|(?:€ ?)?(\d{1,9})\.(\d\d)")


def cents(text: str) -> int | None:
    """An amount as people write it, in euro cents; None for what is no amount.

    >>> cents("12,50"), cents("€ 1.234,56"), cents("12"), cents("8.40"), cents("7,-")
    (1250, 123456, 1200, 840, 700)
    >>> cents("veel"), cents("12,5"), cents("-3")
    (None, None, None)
    """
    found = _EURO.fullmatch(text)
    if found is None:
        return None
    whole, rest = (found.group(1), found.group(2)) if found.group(1) else (found.group(3), found.group(4))
    return 100 * int(whole.replace(".", "")) + int(rest or 0)


def _value(kind: FieldKind, text: str) -> object:
    """What was typed as the contracts want it; what does not fit stays text, and is refused there."""
    match kind:
        case "number":
            return _whole(text)
        case "owed":
            owed = _whole(text)
            return -owed if isinstance(owed, int) else owed
        case "euro":
            amount = cents(text)
            return text if amount is None else amount
        case "moment":
            try:
                return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
            except ValueError:
                return text
        case "areas":
            return text.replace(",", " ").split()
    return text


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d{1,15}", text, re.ASCII) else text


async def member_by_number(desk: Desk, text: str) -> UUID | None:
    """Who has this number, written as people say it ('1042', 'deelnemer 1042'); None for nobody."""
    number = text.lower().removeprefix("deelnemer").strip()
    if not number.isdecimal() or len(number) > 9:
        return None
    row = await desk.row("SELECT member_id FROM members_seen WHERE number = $1", int(number))
    return row["member_id"] if row is not None else None
