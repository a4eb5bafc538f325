"""Who takes part in the network, as the hub lists it. A list that is older than ours changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.link import (
    NETWORK_ID,
    DirectoryLearned,
    LearnDirectory,
    Neighbour,
    PeerJoined,
    PeerLeft,
    peer_id,
)
from services.kernel.entity import Kind, State
from services.kernel.service import Context
from services.link.peer import PEER


@dataclass(slots=True)
class Network:
    """`serial`: of the list that was taken over last."""

    network_id: UUID
    serial: int
    version: int = 0


def _evolve(_: Network | None, event: DirectoryLearned, network_id: UUID, at: datetime) -> Network:
    return Network(network_id, event.serial)


NETWORK = Kind("networks", Network, {DirectoryLearned: lambda e: (e.network_id,)}, _evolve)


def learn(command: LearnDirectory, context: Context, state: State) -> list[Event]:
    """Take over what changed. A region that a newer list does not name stays as it was."""
    network = state.get(NETWORK, NETWORK_ID)
    if network is not None and command.serial <= network.serial:
        return []
    changes = (change for region in command.regions for change in _changes(region, state))
    return [DirectoryLearned(network_id=NETWORK_ID, serial=command.serial), *changes]


def _changes(region: Neighbour, state: State) -> Iterator[Event]:
    known = state.get(PEER, peer_id(region.region))
    if region.left:
        if known is not None and known.status == "joined":
            yield PeerLeft(peer_id=known.peer_id, peer=region.region)
        return
    keys = (region.signing_key, region.sealing_key)
    if known is None or known.status != "joined" or (known.signing_key, known.sealing_key) != keys:
        yield PeerJoined(
            peer_id=peer_id(region.region),
            peer=region.region,
            municipality=region.municipality,
            signing_key=region.signing_key,
            sealing_key=region.sealing_key,
        )
