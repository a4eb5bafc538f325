"""How a confirmation ended: standing, fallen through (and why, in words), or not known yet.

And so for minutes that a coordinator decided: booked, not booked, or not known yet.
"""

from uuid import UUID

from contracts.envelope import Refusal
from services.coordinator.desk import Desk
from services.coordinator.projections.exchange import MATCHES, MatchSeen
from services.kernel.dutch import euro_nl

WHY_NOT: dict[str, Refusal] = {
    no.code: no
    for no in (
        Refusal(
            code="below_floor",
            nl="Er zijn nu te weinig uren vrij om apart te zetten. Dat is niemands schuld. "
            "Bespreek met de hulpvrager wat wel kan, zoals een kortere afspraak.",
            en="There are too few hours free to set apart now. That is nobody's fault. "
            "Discuss with the asker what is possible, such as a shorter visit.",
        ),
        Refusal(
            code="withdrawn",
            nl="De hulpvraag is intussen ingetrokken. U hoeft niets meer te doen.",
            en="The request was withdrawn in the meantime. You need not do anything.",
        ),
        Refusal(
            code="offer_withdrawn",
            nl="Het aanbod is intussen ingetrokken. De hulpvraag staat weer open: kies iemand anders.",
            en="The offer was withdrawn in the meantime. The request is open again: choose someone else.",
        ),
        Refusal(
            code="cancelled",
            nl="De koppeling is afgezegd. De hulpvraag staat weer open: kies iemand anders.",
            en="The match was called off. The request is open again: choose someone else.",
        ),
        Refusal(
            code="compensation_cap",
            nl="De helper komt met deze hulp boven het bedrag dat een vrijwilliger mag ontvangen. "
            "Kies iemand anders, of maak de afspraak korter.",
            en="With this help the helper would receive more than a volunteer may. "
            "Choose someone else, or a shorter visit.",
        ),
        Refusal(
            code="paused",
            nl="De helper heeft nu pauze. Kies iemand anders.",
            en="The helper takes a break now. Choose someone else.",
        ),
        Refusal(
            code="vog_lapsed",
            nl="De VOG van de helper geldt niet meer voor deze hulp. Kies iemand anders.",
            en="The helper's certificate of conduct no longer holds for this help. Choose someone else.",
        ),
        Refusal(
            code="consent_withdrawn",
            nl="Er is geen toestemming meer van een ouder of voogd. Kies iemand anders.",
            en="A parent or guardian no longer agrees. Choose someone else.",
        ),
        Refusal(
            code="incident",
            nl="Deze twee mensen worden nu niet gekoppeld. Kies iemand anders.",
            en="These two people are not matched now. Choose someone else.",
        ),
        Refusal(
            code="left",
            nl="Een van beiden doet niet meer mee. Staat de vraag nog open? Kies iemand anders.",
            en="One of the two no longer takes part. Is the request still open? Choose someone else.",
        ),
        Refusal(
            code="no_answer",
            nl="De uren konden niet op tijd apart worden gezet. Probeer het opnieuw.",
            en="The hours could not be set apart in time. Please try again.",
        ),
    )
}
"""Why a match fell through before it stood, by the reason in MatchFellThrough."""


def why_not(reason: str | None, left_cents: int | None = None, caps_year: int | None = None) -> Refusal:
    """Why a match does not stand, in words. What happened to it after it stood is a cancellation.

    `left_cents`: what is left for the helper under the caps of `caps_year`, where these are why.
    """
    if reason == "compensation_cap" and left_cents is not None:
        return Refusal(
            code=reason,
            nl="De helper komt met deze hulp boven het bedrag dat een vrijwilliger mag ontvangen. "
            f"In de maand van deze afspraak is nog {euro_nl(left_cents)} over, volgens de grenzen van "
            f"{caps_year}. Kies iemand anders, of maak de afspraak korter.",
            en="With this help the helper would receive more than a volunteer may. "
            f"In the month of this visit € {left_cents / 100:,.2f} is left by the limits of {caps_year}. "
            "Choose someone else, or a shorter visit.",
        )
    return WHY_NOT.get(reason or "no_answer", WHY_NOT["cancelled"])


WHY_NOT_BOOKED: dict[str, Refusal] = {
    no.code: no
    for no in (
        Refusal(
            code="below_floor",
            nl="De hulpvrager heeft te weinig uren vrij voor deze minuten. Geef eerst uren uit de "
            "solidariteitspot, of spreek met beiden minder minuten af. Beslis daarna hoe lang het duurde.",
            en="The asker has too few hours free for these minutes. First give hours out of the solidarity "
            "pool, or agree on fewer minutes with both. Then decide how long it took.",
        ),
        Refusal(
            code="compensation_cap",
            nl="Met deze minuten komt de helper boven het bedrag dat een vrijwilliger mag ontvangen. "
            "Bespreek met beiden hoeveel minuten er wel passen, en beslis dan hoe lang het duurde.",
            en="With these minutes the helper would receive more than a volunteer may. "
            "Discuss with both how many minutes do fit, and then decide how long it took.",
        ),
        Refusal(
            code="no_account",
            nl="Een van beiden heeft geen rekening om op te boeken. Vraag een beheerder om dat na te kijken, "
            "en beslis daarna hoe lang het duurde.",
            en="One of the two has no account to book on. Ask an operator to look into it, "
            "and then decide how long it took.",
        ),
    )
}
"""Why agreed minutes were not booked and what to do now, by the reason in TransferRefused."""

_NOT_BOOKED = Refusal(
    code="not_booked",
    nl="De uren konden niet worden geboekt. Bel beiden, en beslis hoe lang het duurde.",
    en="The hours could not be booked. Call both, and decide how long it took.",
)


def why_not_booked(reason: str | None) -> Refusal:
    """What to do now about minutes that were not booked; also when the ledger's reason is not here yet."""
    return WHY_NOT_BOOKED.get(reason or "", _NOT_BOOKED)


async def why_fell_through(desk: Desk, match: MatchSeen) -> Refusal:
    """Why a match fell through before it stood; for a cap with what is left, as the ledger said then."""
    if match.reason != "compensation_cap" or not await desk.lookout.refused(match.match_id):
        return why_not(match.reason)
    said = await desk.row(
        "SELECT left_cents, caps_year FROM refusals_seen WHERE hold_id = $1", match.match_id
    )
    return why_not(match.reason, **said) if said else why_not(match.reason)


async def match_seen(desk: Desk, match_id: UUID) -> MatchSeen | None:
    """The match as this instance knows it."""
    row = await desk.row(f"{MATCHES.select()} WHERE match_id = $1", match_id)
    return MatchSeen(**row) if row is not None else None


async def outcome(desk: Desk, match_id: UUID) -> MatchSeen | None:
    """The match once its outcome is known; None when that takes longer than two seconds."""
    if not await desk.lookout.settled(match_id):
        return None
    return await match_seen(desk, match_id)


async def booking(desk: Desk, match_id: UUID) -> MatchSeen | None:
    """The match once its minutes are booked, or could not be; None when that takes over two seconds."""
    if not await desk.lookout.booked(match_id):
        return None
    return await match_seen(desk, match_id)
