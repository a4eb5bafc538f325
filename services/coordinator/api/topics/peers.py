"""The network of regions, as this one sees it."""

from fastapi import FastAPI

from contracts.link import GetPeers, Peers
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, may_ask
from services.coordinator.desk import Desk

COMMANDS: tuple[Route, ...] = ()


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/peers", operation_id="list-peers", tags=["peers"])
    async def list_peers(actor: Reader) -> Peers:
        """The other regions: up or away, letters that wait, messages refused, which release each runs.

        Empty where this region takes part in no network. For coordinators and operators.
        """
        may_ask(actor, GetPeers())
        if desk.region.network is None:
            return Peers(connected=False, release="", peers=())
        return await desk.ask(GetPeers(), Peers, actor)
