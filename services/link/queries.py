"""What the link answers inside its own region: the network as it sees it."""

from contracts.envelope import Actor
from contracts.link import GetPeers, OrphanedLetter, Peers, PeerSeen
from services.kernel.errors import NotLeading
from services.kernel.runtime import Replica
from services.link.office import RELEASE, Office

MOST_ORPHANS = 100

_PEERS = (
    "SELECT peer, municipality, status, up, since, release, queued - taken AS waiting, taken AS sent, "
    "heard AS received FROM peers ORDER BY peer"
)
_REFUSALS = (
    "SELECT p.peer, r.reason, r.count FROM refusals r JOIN peers p USING (peer_id) ORDER BY p.peer, r.reason"
)
_ORPHANS = (
    "SELECT peer, orphan_id AS letter_id, thread_id, number, name FROM orphans WHERE NOT solved "
    "ORDER BY peer, number LIMIT $1"
)


async def get_peers(replica: Replica, office: Office | None, query: GetPeers, actor: Actor) -> Peers:
    """Everyone we know of. Raises NotLeading on a standby: the line is the leader's."""
    if office is None:
        raise NotLeading
    rows = await replica.pool.fetch(_PEERS)
    refused: dict[str, dict[str, int]] = {}
    for row in await replica.pool.fetch(_REFUSALS):
        refused.setdefault(row["peer"], {})[row["reason"]] = row["count"]
    orphans: dict[str, list[OrphanedLetter]] = {}
    for row in await replica.pool.fetch(_ORPHANS, MOST_ORPHANS):
        orphans.setdefault(row["peer"], []).append(OrphanedLetter(**row))
    return Peers(
        connected=office.line.connected,
        release=RELEASE,
        peers=tuple(
            PeerSeen(**row, refused=refused.get(row["peer"], {}), orphans=tuple(orphans.get(row["peer"], ())))
            for row in rows
        ),
    )
