"""What the link answers inside its own region: the network as it sees it."""

from collections.abc import Mapping
from typing import Literal

from contracts.envelope import Actor
from contracts.link import OrphanedLetter, Peers, PeerSeen, SettleForgotten, SettleOrphans
from services.kernel.errors import NotLeading
from services.kernel.runtime import Replica
from services.link.office import READS, RELEASE, Office

MOST_ORPHANS = 100
"""Of one peer, in one answer."""
MOST_SETTLED = 500
"""In one command; of a matter of which more were forgotten the rest waits on."""

_PEERS = (
    "SELECT peer, municipality, status, up, since, release, taken AS sent, heard AS received, "
    "(SELECT count(*) FROM letters l WHERE l.peer_id = p.peer_id AND l.number > p.taken "
    "AND NOT l.given_up) AS waiting FROM peers p ORDER BY peer"
)
_REFUSALS = (
    "SELECT p.peer, r.reason, r.count FROM refusals r JOIN peers p USING (peer_id) ORDER BY p.peer, r.reason"
)
# Which forms there are with each peer: from one to the next in the index, however many letters there are.
_FORMS = (
    "WITH RECURSIVE forms AS ("
    "(SELECT peer_id, name, form FROM {table} ORDER BY peer_id, name, form LIMIT 1) UNION ALL "
    "SELECT following.* FROM forms f CROSS JOIN LATERAL (SELECT t.peer_id, t.name, t.form FROM {table} t "
    "WHERE (t.peer_id, t.name, t.form) > (f.peer_id, f.name, f.form) "
    "ORDER BY t.peer_id, t.name, t.form LIMIT 1) following) "
    "SELECT p.peer, p.taken, f.* FROM forms f JOIN peers p USING (peer_id)"
)
_WRITTEN = (
    "SELECT count(*) FROM letters WHERE peer_id = $1 AND name = $2 AND form = $3 AND number <= $4 "
    "AND NOT given_up"
)
_RECEIVED = "SELECT count(*) FROM received WHERE peer_id = $1 AND name = $2 AND form = $3"
_ORPHANS = (
    "SELECT * FROM (SELECT peer, orphan_id AS letter_id, thread_id, number, name, "
    "row_number() OVER (PARTITION BY peer ORDER BY number, orphan_id) AS nth, "
    "count(*) OVER (PARTITION BY peer) AS total FROM orphans WHERE NOT solved) o "
    "WHERE nth <= $1 ORDER BY peer, nth"
)
_OF_A_MATTER = (
    "SELECT orphan_id FROM orphans WHERE thread_id = $1 AND NOT solved ORDER BY number, orphan_id LIMIT $2"
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
    orphans_count: dict[str, int] = {}
    for row in await replica.pool.fetch(_ORPHANS, MOST_ORPHANS):
        orphans.setdefault(row["peer"], []).append(OrphanedLetter(**row))
        orphans_count[row["peer"]] = row["total"]
    unread_there = await _unread(replica, "letters", reads)
    unread_here = await _unread(replica, "received", {row["peer"]: READS for row in rows})
    return Peers(
        connected=office.line.connected,
        release=RELEASE,
        peers=tuple(
            PeerSeen(
                **row,
                refused=refused.get(row["peer"], {}),
                unread_there=unread_there.get(row["peer"], {}),
                unread_here=unread_here.get(row["peer"], {}),
                orphans_count=orphans_count.get(row["peer"], 0),
                orphans=tuple(orphans.get(row["peer"], ())),
            )
            for row in rows
        ),
    )


async def prepare_settling(replica: Replica, command: SettleForgotten, actor: Actor) -> SettleOrphans:
    """Which letters of the matter wait; where there are none the decider refuses."""
    rows = await replica.pool.fetch(_OF_A_MATTER, command.thread_id, MOST_SETTLED)
    return SettleOrphans(**command.model_dump(), orphan_ids=tuple(row["orphan_id"] for row in rows))


async def _unread(
    replica: Replica, table: Literal["letters", "received"], reads: Reads
) -> dict[str, dict[str, int]]:
    """By peer, how many letters of each form its reader cannot read; of who said nothing we know nothing."""
    found: dict[str, dict[str, int]] = {}
    for row in await replica.pool.fetch(_FORMS.format(table=table)):
        known = reads.get(row["peer"])
        if known is None or known.get(row["name"], 0) >= row["form"]:
            continue
        which = (row["peer_id"], row["name"], row["form"])
        if table == "letters":
            count = await replica.pool.fetchval(_WRITTEN, *which, row["taken"])
        else:
            count = await replica.pool.fetchval(_RECEIVED, *which)
        if count:
            found.setdefault(row["peer"], {})[f"{row['name']} v{row['form']}"] = count
    return found
