"""The web front of one replica: the API under /v1 and the console for the rest, on one port.

Two replicas on one machine share the port in turn: the second tries every second, and
answers as soon as the first is gone. It need not lead: commands go over the bus anyhow.
"""

import asyncio
import errno
import socket
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.coordinator.api import api
from services.coordinator.console.routes import console
from services.coordinator.desk import Desk, traceparent
from services.kernel.probes import WebServer
from services.kernel.runtime import Replica
from services.kernel.telemetry import Metrics, log
from services.kernel.tracing import TRACING, Step

TRY_AGAIN_SECONDS = 1.0
BACKLOG = 512
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def site(desk: Desk) -> ASGIApp:
    """Everything under /v1 is the API's, errors too; all else is the console's."""
    for_programs, for_people = api(desk), console(desk)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        under_v1 = path == "/v1" or path.startswith("/v1/")
        await (for_programs if under_v1 else for_people)(scope, receive, send)

    return dispatch


def timed(app: ASGIApp, metrics: Metrics) -> ASGIApp:
    """`app`, with the time of each request and how it ended in the numbers of this replica."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        step = _begin_trace(scope) if TRACING.on else None

        async def send_and_see(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await app(scope, receive, send_and_see)
        finally:
            # The route, not the path: that holds ids.
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            took = time.perf_counter() - began
            metrics.http_seconds.labels(route, method, f"{status // 100}xx").observe(took)
            if step is not None:
                step.name(f"{method} {route}", status=status)
                step.end()

    return serve


def _begin_trace(scope: Scope) -> Step:
    """The first step of a trace, or the next of the caller's; it goes on as the request's own header."""
    step = TRACING.begin("HTTP", traceparent(Headers(scope=scope).get("traceparent")))
    others = [(name, value) for name, value in scope["headers"] if name != b"traceparent"]
    scope["headers"] = [*others, (b"traceparent", (step.traceparent or "").encode())]
    return step


async def serve_web(replica: Replica) -> None:
    """Serve until cancelled; open requests then get two seconds to finish."""
    web = replica.region.web
    desk = Desk(replica)
    server = WebServer(timed(site(desk), replica.metrics), web.host, web.port)
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
