"""The notifications service, put together."""

from pathlib import Path

from services.kernel.service import Service
from services.kernel.settings import Region
from services.notifications.handlers import DECIDES, FOLLOWS
from services.notifications.message import MESSAGE
from services.notifications.sender import send_messages


def service(region: Region) -> Service:
    return Service(
        name="notifications",
        sql=Path(__file__).parent / "sql",
        kinds=(MESSAGE,),
        decides=DECIDES,
        follows=FOLLOWS,
        workers=(send_messages,),
    )
