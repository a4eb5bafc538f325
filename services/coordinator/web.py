"""The web front of one replica: the API under /v1 and the console for the rest, on one port.

Two replicas on one machine share the port in turn: the second tries every second, and
answers as soon as the first is gone. It need not lead: commands go over the bus anyhow.
"""

import asyncio
import errno
import socket

from starlette.types import ASGIApp, Receive, Scope, Send

from services.coordinator.api import api
from services.coordinator.console.pages import console
from services.coordinator.desk import Desk
from services.kernel.probes import WebServer
from services.kernel.runtime import Replica
from services.kernel.telemetry import log

TRY_AGAIN_SECONDS = 1.0
BACKLOG = 512


def site(desk: Desk) -> ASGIApp:
    """Everything under /v1 is the API's, errors too; all else is the console's."""
    for_programs, for_people = api(desk), console(desk)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        under_v1 = path == "/v1" or path.startswith("/v1/")
        await (for_programs if under_v1 else for_people)(scope, receive, send)

    return dispatch


async def serve_web(replica: Replica) -> None:
    """Serve until cancelled; open requests then get two seconds to finish."""
    web = replica.region.web
    desk = Desk(replica)
    server = WebServer(site(desk), web.host, web.port)
    listening = await _listen(web.host, web.port)
    log.info("web_open", host=web.host, port=web.port)
    looking = asyncio.create_task(desk.keep_stand_ins())
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    finally:
        looking.cancel()


async def _listen(host: str, port: int) -> socket.socket:
    """The port, as soon as it is free."""
    waiting = False
    while True:
        try:
            return socket.create_server((host, port), backlog=BACKLOG)
        except OSError as taken:
            if taken.errno != errno.EADDRINUSE:
                raise
            if not waiting:
                log.info("web_stands_by", port=port)
            waiting = True
        await asyncio.sleep(TRY_AGAIN_SECONDS)
