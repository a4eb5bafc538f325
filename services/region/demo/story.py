"""The main job, over the HTTP API only: from a new member to hours booked, and what is refused."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES
from services.region.demo.api import Api
from services.region.demo.cast import Cast, Login, Player
from services.region.demo.steps import NotAsExpected, Steps, expect, until
from services.region.mailbox import Mailbox

MINUTES = 60
SHOWN = 5
MAIL_SECONDS = 45.0

WELCOME = "Welkom bij Wederdienst"
OFFERED = "Uw aanbod staat erin"
ASKED = "Wij hebben uw hulpvraag"
HELPS = "U gaat iemand helpen"
FOUND = "Wij hebben iemand voor u gevonden"
EARNED = "Er zijn uren bijgeschreven"
SPENT = "Fijn dat het gelukt is"


def in_three_days() -> str:
    """A moment at a whole hour, as JSON has it."""
    return (datetime.now(UTC) + timedelta(days=3)).replace(minute=0, second=0, microsecond=0).isoformat()


class Story:
    """One run of the demo with its people."""

    def __init__(self, api: Api, cast: Cast, steps: Steps, mailbox: Mailbox) -> None:
        self._api = api
        self._cast = cast
        self._steps = steps
        self._mailbox = mailbox
        self.letters: Counter[tuple[str, str]] = Counter()
        """Who must get which message, by address and subject."""

    # ---- the main job

    def main_job(self) -> None:
        cast, step = self._cast, self._steps.step
        helper, asker = cast.helper, cast.asker
        with step(f"{helper.name} signs up, and Noor approves") as say:
            say(self._sign_up(helper))
        with step(f"{helper.first_name} offers to do the shopping"):
            offer_id = self._offer(
                helper, "shopping", "Ik ga op vrijdag naar de winkel. Wat zal ik meenemen?"
            )
        with step(f"{asker.name} signs up and asks for help"):
            self._sign_up(asker)
            request_id = self._ask(asker, "shopping", MINUTES, "Ik mag na mijn operatie niet tillen.")
        with step("Noor looks at the proposals") as say:
            self._proposals(request_id, offer_id, say)
        with step(f"Noor confirms {helper.first_name}") as say:
            match_id = self._confirm(request_id, offer_id, say)
        with step("Both see how to reach each other") as say:
            self._contact(match_id, helper, asker, say)
            self._contact(match_id, asker, helper, say)
        with step("Both have a letter about it"):
            # It names the other as long as they are matched: they read it before they meet.
            for player, subject in ((helper, HELPS), (asker, FOUND)):
                self._has_come(player, subject)
        with step(f"Both report {MINUTES} minutes"):
            for player in (helper, asker):
                body = {"minutes": MINUTES}
                self._api.post(f"/v1/matches/{match_id}/minutes", body, by=player.login, expect=(200,))
        with step("The ledger books the hours") as say:
            match = until(
                lambda: self._api.get(f"/v1/matches/{match_id}", by=cast.noor),
                lambda found: found["status"] == "completed",
                "the match is completed",
            )
            expect(match["helper_minutes"], MINUTES, "minutes")
            self._balance(helper, MINUTES, say)
            self._balance(asker, -MINUTES, say)
        with step(f"Small things {asker.first_name} may do in return") as say:
            favours = self._api.get(f"/v1/matches/{match_id}/return-favours", by=asker.login)["favours"]
            expect(len(favours), 3, "suggestions")
            expect(all(CATEGORIES[each["category"]].small for each in favours), True, "all of them small")
            say(", ".join(each["nl"] for each in favours))
        self._expect_letters(helper, HELPS, EARNED)
        self._expect_letters(asker, FOUND, SPENT)

    def _proposals(self, request_id: UUID, offer_id: UUID, say: Callable[[str], None]) -> None:
        proposals = self._api.get(f"/v1/help-requests/{request_id}/proposals?limit=50", by=self._cast.noor)
        ranked = proposals["helpers"]
        for helper in ranked[:SHOWN]:
            reasons = "; ".join(reason["nl"] for reason in helper["reasons"])
            say(f"deelnemer {helper['number']}, {helper['distance_km']} km: {reasons}")
        say(f"{proposals['found']} people can help")
        expect(str(offer_id) in {helper["offer_id"] for helper in ranked}, True, "the offer is on the list")
        expect(all(helper["reasons"] for helper in ranked), True, "a reason for each")

    def _confirm(self, request_id: UUID, offer_id: UUID, say: Callable[[str], None]) -> UUID:
        body = {"request_id": request_id, "offer_id": offer_id}
        answer = self._api.post("/v1/matches", body, by=self._cast.noor, expect=(201, 202))
        say(f"{answer['status_code']}")
        match_id = UUID(answer.get("match_id") or answer["id"])
        until(
            lambda: self._api.get(f"/v1/matches/{match_id}", by=self._cast.noor)["status"],
            lambda status: status == "confirmed",
            "the match is confirmed",
        )
        return match_id

    def _contact(self, match_id: UUID, who: Player, other: Player, say: Callable[[str], None]) -> None:
        def others() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = self._api.get(f"/v1/matches/{match_id}/contact", by=who.login)[
                "others"
            ]
            return found

        # Members opens the contact when it hears of the match, a moment after it is confirmed.
        until(
            lambda: self._api.found(f"/v1/matches/{match_id}/contact", by=who.login),
            bool,
            "the contact is open",
        )
        (person,) = others()
        expect(
            (person["name"], person["phone"], person["email"]), (other.name, other.phone, other.email), "who"
        )
        say(f"{who.first_name} sees: {person['name']}, {person['phone']}")

    def _balance(self, player: Player, minutes: int, say: Callable[[str], None]) -> None:
        account = until(
            lambda: self._api.get(f"/v1/accounts/{player.member_id}", by=player.login),
            lambda found: found["balance_minutes"] == minutes and found["held_minutes"] == 0,
            f"a balance of {minutes} minutes and nothing held",
        )
        say(f"{player.first_name}: {account['balance_minutes']:+} minutes")

    # ---- what is refused

    def refusals(self) -> None:
        cast, step = self._cast, self._steps.step
        with step("Not approved yet") as say:
            self._register(cast.newcomer)
            body = {"category": "dog", "text": "Ik loop elke dag een rondje."}
            say(self._api.refusal("/v1/offers", body, by=cast.newcomer.login, code="not_approved"))
        with step("Three more people sign up; two of them offer to garden") as say:
            for player in (cast.busy, cast.generous, cast.second_asker):
                say(f"{player.name}: {self._sign_up(player)}")
            busy = self._offer(cast.busy, "gardening", "Ik snoei graag, maar heb weinig tijd.")
            generous = self._offer(cast.generous, "gardening", "Ik heb de hele week tijd voor uw tuin.")
        with step("No capacity left") as say:
            hedge = self._ask(cast.second_asker, "gardening", 90, "De heg is te hoog voor mij geworden.")
            say(self._match_refused(hedge, busy, "no_capacity"))
        with step("Below the credit floor") as say:
            garden = self._ask(cast.second_asker, "gardening", 11 * 60, "De hele tuin moet op orde.")
            say(self._match_refused(garden, generous, "below_floor"))
        with step("Already matched") as say:
            self._confirm(hedge, generous, lambda _: None)
            self._expect_letters(cast.generous, HELPS)
            self._expect_letters(cast.second_asker, FOUND)
            say(self._match_refused(hedge, generous, "already_matched"))
        with step("Withdrawn in the meantime") as say:
            self._api.delete(f"/v1/help-requests/{garden}", by=cast.second_asker.login)
            say(self._match_refused(garden, generous, "withdrawn"))

    def _match_refused(self, request_id: UUID, offer_id: UUID, code: str) -> str:
        body = {"request_id": request_id, "offer_id": offer_id}
        return self._api.refusal("/v1/matches", body, by=self._cast.noor, code=code)

    # ---- what people do

    def _register(self, player: Player) -> int:
        body = player.registration.model_dump(mode="json", exclude={"circle"})
        made = self._api.post("/v1/members", body, by=self._cast.noor, idempotency_key=player.idempotency_key)
        expect(made["id"], str(player.member_id), "the new member's id")
        member = self._api.get(f"/v1/members/{player.member_id}", by=self._cast.noor)
        expect(member["status"], "registered", "status")
        return int(member["number"])

    def _sign_up(self, player: Player) -> str:
        """Register and approve; then wait until the member has an account."""
        number = self._register(player)
        about = f"/v1/members/{player.member_id}"
        self._api.post(f"{about}/approvals", by=self._cast.noor, expect=(200,))
        until(
            lambda: self._api.found(f"/v1/accounts/{player.member_id}", by=player.login),
            bool,
            "an account for the new member",
        )
        self._expect_letters(player, WELCOME)
        return f"deelnemer {number}"

    def _offer(self, player: Player, category: str, text: str) -> UUID:
        made = self._once_admitted("/v1/offers", {"category": category, "text": text}, player.login)
        self._expect_letters(player, OFFERED)
        return UUID(made["id"])

    def _ask(self, player: Player, category: str, minutes: int, text: str) -> UUID:
        body = {"category": category, "minutes": minutes, "wanted_at": in_three_days(), "text": text}
        made = self._once_admitted("/v1/help-requests", body, player.login)
        self._expect_letters(player, ASKED)
        return UUID(made["id"])

    def _once_admitted(self, path: str, body: dict[str, Any], by: Login) -> dict[str, Any]:
        """What was approved a moment ago may not have reached exchange: then it is asked again."""

        def attempt() -> dict[str, Any] | NotAsExpected:
            try:
                return self._api.post(path, body, by=by)
            except NotAsExpected as no:
                if "not_approved" not in no.came:
                    raise
                return no

        made = until(attempt, lambda found: isinstance(found, dict), "an approved member may")
        assert isinstance(made, dict)
        return made

    # ---- the letters

    def _has_come(self, player: Player, subject: str) -> None:
        until(
            lambda: [mail.subject for mail in self._mailbox.to(player.email)],
            lambda subjects: subject in subjects,
            f"a letter to {player.first_name}: {subject}",
            seconds=MAIL_SECONDS,
        )

    def _expect_letters(self, player: Player, *subjects: str) -> None:
        self.letters.update((player.email, subject) for subject in subjects)

    def came(self) -> Counter[tuple[str, str]]:
        """The messages that the people of this run got, by address and subject."""
        return Counter(
            (mail.recipient, mail.subject)
            for player in self._cast.players
            for mail in self._mailbox.to(player.email)
        )

    def mails(self, imported: Counter[str]) -> None:
        """Exactly the expected messages arrived; `imported` counts those of the import by address."""
        cast, step = self._cast, self._steps.step
        with step("Everyone of the import heard of it, once a message") as say:
            self._mailbox.wait_for(lambda box: not imported - box.by_recipient(), MAIL_SECONDS)
            late = imported - self._mailbox.by_recipient()
            expect(late.total(), 0, "messages that are still to come")
            got = Counter({to: n for to, n in self._mailbox.by_recipient().items() if to in imported})
            expect((got - imported).total(), 0, "messages too many")
            say(f"{got.total()} messages to {len(got)} people, {self._mailbox.repeats()} repeated")
        with step("The people of the story got exactly these messages") as say:
            self._mailbox.wait_for(lambda _: not self.letters - self.came(), MAIL_SECONDS)
            expect(sorted(self.came().elements()), sorted(self.letters.elements()), "messages")
            names = {player.email: player.first_name for player in cast.players}
            for (to, subject), count in sorted(self.letters.items()):
                say(f"{names[to]}: {subject}" + (f" ({count} times)" if count > 1 else ""))
        with step("The letter about the match says who comes and how to reach them"):
            for who, subject, other in (
                (cast.asker, FOUND, cast.helper),
                (cast.helper, HELPS, cast.asker),
            ):
                (letter,) = (mail for mail in self._mailbox.to(who.email) if mail.subject == subject)
                for part in (other.name, other.phone):
                    expect(part in letter.text, True, f"{part} in the letter to {who.first_name}")
