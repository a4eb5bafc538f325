"""The ledger service, put together."""

from pathlib import Path

from contracts.exchange import MatchFellThrough, MatchReserved, MinutesAgreed, ParticipantAdmitted
from contracts.ledger import GetBalances
from services.kernel.service import Service
from services.kernel.settings import Region
from services.ledger import handlers, queries
from services.ledger.account import ACCOUNT
from services.ledger.hold import HOLD
from services.ledger.transfer import TRANSFER


def service(region: Region) -> Service:
    return Service(
        name="ledger",
        sql=Path(__file__).parent / "sql",
        kinds=(ACCOUNT, HOLD, TRANSFER),
        decides=handlers.DECIDES,
        # Money-like things may be asked about for ever.
        answers_kept=None,
        follows={
            ParticipantAdmitted: handlers.on_participant_admitted(region.ledger.floor_minutes),
            MatchReserved: handlers.on_match_reserved,
            MatchFellThrough: handlers.on_match_fell_through,
            MinutesAgreed: handlers.on_minutes_agreed,
        },
        answers={GetBalances: queries.get_balances},
    )
