"""A sandbox for social teams: lines to copy, with which the examples of docs/social-teams.md run against
this region. What is sent there goes nowhere else.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Self

from contracts import subjects
from services.kernel.settings import Region
from services.region.demo.cast import Login
from services.region.servers import free_port

EXAMPLES = Path(__file__).parents[3] / "tests/journeys/examples"

REFER = "sh refer.sh referral.json"
REFER_OVER_NATS = (
    'python social_team.py "$NATS" "team-$TEAM" "$PASSWORD" "$REGION" "$TEAM" zaak-18 < referral.json'
)
HEAR_ON_NATS = "npm install --silent @nats-io/transport-node@3 && UNTIL=2 node hear_back.mjs"
RECEIVE = 'python receive_webhooks.py "$PORT" secret &'
HEAR_BY_WEBHOOK = 'URL="http://127.0.0.1:$PORT/webhooks" SECRET=secret sh hear_back.sh'

STEPS = (REFER, REFER_OVER_NATS, HEAR_ON_NATS, RECEIVE, HEAR_BY_WEBHOOK)
"""What there is to try, each after `Sandbox.setup`."""


@dataclass(frozen=True)
class Sandbox:
    """What a team's own system is told by the region's operator. `port`: where it may take webhooks."""

    address: str
    key: str
    nats: str
    region: str
    team: str
    password: str
    port: int

    @classmethod
    def of(cls, region: Region, login: Login) -> Self:
        """That of a team of this region, which runs on this machine."""
        assert login.team is not None
        return cls(
            address=f"http://{region.web.host}:{region.web.port}",
            key=login.key,
            nats=f"nats://{region.nats.host}:{region.nats.port}",
            region=region.region,
            team=login.team,
            password=region.nats_password(subjects.team_user(login.team)),
            port=free_port(),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the examples read, by the names under which they do."""
        return {
            "WD_ADDRESS": self.address,
            "WD_KEY": self.key,
            "NATS": self.nats,
            "REGION": self.region,
            "TEAM": self.team,
            "PASSWORD": self.password,
            "PORT": str(self.port),
        }

    @property
    def setup(self) -> tuple[str, ...]:
        """For a new terminal: a folder with the examples, a Python with what they need, who the team is."""
        return (
            f'cd "$(mktemp -d)" && cp {quote(str(EXAMPLES))}/* .',
            f'export PATH={quote(str(Path(sys.executable).parent))}:"$PATH"',
            *(f"export {name}={quote(value)}" for name, value in self.environment.items()),
        )

    def as_json(self) -> dict[str, Any]:
        return {"environment": self.environment, "setup": self.setup, "steps": STEPS}
