"""How a service reaches its own database: time-outs set, and on whichever server takes writes."""

import asyncio
from typing import Any

import asyncpg

from services.kernel.settings import Region

CONNECT_SECONDS = 3


def address(region: Region, user: str, password: str | None, database: str) -> dict[str, Any]:
    """Which servers to ask, and as whom, for `connect`. Raises OSError where `ca` cannot be read."""
    servers = region.postgres.addresses
    return {
        "host": [host for host, _ in servers],
        "port": [port for _, port in servers],
        "user": user,
        "password": password,
        "database": database,
        "ssl": region.postgres.ssl_context() or False,
        "target_session_attrs": "read-write" if len(servers) > 1 else "any",
    }


def own_address(region: Region, service: str) -> dict[str, Any]:
    """A service's own database, in its own role."""
    return address(region, f"wd_{service}", region.postgres_password(service), region.database(service))


def connection_settings(region: Region, service: str) -> dict[str, Any]:
    """How every connection of a service is opened: time-outs set, so that nobody holds a lock for ever."""
    return {
        **own_address(region, service),
        "timeout": CONNECT_SECONDS,
        "command_timeout": 10,
        "server_settings": {
            "application_name": f"wd-{service}",
            "lock_timeout": "1000",
            "statement_timeout": "10000",
            "idle_in_transaction_session_timeout": "1000",
            "tcp_user_timeout": "3000",
            "tcp_keepalives_idle": "2",
            "tcp_keepalives_interval": "1",
            "tcp_keepalives_count": "3",
            "jit": "off",
            # Our statements are few and fixed: planning each run anew costs a fifth of a commit.
            "plan_cache_mode": "force_generic_plan",
        },
    }


async def open_pool(settings: dict[str, Any], *, size: int, reset: Any) -> Any:
    """Up to `size` connections for reading. Raises as `connect` does."""

    async def one(_: None, **options: Any) -> Any:
        return await connect(**options)

    own: dict[str, Any] = {**settings, "connect": one}
    return await asyncpg.create_pool(min_size=1, max_size=size, reset=reset, **own)


async def connect(*, host: list[str], port: list[int], **options: Any) -> Any:
    """A connection to the server that takes writes. Raises what asyncpg raises, of one server that failed.

    All are asked at once: a machine that is gone without a word would use up the time of the others.
    """
    trying = {
        asyncio.create_task(asyncpg.connect(host=one, port=its, **options))
        for one, its in zip(host, port, strict=True)
    }
    failed: BaseException | None = None
    try:
        while trying:
            done, trying = await asyncio.wait(trying, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                failed = attempt.exception()
                if failed is None:
                    trying |= done - {attempt}
                    return attempt.result()
        if isinstance(failed, asyncpg.TargetServerAttributeNotMatched):
            raise ConnectionError("no PostgreSQL server takes writes") from failed
        assert failed is not None
        raise failed
    finally:
        for other in trying:
            other.add_done_callback(_hang_up)
            other.cancel()


def _hang_up(attempt: "asyncio.Task[Any]") -> None:
    """Of two that came through only the first is used."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().terminate()
