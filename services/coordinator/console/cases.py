"""Every page with forms: its address, its forms, and what each form is given by the page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from contracts.envelope import Actor, Command
from services.coordinator.console import match, match_forms, region_forms, regions, rota_forms
from services.coordinator.console.addresses import (
    INITIATIVES,
    LETTERS,
    MEMBERS,
    POOL,
    REFERRALS,
    REGIONS,
    ROTA,
)
from services.coordinator.console.compensation import HELPER_FORMS, helper_given, helper_page
from services.coordinator.console.complaint import complaint_page
from services.coordinator.console.finding import REGISTER, people_page
from services.coordinator.console.forms import Failed, Form
from services.coordinator.console.help_forms import WITHDRAW
from services.coordinator.console.incident import incident_page
from services.coordinator.console.initiative import (
    INITIATIVE_FORMS,
    START,
    initiative_given,
    initiative_page,
    initiatives_page,
)
from services.coordinator.console.member import member_page
from services.coordinator.console.member_groups import MEMBER_FORMS
from services.coordinator.console.network import forgotten_page
from services.coordinator.console.pool import POOL_FORMS, pool_given, pool_page
from services.coordinator.console.referral import let_in_first, referral_page
from services.coordinator.console.referral_forms import REFERRAL_FORMS
from services.coordinator.console.reversal import REVERSE, reversal_page
from services.coordinator.console.rota import rota_page
from services.coordinator.console.series import series_page
from services.coordinator.console.stopping import stop_given, stop_page
from services.coordinator.console.stranded import STRANDED_FORMS, stranded_page
from services.coordinator.desk import Desk

DONE_KEY = "gelukt"
"""Which form was just done, in the address of the page after it."""

APPROVED = "goedgekeurd"

type Show = Callable[..., Awaitable[object | None]]
"""Desk, actor, id, what was just done, what failed; and by name what `Case.asked` says."""

type First = Callable[[Desk, Command], Awaitable[Command | None]]

type Given = Callable[[Desk, Form, UUID | None], Awaitable[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Case:
    """One page with forms. `more_done` is said after what is not one of its forms.

    `asked`: what its address may say behind the question mark, such as which month. `first`: what is
    sent before what a form asks for, where one needs the other.
    """

    path: str
    template: str
    forms: tuple[Form, ...]
    show: Show
    given: Given
    more_done: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    first: First | None = None

    @property
    def about_one(self) -> bool:
        return "{id}" in self.path

    def href(self, entity_id: UUID | None) -> str:
        return self.path.replace("{id}", str(entity_id))

    def done(self, form_id: str | None) -> str | None:
        """The sentence after a form was done."""
        words = {form.id: form.done for form in self.forms} | dict(self.more_done)
        return words.get(form_id or "")


@dataclass(frozen=True, slots=True)
class Row:
    """A form of one button in a list at `back`; `done_id` is how the list knows what was done."""

    path: str
    form: Form
    id_field: str
    back: str
    done_id: str
    given: Mapping[str, object] = field(default_factory=dict)


def _field(name: str) -> Given:
    """Forms that are given nothing but what the page is about."""

    async def given(desk: Desk, form: Form, entity_id: UUID | None) -> dict[str, object]:
        return {name: entity_id}

    return given


async def _nothing(desk: Desk, form: Form, entity_id: UUID | None) -> dict[str, object]:
    return {}


type _Page = Callable[..., Awaitable[object | None]]


def _about(page: _Page) -> Show:
    async def show(
        desk: Desk,
        actor: Actor,
        entity_id: UUID | None,
        done: str | None,
        failed: Failed | None,
        **asked: str | None,
    ) -> object | None:
        return await page(desk, actor, entity_id, done=done, failed=failed, **asked)

    return show


def _region_wide(page: _Page) -> Show:
    """A page about everything."""

    async def show(
        desk: Desk,
        actor: Actor,
        entity_id: UUID | None,
        done: str | None,
        failed: Failed | None,
        **asked: str | None,
    ) -> object | None:
        return await page(desk, actor, done=done, failed=failed, **asked)

    return show


async def _of_a_match(desk: Desk, form: Form, match_id: UUID | None) -> dict[str, object]:
    assert match_id is not None
    return await match.given(desk, form, match_id)


async def _rota(
    desk: Desk, actor: Actor, entity_id: UUID | None, done: str | None, failed: Failed | None
) -> object:
    return await rota_page(desk, done=done, failed=failed)


_ROWS_OF_THE_ROTA = {
    "dienst-vervallen": rota_forms.CANCEL_DUTY.done,
    "verlof-vervallen": rota_forms.CANCEL_LEAVE.done,
    "vervanger": rota_forms.DEPUTY.done,
}

CASES: tuple[Case, ...] = (
    Case(MEMBERS, "people.html", (REGISTER,), _region_wide(people_page), _nothing),
    Case(
        "/deelnemers/{id}",
        "member.html",
        MEMBER_FORMS,
        _about(member_page),
        _field("member_id"),
        {APPROVED: "Goedgekeurd. Deze deelnemer doet mee."},
    ),
    Case("/koppelingen/{id}", "case.html", match_forms.MATCH_FORMS, _about(match.match_page), _of_a_match),
    Case("/reeksen/{id}", "case.html", match_forms.SERIES_FORMS, _about(series_page), _field("series_id")),
    Case(
        "/incidenten/{id}",
        "case.html",
        match_forms.INCIDENT_FORMS,
        _about(incident_page),
        _field("incident_id"),
    ),
    Case(
        "/klachten/{id}",
        "case.html",
        match_forms.COMPLAINT_FORMS,
        _about(complaint_page),
        _field("complaint_id"),
    ),
    Case(
        f"{REFERRALS}/{{id}}",
        "case.html",
        REFERRAL_FORMS,
        _about(referral_page),
        _field("referral_id"),
        first=let_in_first,
    ),
    Case("/berichten/{id}", "case.html", STRANDED_FORMS, _about(stranded_page), _field("stranded_id")),
    Case(ROTA, "rota.html", rota_forms.ROTA_FORMS, _rota, _nothing, _ROWS_OF_THE_ROTA),
    Case("/koppelingen/{id}/terugboeking", "reversal.html", (REVERSE,), _about(reversal_page), _nothing),
    Case("/deelnemers/{id}/vergoedingen", "helper.html", HELPER_FORMS, _about(helper_page), helper_given),
    Case(INITIATIVES, "initiatives.html", (START,), _region_wide(initiatives_page), _nothing),
    Case(f"{INITIATIVES}/{{id}}", "case.html", INITIATIVE_FORMS, _about(initiative_page), initiative_given),
    Case(POOL, "pool.html", POOL_FORMS, _region_wide(pool_page), pool_given, asked=("maand",)),
    Case(REGIONS, "regions.html", region_forms.REGION_FORMS, _region_wide(regions.regions_page), _nothing),
    Case(
        f"{REGIONS}/hulp/{{id}}",
        "case.html",
        region_forms.LOAN_FORMS,
        _about(regions.loan_page),
        regions.loan_given,
        asked=("contact",),
    ),
    Case(
        f"{REGIONS}/uren/{{id}}",
        "case.html",
        region_forms.CLEARING_FORMS,
        _about(regions.clearing_page),
        regions.clearing_given,
    ),
    Case(
        f"{REGIONS}/vereffening/{{id}}",
        "case.html",
        region_forms.SETTLEMENT_FORMS,
        _about(regions.settlement_page),
        _field("crossing_id"),
    ),
    Case(
        f"{REGIONS}/overdracht/{{id}}",
        "case.html",
        region_forms.TRANSFER_FORMS,
        _about(regions.transfer_page),
        _field("crossing_id"),
    ),
    Case(
        f"{REGIONS}/vergeten/{{id}}",
        "case.html",
        region_forms.FORGOTTEN_FORMS,
        _about(forgotten_page),
        _field("thread_id"),
    ),
    Case("/hulpvragen/{id}/stoppen", "case.html", (WITHDRAW,), _about(stop_page), stop_given),
    Case(
        "/hulpvragen/{id}/regios",
        "case.html",
        (region_forms.SEEK,),
        _about(regions.seeking_page),
        _field("request_id"),
    ),
)

ROWS: tuple[Row, ...] = (
    Row(f"{ROTA}/diensten/{{id}}", rota_forms.CANCEL_DUTY, "duty_id", ROTA, "dienst-vervallen"),
    Row(f"{ROTA}/verlof/{{id}}", rota_forms.CANCEL_LEAVE, "leave_id", ROTA, "verlof-vervallen"),
    Row(f"{ROTA}/verlof/{{id}}", rota_forms.DEPUTY, "leave_id", ROTA, "vervanger"),
    Row(f"{LETTERS}/{{id}}", rota_forms.DELIVERED, "message_id", LETTERS, "gebracht", {"reached": True}),
    Row(f"{LETTERS}/{{id}}", rota_forms.MISSED, "message_id", LETTERS, "niet-bereikt", {"reached": False}),
)

ALL_POSTED = "alles-verstuurd"

DONE: dict[str, str] = {
    **{row.done_id: row.form.done for row in ROWS if row.back == LETTERS},
    ALL_POSTED: "Genoteerd: de brieven zijn verstuurd.",
}
"""What is said on the page of letters and calls, by what was done."""
