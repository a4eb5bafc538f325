"""The example that listens live misses nothing, also when nothing that comes later shows it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "journeys/examples/hear_back.mjs"

CLIENT = """
const event = (turn) => ({ type: "given", subject: "een", feedturn: turn, data: { status: `nr-${turn}` } });
const steps = JSON.parse(process.env.STEPS);
let asked = 0;
export async function connect() {
  let end;
  const ended = new Promise((done) => (end = done));
  return {
    subscribe: () => ({
      unsubscribe: end,
      async *[Symbol.asyncIterator]() {
        for (const turn of steps.live ?? []) yield { json: () => event(turn) };
        await ended;
      },
    }),
    async *status() {
      if (steps.reconnects) yield { type: "reconnect" };
      await ended;
    },
    async flush() {},
    async drain() {},
    async request(_, body) {
      const there = steps.feed[Math.min(asked++, steps.feed.length - 1)];
      if (there === null) throw new Error("no answer");
      const { after } = JSON.parse(body);
      return { json: () => ({ view: { events: there.filter((n) => n > after).map(event), more: false } }) };
    },
  };
}
"""
"""Its library, played: what is live, and what the feed holds each time that is asked (null: no answer)."""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize(
    ("steps", "every_ms"),
    [
        ('{"feed": [[], [], [1, 2]]}', "5"),
        ('{"feed": [[], [1, 2]], "reconnects": true}', "60000"),
        ('{"feed": [[1], [1, 2]], "live": [2]}', "60000"),
        ('{"feed": [[], null, [1, 2]], "live": [2]}', "5"),
    ],
    ids=["by the clock", "when it is back", "live", "a gap of which nobody answers yet"],
)
def test_what_it_missed_it_asks_for(tmp_path: Path, steps: str, every_ms: str) -> None:
    package = tmp_path / "node_modules/@nats-io/transport-node"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "@nats-io/transport-node", "exports": "./index.mjs"}')
    (package / "index.mjs").write_text(CLIENT)
    shutil.copy(PROGRAM, tmp_path)
    done = subprocess.run(
        ["node", tmp_path / PROGRAM.name],
        env={"PATH": os.environ["PATH"], "STEPS": steps, "EVERY_MS": every_ms, "TEAM": "west", "UNTIL": "2"},
        capture_output=True,
        text=True,
        timeout=20,
    )
    lines = [line for line in done.stdout.splitlines() if line != "listening"]
    assert lines == ["given een nr-1", "given een nr-2", "cursor 2"], done.stderr
