"""How old who helps must be, and who must agree where someone is a minor.

Bands, never dates (DECISIONS 19). Where no date of birth was given a person looks once, and only where
an initiative asks for more than the youngest who may help anywhere: then a coordinator says which band.
"""

from contracts.policy import AgeBand, Policy
from services.exchange.participant import Participant
from services.exchange.person import PERSON
from services.kernel.entity import State
from services.kernel.errors import Rejected


def age_is_needed(kind: str, band: str | None, policy: Policy) -> bool:
    """Whether a helper's age is not known, and must be. Households and organisations have none.

    >>> chores = Policy(from_band=AgeBand.FROM_18)
    >>> age_is_needed("person", None, Policy()), age_is_needed("person", None, chores)
    (False, True)
    """
    return band is None and kind == "person" and not AgeBand.FROM_16.reaches(policy.from_band)


def check_age(state: State, helper: Participant, policy: Policy) -> None:
    """Go on only with a helper who is old enough for this initiative. Raises Rejected."""
    person = state.get(PERSON, helper.participant_id)
    band = person.band if person is not None else None
    if band is None:
        if age_is_needed(helper.kind, band, policy):
            raise _age_unknown(helper)
    elif not band.reaches(policy.from_band):
        raise Rejected(
            "too_young",
            f"Deelnemer {helper.number} is te jong voor dit initiatief. Kies iemand anders.",
            f"Participant {helper.number} is too young for this initiative. Choose someone else.",
        )


def _age_unknown(helper: Participant) -> Rejected:
    return Rejected(
        "age_unknown",
        f"Deelnemer {helper.number} moet voor dit initiatief oud genoeg zijn, en de leeftijd is niet bekend. "
        "Vraag het na, en bewaar de leeftijd op de pagina van de deelnemer.",
        f"Participant {helper.number} must be old enough for this initiative, and we do not know their age. "
        "Ask them, and note their age on the participant's page.",
    )


def check_guardian(state: State, participant: Participant) -> None:
    """Go on only where a minor has the consent of a parent or guardian: to help, and to be helped.

    Either way they meet an adult they do not know. Raises Rejected.
    """
    person = state.get(PERSON, participant.participant_id)
    if person is None or person.band is None or not person.band.minor or person.guardian_agrees:
        return
    raise Rejected(
        "guardian_missing",
        f"Deelnemer {participant.number} is minderjarig en een ouder of voogd gaf nog geen toestemming. "
        "Vraag die eerst.",
        f"Participant {participant.number} is a minor and no parent or guardian has agreed yet. "
        "Ask for that first.",
    )
