"""How a confirmation ended: standing, fallen through (and why, in words), or not known yet."""

from uuid import UUID

from contracts.envelope import Refusal
from services.coordinator.desk import Desk
from services.coordinator.projections.exchange import MATCHES, MatchSeen

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
            nl="De hulpvraag of het aanbod is ingetrokken. Staat de vraag nog open? Kies iemand anders.",
            en="The request or the offer was withdrawn in the meantime. Is the request still open? "
            "Choose someone else.",
        ),
        Refusal(
            code="cancelled",
            nl="De koppeling is afgezegd. De hulpvraag staat weer open: kies iemand anders.",
            en="The match was called off. The request is open again: choose someone else.",
        ),
        Refusal(
            code="no_answer",
            nl="De uren konden niet op tijd apart worden gezet. Probeer het opnieuw.",
            en="The hours could not be set apart in time. Please try again.",
        ),
    )
}
"""Why a match fell through, by the reason in MatchFellThrough."""


async def match_seen(desk: Desk, match_id: UUID) -> MatchSeen | None:
    """The match as this instance knows it."""
    row = await desk.row(f"{MATCHES.select()} WHERE match_id = $1", match_id)
    return MatchSeen(**row) if row is not None else None


async def outcome(desk: Desk, match_id: UUID) -> MatchSeen | None:
    """The match once its outcome is known; None when that takes longer than two seconds."""
    if not await desk.lookout.settled(match_id):
        return None
    return await match_seen(desk, match_id)
