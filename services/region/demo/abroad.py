"""Regions that help each other: help that is lent, and the hours for it (docs/journeys/14)."""

from collections.abc import Callable, Iterator, Sequence

from services.region.demo.cast import Player
from services.region.demo.side import Side
from services.region.demo.steps import Steps, expect, until
from services.region.demo.story import EARNED, FOUND, HELPS, MAIL_SECONDS, SPENT

PLANNED = 5 * 60
"""Longer than anyone of the import has time for in a week, or of the main job for the same thing."""

MINUTES = PLANNED - 30
GIFT = 15
CAP = 10 * 60

type Say = Callable[[str], None]


class Abroad:
    """One run of it: the first region looks for help, the last one has someone, those between look too."""

    def __init__(self, sides: Sequence[Side], steps: Steps) -> None:
        self._sides = sides
        self._home, *self._between, self._there = sides
        self._asker, self._helper = self._home.cast.asker, self._there.cast.generous
        self._step = steps.step

    # ---- help

    def help(self) -> None:
        here_id, there_id = self._found()
        self._agreed(here_id, there_id)
        self._given(here_id, there_id)

    def _found(self) -> tuple[str, str]:
        """Somebody is found in another region; gives the id that the help has in each."""
        home, there, asker, helper = self._home, self._there, self._asker, self._helper
        with self._step(f"{there.name} and {home.name} agree how far they go with each other") as say:
            self._agree_on_a_cap(there, home, say)
        with self._step(f"In {home.name} {asker.first_name} asks for help, and nobody there can") as say:
            request = home.ask(asker, "chores", PLANNED, "De zolder moet leeg, en ik kan de trap niet op.")
            found = home.read(f"/v1/help-requests/{request}/proposals")["found"]
            expect(found, 0, "people in the region itself")
            say(f"{PLANNED} minutes, more than anyone has time for")
        with self._step("Noor shows it to the other regions: no name, no text") as say:
            home.show_to(request, *self._sides[1:])
            asked = {side.region: side.until_waits("help_asked", home.region) for side in self._sides[1:]}
            seen = there.loan(there_id := asked[there.region])
            expect((seen["request_id"], seen["member_id"]), (None, None), "whose it is")
            say(f"they read: {seen['category']}, {seen['minutes']} minutes, {seen['pc4']}")
        for side in self._between:
            with self._step(f"{side.name} has nobody either, and says so"):
                side.api.delete(f"/v1/loans/{asked[side.region]}", by=side.cast.noor)
                expect(home.until_over(request, side.region)["reason"], "declined", "what is heard of it")
        with self._step(f"{there.name} proposes {helper.first_name}"):
            self._lend(there_id, "chores", "Ik heb een sterke rug en de hele week de tijd.")
            here_id = home.until_waits("helper_offered", there.region)
        with self._step(f"Noor of {home.name} chooses, and the hours are set apart"):
            home.post(f"/v1/loans/{here_id}/choices")
            self._until_both(here_id, there_id, "wanted")
        return here_id, there_id

    def _agreed(self, here_id: str, there_id: str) -> None:
        home, there, asker, helper = self._home, self._there, self._asker, self._helper
        contact = f"/v1/loans/{here_id}/contact"
        with self._step("Before both people agree, nobody hears how to reach the other") as say:
            say(home.api.not_told(contact, by=home.cast.noor, code="contact_not_given"))
        with self._step("Both agree"):
            home.post(f"/v1/loans/{here_id}/agreements", by=asker.login)
            there.post(f"/v1/loans/{there_id}/agreements", by=helper.login)
            self._until_both(here_id, there_id, "confirmed")
        with self._step("Each coordinator asks how to reach the other's person; it is kept nowhere") as say:
            self._contact(home, here_id, helper, say)
            self._contact(there, there_id, asker, say)

    def _given(self, here_id: str, there_id: str) -> None:
        home, there, asker, helper = self._home, self._there, self._asker, self._helper
        with self._step(f"Both report {MINUTES} minutes, and the hours go to {there.name}") as say:
            before = home.balance(asker), there.balance(helper)
            home.post(f"/v1/loans/{here_id}/minutes", {"minutes": MINUTES}, by=asker.login)
            there.post(f"/v1/loans/{there_id}/minutes", {"minutes": MINUTES}, by=helper.login)
            self._until_both(here_id, there_id, "completed")
            home.until_balance(asker, before[0] - MINUTES)
            there.until_balance(helper, before[1] + MINUTES)
            say(f"{asker.first_name}: {-MINUTES:+} minutes, {helper.first_name}: {MINUTES:+} minutes")
        with self._step("Both hear of it from their own region"):
            # Who asked had help in the main job too: then this is the second time.
            self._has_come(home, asker, {FOUND: 2, SPENT: 2})
            self._has_come(there, helper, {HELPS: 2, EARNED: 1})

    def _until_both(self, here_id: str, there_id: str, status: str) -> None:
        self._home.until_loan(here_id, status)
        self._there.until_loan(there_id, status)

    def _lend(self, loan_id: str, category: str, text: str) -> None:
        offer = self._there.offer(self._helper, category, text)
        self._there.post(f"/v1/loans/{loan_id}/proposals", {"offer_id": offer})

    def _contact(self, side: Side, loan_id: str, other: Player, say: Say) -> None:
        found = side.read(f"/v1/loans/{loan_id}/contact")
        expect((found["name"], found["phone"], found["email"]), (other.name, other.phone, other.email), "who")
        side.heard += [other.name, other.phone, other.email]
        say(f"{side.name} hears: {found['name']}, {found['phone']}")

    def _has_come(self, side: Side, player: Player, wanted: dict[str, int]) -> None:
        def came() -> dict[str, int]:
            return {subject: side.letters(player, subject) for subject in wanted}

        until(came, lambda found: found == wanted, f"letters to {player.first_name}", seconds=MAIL_SECONDS)

    # ---- called off

    def calling_off(self) -> None:
        home, there, helper = self._home, self._there, self._helper
        with self._step(f"{helper.first_name} is proposed again, and cannot come after all"):
            request = home.ask(self._asker, "computer", 60, "Mijn nieuwe telefoon doet niets.")
            home.show_to(request, there)
            loan = there.until_waits("help_asked", home.region)
            self._lend(loan, "computer", "Ik leg het graag rustig uit.")
            home.until_waits("helper_offered", there.region)
            there.api.delete(f"/v1/loans/{loan}", by=helper.login)
            expect(home.until_over(request, there.region)["reason"], "helper_withdrew", "what is heard of it")
        with self._step(f"The request is open again; {self._asker.first_name} withdraws it"):
            home.show_to(request, there)
            loan = there.until_waits("help_asked", home.region)
            home.api.delete(f"/v1/help-requests/{request}", by=self._asker.login)
            there.until_loan(loan, "ended")

    # ---- hours

    def hours(self) -> None:
        home, there = self._home, self._there
        for one, other in self._pairs():
            with self._step(f"{one.name} and {other.name}: hours go to and fro at the same moment") as say:
                if (one, other) != (there, home):
                    self._agree_on_a_cap(one, other, say)
                self._to_and_fro(one, other, say)
        with self._step(f"{there.name} is owed, and proposes to settle; {home.name} agrees") as say:
            owed = home.position(there.region)["position_minutes"]
            there.post("/v1/settlements", {"peer": home.region, "minutes": owed})
            settlement = home.until_waits("settlement_proposed", there.region)
            home.post(f"/v1/settlements/{settlement}/answers", {"agree": True})
            say(f"{owed} minutes")
        with self._step("Nobody owes another region anything any more"):
            for one, other in self._pairs():
                one.until_position(other.region, minutes=0)
                other.until_position(one.region, minutes=0)

    def _pairs(self) -> Iterator[tuple[Side, Side]]:
        """Each region with the next, and the last with the first: no pair twice."""
        yield from zip(self._sides, self._sides[1:], strict=False)
        if len(self._sides) > 2:
            yield self._there, self._home

    def _agree_on_a_cap(self, one: Side, other: Side, say: Say) -> None:
        if one.position(other.region)["cap_minutes"] != CAP:
            proposal = one.post("/v1/clearing-caps", {"peer": other.region, "minutes": CAP})["id"]
            other.until_waits("cap_proposed", one.region)
            other.post(f"/v1/clearing-caps/{proposal}/answers", {"peer": one.region, "agree": True})
            one.until_position(other.region, of="cap_minutes", minutes=CAP)
            other.until_position(one.region, of="cap_minutes", minutes=CAP)
        say(f"a position of {CAP} minutes at most, either way")

    def _to_and_fro(self, one: Side, other: Side, say: Say) -> None:
        before = one.position(other.region)["position_minutes"]
        given = [
            (giver, giver.post("/v1/region-transfers", self._gift(giver, taker))["id"])
            for giver, taker in ((one, other), (other, one))
        ]
        for giver, id in given:
            giver.until_posted(id)
        one.until_position(other.region, minutes=before)
        other.until_position(one.region, minutes=-before)
        say(f"{GIFT} minutes each way; the position is {before} minutes, as before")

    @staticmethod
    def _gift(giver: Side, taker: Side) -> dict[str, object]:
        return {
            "from_account_id": giver.cast.helper.member_id,
            "peer": taker.region,
            "to_account_id": taker.cast.helper.member_id,
            "minutes": GIFT,
        }
