"""The coordinator instance, put together."""

from pathlib import Path

from contracts.coordinator import GetRestricted
from contracts.members import MemberErased
from services.coordinator.call import CALL
from services.coordinator.complaint import COMPLAINT
from services.coordinator.duty import DUTY
from services.coordinator.gauges import GAUGES
from services.coordinator.handlers import DECIDES, PREPARES, SCHEDULES
from services.coordinator.leave import LEAVE
from services.coordinator.projections import KINDS
from services.coordinator.queries import get_restricted
from services.coordinator.web import serve_web
from services.kernel.service import Service
from services.kernel.settings import Region


def service(region: Region) -> Service:
    return Service(
        name="coordinator",
        sql=Path(__file__).parent / "sql",
        kinds=(DUTY, LEAVE, COMPLAINT, CALL, *KINDS),
        decides=DECIDES,
        prepares=PREPARES,
        schedules=SCHEDULES,
        answers={GetRestricted: get_restricted},
        erases={MemberErased: lambda event: event.member_id},
        fronts=(serve_web,),
        gauges=GAUGES,
    )
