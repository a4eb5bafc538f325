"""The link service, put together."""

import asyncio
from pathlib import Path

from contracts.envelope import Actor
from contracts.link import AskContact, GetPeers, PeerContact, Peers
from services.kernel.runtime import Replica
from services.kernel.service import Service
from services.kernel.settings import Region
from services.link import handlers, queries
from services.link.contact import ask_contact
from services.link.directory import NETWORK
from services.link.gauges import GAUGES
from services.link.letter import LETTER, RECEIVED, THREAD
from services.link.office import Office
from services.link.orphan import ORPHAN
from services.link.peer import PEER, REFUSAL
from services.link.presence import Presence
from services.link.receiver import Receiver
from services.link.sender import Sender


class Link:
    """The office is open while this replica leads."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._office: Office | None = None
        self._presence: Presence | None = None

    async def work(self, replica: Replica) -> None:
        """Be on the line until cancelled; at once over where the region is in no network."""
        if self._region.network is None:
            return

        async def hear(sender: str, kind: str, raw: bytes) -> bytes | None:
            return await receiver.hear(sender, kind, raw)

        office = Office(replica, self._region.network, hear)
        presence = Presence(office)
        receiver = Receiver(office, presence)
        sender = Sender(office, presence)
        self._office, self._presence = office, presence
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(office.line.run())
                tasks.create_task(office.tell_refused())
                tasks.create_task(presence.keep_directory())
                tasks.create_task(presence.greet(sender.compare))
                tasks.create_task(sender.run())
        finally:
            self._office = self._presence = None

    async def get_peers(self, replica: Replica, query: GetPeers, actor: Actor) -> Peers:
        reads = self._presence.reads if self._presence is not None else {}
        return await queries.get_peers(replica, self._office, reads)

    async def ask_contact(self, replica: Replica, query: AskContact, actor: Actor) -> PeerContact:
        return await ask_contact(self._office, query, actor)


def service(region: Region) -> Service:
    link = Link(region)
    return Service(
        name="link",
        sql=Path(__file__).parent / "sql",
        kinds=(NETWORK, PEER, REFUSAL, ORPHAN, LETTER, RECEIVED, THREAD),
        decides=handlers.DECIDES,
        prepares=handlers.PREPARES,
        # A letter that comes again hears its first answer, however late.
        answers_kept=None,
        follows=handlers.follows(),
        answers={GetPeers: link.get_peers, AskContact: link.ask_contact},
        workers=(link.work,),
        gauges=GAUGES,
    )
