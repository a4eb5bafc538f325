"""The members service, put together."""

from pathlib import Path

from contracts.members import FindExcluded, FindLookalikes, FindPeople, GetContacts, GetPeople
from services.kernel.service import Service
from services.kernel.settings import Region
from services.members import queries
from services.members.birthdays import keep_bands
from services.members.closeness import find_excluded
from services.members.contact import CONTACT
from services.members.finding import find_people
from services.members.gauges import GAUGES
from services.members.handlers import DECIDES, ERASES, FOLLOWS, SCHEDULES
from services.members.household import HOUSEHOLD
from services.members.lookalikes import find_lookalikes
from services.members.member import MEMBER
from services.members.registration import NUMBERING
from services.members.representation import REPRESENTATION, REPRESENTING
from services.members.vog import NEWEST_VOG, VOG


def service(region: Region) -> Service:
    return Service(
        name="members",
        sql=Path(__file__).parent / "sql",
        kinds=(MEMBER, NUMBERING, HOUSEHOLD, REPRESENTATION, REPRESENTING, VOG, NEWEST_VOG, CONTACT),
        decides=DECIDES,
        follows=FOLLOWS,
        schedules=SCHEDULES,
        erases=ERASES,
        answers={
            GetPeople: queries.get_people,
            FindPeople: find_people,
            GetContacts: queries.get_contacts,
            FindExcluded: find_excluded,
            FindLookalikes: find_lookalikes,
        },
        workers=(keep_bands,),
        gauges=GAUGES,
    )
