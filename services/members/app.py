"""The members service, put together."""

from pathlib import Path

from contracts.members import FindExcluded, GetContacts, GetPeople
from services.kernel.service import Service
from services.kernel.settings import Region
from services.members import queries
from services.members.contact import CONTACT
from services.members.handlers import DECIDES, FOLLOWS
from services.members.member import MEMBER, NUMBERING


def service(region: Region) -> Service:
    return Service(
        name="members",
        sql=Path(__file__).parent / "sql",
        kinds=(MEMBER, NUMBERING, CONTACT),
        decides=DECIDES,
        follows=FOLLOWS,
        answers={
            GetPeople: queries.get_people,
            GetContacts: queries.get_contacts,
            FindExcluded: queries.find_excluded,
        },
    )
