"""The side that helps: what another region asks, and which of our helpers could do it.

All rules about helpers are those of their own region, and their time is reserved here, like that for a
match.
"""

from contracts.envelope import Event
from contracts.letters import HelpAppeal
from contracts.loans import HelpAsked, HelperLent, HelperWanted, LendHelper, lent_id
from services.exchange import fitness
from services.exchange.initiative import running_policy
from services.exchange.loan import LOAN, Loan, known_loan, not_now
from services.exchange.offer import open_offer
from services.exchange.participant import taking_part
from services.kernel.entity import State
from services.kernel.rights import check_area
from services.kernel.service import Context


def take_appeal(letter: HelpAppeal, peer: str, state: State) -> list[Event]:
    loan_id = lent_id(peer, letter.loan_id)
    if state.get(LOAN, loan_id) is not None:
        return []
    said = letter.model_dump(exclude={"loan_id"})
    return [HelpAsked(loan_id=loan_id, peer=peer, thread_id=letter.loan_id, **said)]


def lend(command: LendHelper, context: Context, state: State) -> list[Event]:
    found = known_loan(state, command.loan_id, context)
    if found.side != "helps" or found.status != "asked":
        raise not_now(found)
    offer = open_offer(state, command.offer_id)
    helper = taking_part(state, offer.member_id)
    check_area(context, helper.pc4)
    if offer.category != found.category:
        raise fitness.does_not_fit()
    wanted = fitness.Wanted(None, found.category, found.minutes, found.wanted_at)
    fitness.check(
        state, helper.participant_id, wanted, running_policy(state, offer.initiative_id), context.at
    )
    return [
        HelperLent(
            **found.about,
            offer_id=offer.offer_id,
            helper_id=helper.participant_id,
            pc4=helper.pc4,
            category=found.category,
            minutes=found.minutes,
            wanted_at=found.wanted_at,
            by=context.actor.name,
        )
    ]


def take_choice(found: Loan) -> list[Event]:
    if found.side != "helps" or found.status != "offered" or found.member_id is None:
        return []
    return [HelperWanted(**found.about, helper_id=found.member_id)]
