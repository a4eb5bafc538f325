"""The network of regions, as this one sees it."""

from fastapi import FastAPI

from contracts.link import GetPeers, Peers, SettleForgotten
from services.coordinator.api.answers import changed
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, may_ask
from services.coordinator.desk import Desk

COMMANDS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/forgotten-letters/{thread_id}/settlements",
        SettleForgotten,
        changed,
        "Both regions looked at a matter of which letters were forgotten",
        "peers",
    ),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/peers", operation_id="list-peers", tags=["peers"])
    async def list_peers(actor: Reader) -> Peers:
        """The other regions: up or away, letters that wait, messages refused, which release each runs,
        and letters that one of the two forgot (`orphans`; their `thread_id` says of which matter).

        Empty where this region takes part in no network. For coordinators and operators.
        """
        may_ask(actor, GetPeers())
        if desk.region.network is None:
            return Peers(connected=False, release="", peers=())
        return await desk.ask(GetPeers(), Peers, actor)
