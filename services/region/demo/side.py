"""A region of the network, as who works and lives there uses it over its HTTP API."""

from dataclasses import dataclass, field
from typing import Any

from services.region.demo.api import Api
from services.region.demo.cast import Cast, Login, Player
from services.region.demo.places import Place
from services.region.demo.steps import until
from services.region.demo.story import in_three_days
from services.region.mailbox import Mailbox

LETTER_SECONDS = 20.0
"""How long something may take that needs a letter to the other region, and perhaps one back."""


@dataclass
class Side:
    """`heard`: what it was told of another region's people, which it may keep nowhere."""

    place: Place
    cast: Cast
    api: Api
    mailbox: Mailbox
    heard: list[str] = field(default_factory=list)

    @property
    def region(self) -> str:
        return self.place.region

    @property
    def name(self) -> str:
        return self.place.name

    def post(self, path: str, body: dict[str, Any] | None = None, *, by: Login | None = None) -> Any:
        """Done by the coordinator, unless `by` says who."""
        return self.api.post(path, body, by=by or self.cast.noor, expect=(200, 201))

    def read(self, path: str) -> Any:
        return self.api.get(path, by=self.cast.noor)

    def until_waits(self, kind: str, reason: str) -> str:
        """What came last on the coordinator's work list of this kind, once it is there."""

        def waiting() -> list[str]:
            items = self.read(f"/v1/work-items?kind={kind}&limit=200")["items"]
            return [item["entity_id"] for item in items if item["reason"] == reason]

        return until(waiting, bool, f"{kind} on the work list of {self.name}", seconds=LETTER_SECONDS)[-1]

    # ---- help

    def offer(self, player: Player, category: str, text: str) -> str:
        made = self.post("/v1/offers", {"category": category, "text": text}, by=player.login)
        return str(made["id"])

    def ask(self, player: Player, category: str, minutes: int, text: str) -> str:
        body = {"category": category, "minutes": minutes, "wanted_at": in_three_days(), "text": text}
        return str(self.post("/v1/help-requests", body, by=player.login)["id"])

    def show_to(self, request_id: str, *others: "Side") -> None:
        """Show a request to other regions."""
        self.post(f"/v1/help-requests/{request_id}/appeals", {"peers": [other.region for other in others]})

    def loan(self, loan_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.read(f"/v1/loans/{loan_id}")
        return found

    def until_loan(self, loan_id: str, status: str) -> dict[str, Any]:
        return until(
            lambda: self.loan(loan_id),
            lambda found: found["status"] == status,
            f"in {self.name} the help is {status}",
            seconds=LETTER_SECONDS,
        )

    def until_over(self, request_id: str, peer: str) -> dict[str, Any]:
        """The help that was sought of a peer for a request, once that is over."""

        def over() -> list[dict[str, Any]]:
            found = self.read(f"/v1/loans?request_id={request_id}&over=true")["items"]
            return [one for one in found if one["peer"] == peer]

        return until(over, bool, f"{self.name} hears that it is over", seconds=LETTER_SECONDS)[0]

    def letters(self, player: Player, subject: str) -> int:
        """How many letters with this subject someone got; one that came twice counts once."""
        found = {mail.message_id for mail in self.mailbox.to(player.email) if mail.subject == subject}
        return len(found)

    # ---- hours

    def position(self, peer: str) -> dict[str, Any]:
        """How this region stands with another; what it owes is above zero, in minutes."""
        found: list[dict[str, Any]] = self.read("/v1/positions")["positions"]
        none = {"cap_minutes": 0, "position_minutes": 0}
        return next((one for one in found if one["peer"] == peer), none)

    def until_position(self, peer: str, *, of: str = "position_minutes", minutes: int) -> None:
        until(
            lambda: self.position(peer)[of],
            lambda found: found == minutes,
            f"{of} of {self.name} on {peer}: {minutes}",
            seconds=LETTER_SECONDS,
        )

    def until_posted(self, transfer_id: str) -> None:
        until(
            lambda: self.read(f"/v1/region-transfers/{transfer_id}")["status"],
            lambda status: status == "posted",
            f"what {self.name} gave is posted",
            seconds=LETTER_SECONDS,
        )

    def balance(self, player: Player) -> int:
        """In minutes."""
        return int(self.api.get(f"/v1/accounts/{player.member_id}", by=player.login)["balance_minutes"])

    def until_balance(self, player: Player, minutes: int) -> None:
        """Wait until an account stands so, and nothing on it is set apart."""
        until(
            lambda: self.api.get(f"/v1/accounts/{player.member_id}", by=player.login),
            lambda found: (found["balance_minutes"], found["held_minutes"]) == (minutes, 0),
            f"{player.first_name} has {minutes} minutes and nothing is held",
            seconds=LETTER_SECONDS,
        )
