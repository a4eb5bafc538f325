"""The exchange service, put together."""

from pathlib import Path

from contracts.exchange import GetMatch, GetParticipants, GetTexts, RankHelpers, SuggestReturnFavours
from services.exchange import queries
from services.exchange.handlers import DECIDES, FOLLOWS, PREPARES, SCHEDULES
from services.exchange.help_request import REQUEST
from services.exchange.match import MATCH
from services.exchange.offer import OFFER
from services.exchange.participant import PARTICIPANT
from services.kernel.service import Service
from services.kernel.settings import Region


def service(region: Region) -> Service:
    return Service(
        name="exchange",
        sql=Path(__file__).parent / "sql",
        kinds=(PARTICIPANT, OFFER, REQUEST, MATCH),
        decides=DECIDES,
        prepares=PREPARES,
        follows=FOLLOWS,
        schedules=SCHEDULES,
        answers={
            RankHelpers: queries.rank_helpers,
            GetTexts: queries.get_texts,
            GetMatch: queries.get_match,
            GetParticipants: queries.get_participants,
            SuggestReturnFavours: queries.suggest_return_favours,
        },
    )
