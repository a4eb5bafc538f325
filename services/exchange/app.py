"""The exchange service, put together."""

from pathlib import Path

from contracts.exchange import GetMatch, GetParticipants, GetTexts
from contracts.initiatives import GetInitiatives
from contracts.loans import GetLoanPerson
from contracts.proposals import GetLoad, RankHelpers, SuggestReturnFavours
from contracts.referrals import GetReferralFile
from contracts.safety import GetIncidentFile
from contracts.visits import GetSeries
from services.exchange import queries
from services.exchange.gauges import GAUGES
from services.exchange.handlers import DECIDES, ERASES, FOLLOWS, PREPARES, SCHEDULES
from services.exchange.help_request import REQUEST
from services.exchange.home import HOME
from services.exchange.incident import INCIDENT, PAIR
from services.exchange.initiative import INITIATIVE
from services.exchange.loan import LOAN
from services.exchange.loan_terms import PARTING
from services.exchange.match import MATCH
from services.exchange.offer import OFFER
from services.exchange.participant import PARTICIPANT
from services.exchange.person import ACTING, PERSON, VETTING
from services.exchange.proposing import rank_helpers
from services.exchange.referral import REFERRAL, REFERRED
from services.exchange.series import SERIES
from services.exchange.week import WEEK
from services.kernel.service import Service
from services.kernel.settings import Region


def service(region: Region) -> Service:
    return Service(
        name="exchange",
        sql=Path(__file__).parent / "sql",
        kinds=(
            INITIATIVE,
            PARTICIPANT,
            OFFER,
            REQUEST,
            MATCH,
            LOAN,
            PARTING,
            SERIES,
            WEEK,
            INCIDENT,
            PAIR,
            PERSON,
            VETTING,
            ACTING,
            HOME,
            REFERRAL,
            REFERRED,
        ),
        decides=DECIDES,
        prepares=PREPARES,
        follows=FOLLOWS,
        schedules=SCHEDULES,
        erases=ERASES,
        answers={
            RankHelpers: rank_helpers,
            GetTexts: queries.get_texts,
            GetMatch: queries.get_match,
            GetParticipants: queries.get_participants,
            GetInitiatives: queries.get_initiatives,
            GetSeries: queries.get_series,
            GetIncidentFile: queries.get_incident_file,
            GetLoad: queries.get_load,
            GetLoanPerson: queries.get_loan_person,
            GetReferralFile: queries.get_referral_file,
            SuggestReturnFavours: queries.suggest_return_favours,
        },
        gauges=GAUGES,
    )
