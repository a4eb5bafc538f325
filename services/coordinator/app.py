"""The coordinator instance, put together."""

from pathlib import Path

from contracts.coordinator import GetRestricted
from contracts.members import MemberErased
from contracts.referrals import FeedbackStopped
from contracts.stranded import GetStranded, StrandedSettled
from services.coordinator.call import CALL
from services.coordinator.complaint import COMPLAINT
from services.coordinator.duty import DUTY
from services.coordinator.gauges import GAUGES
from services.coordinator.handlers import DECIDES, PREPARES, SCHEDULES
from services.coordinator.leave import LEAVE
from services.coordinator.projections import KINDS
from services.coordinator.queries import get_restricted, get_stranded
from services.coordinator.referrals_in import take_referrals
from services.coordinator.stranded import STRANDED
from services.coordinator.web import serve_web
from services.kernel.service import Service
from services.kernel.settings import Region


def service(region: Region) -> Service:
    return Service(
        name="coordinator",
        sql=Path(__file__).parent / "sql",
        kinds=(DUTY, LEAVE, COMPLAINT, CALL, STRANDED, *KINDS),
        decides=DECIDES,
        prepares=PREPARES,
        schedules=SCHEDULES,
        answers={GetRestricted: get_restricted, GetStranded: get_stranded},
        erases={
            MemberErased: lambda event: event.member_id,
            StrandedSettled: lambda event: event.stranded_id,
        },
        at_once=frozenset({FeedbackStopped}),
        fronts=(serve_web, take_referrals),
        gauges=GAUGES,
    )
