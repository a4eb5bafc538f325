"""The ledger service, put together."""

from pathlib import Path

from contracts.clearing import GetPositions
from contracts.exchange import MatchFellThrough, MatchReserved, MinutesAgreed
from contracts.ledger import GetBalances, GetStatement, GetYearStatement
from contracts.link import LetterReceived, LetterUndeliverable, PeerJoined, PeerLeft
from contracts.loans import HelperTaken, LoanEnded, LoanMinutesAgreed
from contracts.members import MemberErased
from contracts.participants import ParticipantAdmitted, ParticipantLeft
from services.kernel.service import Service
from services.kernel.settings import Region
from services.ledger import handlers, queries
from services.ledger.account import ACCOUNT
from services.ledger.caps import ENTERED
from services.ledger.clearing import CLEARING
from services.ledger.compensation import EXPENSES, PERIOD
from services.ledger.crossing import CROSSING
from services.ledger.gauges import GAUGES
from services.ledger.hold import HOLD
from services.ledger.place import PLACE
from services.ledger.seat import SEAT
from services.ledger.transfer import TRANSFER


def service(region: Region) -> Service:
    return Service(
        name="ledger",
        sql=Path(__file__).parent / "sql",
        kinds=(ACCOUNT, SEAT, PLACE, HOLD, TRANSFER, PERIOD, EXPENSES, ENTERED, CLEARING, CROSSING),
        decides=handlers.DECIDES,
        prepares=handlers.PREPARES,
        schedules=handlers.SCHEDULES,
        # Money-like things may be asked about for ever.
        answers_kept=None,
        follows={
            ParticipantAdmitted: handlers.on_participant_admitted(region.ledger.floor_minutes),
            ParticipantLeft: handlers.on_participant_left,
            MatchReserved: handlers.on_match_reserved,
            MatchFellThrough: handlers.on_match_fell_through,
            MinutesAgreed: handlers.on_minutes_agreed,
            HelperTaken: handlers.on_helper_taken,
            LoanEnded: handlers.on_loan_ended,
            LoanMinutesAgreed: handlers.on_loan_minutes_agreed,
            LetterReceived: handlers.on_letter_received,
            LetterUndeliverable: handlers.on_letter_undeliverable,
            PeerLeft: handlers.on_peer_left,
            PeerJoined: handlers.on_peer_joined,
        },
        # The reasons for spending and undoing are about someone; the entries themselves stay.
        erases={MemberErased: lambda event: event.member_id},
        answers={
            GetBalances: queries.get_balances,
            GetStatement: queries.get_statement,
            GetYearStatement: queries.get_year_statement,
            GetPositions: queries.get_positions,
        },
        gauges=GAUGES,
    )
