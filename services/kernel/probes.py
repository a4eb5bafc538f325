"""`/healthz`, `/readyz` and `/metrics` of one replica, on a port of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def probes(registry: CollectorRegistry, ready: Callable[[], dict[str, object]]) -> Starlette:
    """The probe pages. `ready()` names what is missing; empty means ready."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> Response:
        missing = ready()
        return JSONResponse({"ready": not missing, "waits_for": missing}, 503 if missing else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    )


class WebServer(uvicorn.Server):
    """Uvicorn inside our own process: signals are handled by the runtime."""

    def __init__(self, app: Callable[..., object], host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=2,
                h11_max_incomplete_event_size=32 * 1024,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The runtime stops us, not a signal."""
        yield
