"""The example that receives webhooks takes what the region signed just now, once, and nothing else."""

import base64
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from services.region.servers import free_port

PROGRAM = Path(__file__).parents[1] / "journeys/examples/receive_webhooks.py"
SECRET, OTHER = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))


class Receiver:
    """The program, running."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._process, self._port = process, port

    def post(self, id: str, *, secret: str = SECRET, ago: timedelta = timedelta(), without: str = "") -> int:
        """The status that one webhook is answered with; `without`: a header that is left out."""
        at = datetime.now(UTC) - ago
        body = json.dumps({"id": id, "type": "given", "subject": id, "data": {"status": "accepted"}})
        headers = {
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(id, at, body),
        }
        headers.pop(without, None)
        there = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            there.request("POST", "/webhooks", body, headers)
            return there.getresponse().status
        finally:
            there.close()

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    (tmp_path / "secret").write_text(SECRET)
    port = free_port()
    command = [sys.executable, PROGRAM, str(port), tmp_path / "secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        found = Receiver(process, port)
        try:
            assert found.line() == "ready"
            yield found
        finally:
            process.kill()


def test_only_what_was_signed_here_and_now_is_taken_and_each_thing_once(receiver: Receiver) -> None:
    assert receiver.post("old", ago=timedelta(minutes=6)) == 401
    assert receiver.post("ahead", ago=-timedelta(minutes=6)) == 401
    assert receiver.post("forged", secret=OTHER) == 401
    for header in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert receiver.post("bare", without=header) == 401
    assert [receiver.post("one"), receiver.post("one", ago=timedelta(minutes=4)), receiver.post("two")] == (
        [204] * 3
    )
    # What was refused, or came again, is not among what it took.
    assert [receiver.line(), receiver.line()] == ["given one accepted", "given two accepted"]
