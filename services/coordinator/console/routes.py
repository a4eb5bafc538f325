"""The console's addresses: which page is where, and for whom."""

from collections.abc import Iterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from contracts.envelope import Role
from services.coordinator.console.addresses import (
    COMPENSATIONS,
    FIGURES,
    MEMBERS,
    OPERATING,
    REFER,
    REFERRALS,
)
from services.coordinator.console.cases import CASES, ROWS
from services.coordinator.console.frame import HANDLERS, Frame, never_changes
from services.coordinator.console.pages import Pages
from services.coordinator.console.render import STATIC
from services.coordinator.desk import Desk


def console(desk: Desk) -> Starlette:
    """The console at a desk. Raises Misconfigured when there is no secret to sign sessions with."""
    pages = Pages(desk)
    get, post = ["GET"], ["POST"]
    return Starlette(
        routes=[
            Route("/inloggen", pages.sign_in_page, methods=get),
            Route("/inloggen", pages.sign_in, methods=post),
            Route("/uitloggen", pages.sign_out, methods=post),
            Route("/", pages.signed_in(pages.today), methods=get),
            Route("/hulpvragen/{id}", pages.signed_in(pages.request), methods=get),
            Route("/hulpvragen/{id}/koppelingen", pages.signed_in(pages.confirm), methods=post),
            Route(
                "/hulpvragen/{id}/koppelingen/{match}/afzegging", pages.signed_in(pages.undo), methods=post
            ),
            Route(MEMBERS, pages.signed_in(pages.find), methods=post),
            Route("/deelnemers/{id}/goedkeuring", pages.signed_in(pages.approve), methods=post),
            Route("/deelnemers/{id}/rekening", pages.signed_in(pages.statement), methods=get),
            Route("/deelnemers/{id}/rekening.csv", pages.signed_in(pages.statement_table), methods=get),
            Route("/deelnemers/{id}/jaaroverzicht/{year:int}", pages.signed_in(pages.year), methods=get),
            Route(COMPENSATIONS, pages.signed_in(pages.compensations), methods=get),
            Route(FIGURES, pages.signed_in(pages.figures), methods=get),
            Route(OPERATING, pages.signed_in(pages.operating, Role.OPERATOR), methods=get),
            Route(
                f"{OPERATING}/geparkeerd/{{service}}/{{lane}}",
                pages.signed_in(pages.retry, Role.OPERATOR),
                methods=post,
            ),
            Route(
                f"{OPERATING}/webhooks/{{id}}", pages.signed_in(pages.webhook, Role.OPERATOR), methods=post
            ),
            Route(REFERRALS, pages.signed_in(pages.referrals), methods=get),
            Route(REFER, pages.signed_in(pages.refer_page, Role.REFERRER), methods=get),
            Route(REFER, pages.signed_in(pages.refer, Role.REFERRER), methods=post),
            Route(f"{REFER}/{{id}}/terugname", pages.signed_in(pages.take_back, Role.REFERRER), methods=post),
            Route("/brieven", pages.signed_in(pages.letters), methods=get),
            Route("/brieven/afdrukken", pages.signed_in(pages.sheets), methods=get),
            Route("/brieven/verstuurd", pages.signed_in(pages.all_posted), methods=post),
            *_case_routes(pages),
            *_row_routes(pages),
            Mount("/static/{version}", never_changes(StaticFiles(directory=STATIC))),
        ],
        middleware=[Middleware(Frame, site=pages.site(None))],
        exception_handlers=HANDLERS,
    )


def _case_routes(pages: Pages) -> Iterator[Route]:
    """Each page with forms, and an address for every form on it."""
    for case in CASES:
        yield Route(case.path, pages.signed_in(pages.case(case)), methods=["GET"])
        for form in case.forms:
            address = f"{case.path}/{form.id}"
            yield Route(address, pages.signed_in(pages.posted(case, form)), methods=["POST"])


def _row_routes(pages: Pages) -> Iterator[Route]:
    """The forms of one button, in the rows of a list."""
    for row in ROWS:
        address = f"{row.path}/{row.form.id}"
        yield Route(address, pages.signed_in(pages.row_posted(row)), methods=["POST"])
