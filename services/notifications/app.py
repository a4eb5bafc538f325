"""The notifications service, put together."""

from pathlib import Path

from contracts.notifications import GetLetters, ReportDelivery
from services.kernel.service import Service
from services.kernel.settings import Region
from services.notifications import queries
from services.notifications.contact import CONTACT
from services.notifications.gauges import GAUGES
from services.notifications.handlers import DECIDES, FOLLOWS
from services.notifications.household import HOUSEHOLD
from services.notifications.message import MESSAGE
from services.notifications.recipient import RECIPIENT
from services.notifications.sender import send_messages
from services.notifications.series import SERIES
from services.notifications.thread import THREAD


def service(region: Region) -> Service:
    return Service(
        name="notifications",
        sql=Path(__file__).parent / "sql",
        kinds=(MESSAGE, RECIPIENT, THREAD, SERIES, CONTACT, HOUSEHOLD),
        decides=DECIDES,
        prepares={ReportDelivery: queries.prepare_report},
        follows=FOLLOWS,
        answers={GetLetters: queries.get_letters},
        workers=(send_messages,),
        gauges=GAUGES,
    )
