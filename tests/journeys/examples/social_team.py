"""A social team's own system, in plain Python with only nats-py: it refers a person and says what came back.

    python social_team.py nats://HOST:4222 USER PASSWORD REGION TEAM ID < referral.json

The user and password are the team's own at the region; USER is `team-` and the team's id. Everything
goes as a CloudEvent 1.0 in structured mode. ID is your own, for this one referral: keep it with your case.
Sent again with the same ID it is the same referral: so repeat it until there is an answer.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime

import nats
import nats.errors


async def refer(
    server: str, user: str, password: str, region: str, team: str, id: str, referral: dict
) -> int:
    connection = await nats.connect(
        server, user=user, password=password, inbox_prefix=f"_INBOX.{user}".encode()
    )
    event = {
        "specversion": "1.0",
        "id": id,
        "source": f"urn:nld:oin:00000001234567890000:systeem:{team}",
        "type": "nl.wederdienst.team.person-referred.v1",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": referral,
    }
    try:
        for _ in range(5):
            try:
                answer = await connection.request(
                    f"wd.ref.{region}.{team}.in",
                    json.dumps(event).encode(),
                    headers={"Content-Type": "application/cloudevents+json"},
                    timeout=10,
                )
            except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
                # Nothing is known: the same event again.
                await asyncio.sleep(1)
                continue
            print(answer.data.decode())
            said = json.loads(answer.data)
            return 1 if "detail" in said else 0
        return 2
    finally:
        await connection.close()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(refer(*sys.argv[1:7], json.load(sys.stdin))))
