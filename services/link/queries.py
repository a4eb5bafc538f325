"""What the link answers inside its own region: the network as it sees it."""

from collections.abc import Iterable, Mapping

import asyncpg

from contracts.link import OrphanedLetter, Peers, PeerSeen
from services.kernel.errors import NotLeading
from services.kernel.runtime import Replica
from services.link.office import READS, RELEASE, Office

MOST_ORPHANS = 100

_PEERS = (
    "SELECT peer, municipality, status, up, since, release, taken AS sent, heard AS received, "
    "(SELECT count(*) FROM letters l WHERE l.peer_id = p.peer_id AND l.number > p.taken "
    "AND NOT l.given_up) AS waiting FROM peers p ORDER BY peer"
)
_REFUSALS = (
    "SELECT p.peer, r.reason, r.count FROM refusals r JOIN peers p USING (peer_id) ORDER BY p.peer, r.reason"
)
_WRITTEN = (
    "SELECT p.peer, l.name, l.form, count(*) AS count FROM letters l JOIN peers p USING (peer_id) "
    "WHERE l.number <= p.taken GROUP BY 1, 2, 3"
)
_RECEIVED = (
    "SELECT p.peer, r.name, r.form, count(*) AS count FROM received r JOIN peers p USING (peer_id) "
    "GROUP BY 1, 2, 3"
)
_ORPHANS = (
    "SELECT peer, orphan_id AS letter_id, thread_id, number, name FROM orphans WHERE NOT solved "
    "ORDER BY peer, number LIMIT $1"
)


type Reads = Mapping[str, Mapping[str, int]]


async def get_peers(replica: Replica, office: Office | None, reads: Reads) -> Peers:
    """Everyone we know of. `reads`: which letters each peer reads, as far as it has said so.

    Raises NotLeading on a standby: the line is the leader's.
    """
    if office is None:
        raise NotLeading
    rows = await replica.pool.fetch(_PEERS)
    refused: dict[str, dict[str, int]] = {}
    for row in await replica.pool.fetch(_REFUSALS):
        refused.setdefault(row["peer"], {})[row["reason"]] = row["count"]
    orphans: dict[str, list[OrphanedLetter]] = {}
    for row in await replica.pool.fetch(_ORPHANS, MOST_ORPHANS):
        orphans.setdefault(row["peer"], []).append(OrphanedLetter(**row))
    unread_there = _unread(await replica.pool.fetch(_WRITTEN), reads)
    unread_here = _unread(await replica.pool.fetch(_RECEIVED), {row["peer"]: READS for row in rows})
    return Peers(
        connected=office.line.connected,
        release=RELEASE,
        peers=tuple(
            PeerSeen(
                **row,
                refused=refused.get(row["peer"], {}),
                unread_there=unread_there.get(row["peer"], {}),
                unread_here=unread_here.get(row["peer"], {}),
                orphans=tuple(orphans.get(row["peer"], ())),
            )
            for row in rows
        ),
    )


def _unread(letters: Iterable[asyncpg.Record], reads: Reads) -> dict[str, dict[str, int]]:
    """By peer, how many letters of each form its reader cannot read; of who said nothing we know nothing."""
    found: dict[str, dict[str, int]] = {}
    for row in letters:
        known = reads.get(row["peer"])
        if known is not None and known.get(row["name"], 0) < row["form"]:
            found.setdefault(row["peer"], {})[f"{row['name']} v{row['form']}"] = row["count"]
    return found
