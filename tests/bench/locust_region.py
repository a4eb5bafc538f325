"""What people do in a region over HTTP, for locust: asking, choosing a helper, helping, looking.

Run by tests/bench/size.py, which says in the environment which region, key and members.
"""

import json
import os
import random
from pathlib import Path

from locust import HttpUser, constant, task

KEY = os.environ["WD_SIZE_KEY"]
CATEGORIES = ("coffee", "dog", "shopping", "baking", "bins", "walking")
MEMBERS = json.loads(Path(os.environ["WD_SIZE_MEMBERS"]).read_text(encoding="utf-8"))


class Coordinator(HttpUser):
    """A coordinator, and the people they speak for: one helped neighbour after another, without a pause.

    For each match someone looks five times at lists and pages, as people do.
    """

    wait_time = constant(0)

    def on_start(self) -> None:
        self.client.headers["Authorization"] = f"Bearer {KEY}"
        self.dice = random.Random()

    def wish(self, path: str, name: str, body: dict[str, object], *good: int) -> dict[str, object] | None:
        headers = {"Idempotency-Key": f"{self.dice.getrandbits(96):x}"}
        with self.client.post(path, json=body, headers=headers, name=name, catch_response=True) as answer:
            if answer.status_code not in good:
                if answer.status_code == 409:
                    # A helper whose week is full meanwhile: an answer like any other.
                    answer.success()
                else:
                    answer.failure(f"{answer.status_code}")
                return None
            answer.success()
            found: dict[str, object] = answer.json()
            return found

    def look(self, path: str, name: str) -> dict[str, object]:
        with self.client.get(path, name=name, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
                return {}
            answer.success()
            found: dict[str, object] = answer.json()
            return found

    @task
    def help_someone(self) -> None:
        asker = self.dice.choice(MEMBERS)
        asked = self.wish(
            "/v1/help-requests",
            "POST help-requests",
            {
                "member_id": asker,
                "category": self.dice.choice(CATEGORIES),
                "minutes": 5,
                "text": "Wie helpt mij even?",
                "consent": "phone",
            },
            201,
        )
        if asked is None:
            return
        self.look("/v1/work-items?limit=50", "GET work-items")
        request_id = asked["id"]
        proposed = self.look(f"/v1/help-requests/{request_id}/proposals", "GET proposals")
        helpers = proposed.get("helpers") or proposed.get("items") or []
        if not helpers:
            return
        chosen = helpers[self.dice.randrange(min(3, len(helpers)))]
        self.look(f"/v1/members/{chosen['member_id']}", "GET members")
        made = self.wish(
            "/v1/matches",
            "POST matches",
            {"request_id": request_id, "offer_id": chosen["offer_id"]},
            201,
            202,
        )
        if made is None:
            return
        match_id = made.get("match_id") or made["id"]
        self.look(f"/v1/matches/{match_id}", "GET matches")
        for person in (asker, chosen["member_id"]):
            self.wish(
                f"/v1/matches/{match_id}/minutes",
                "POST minutes",
                {"minutes": 5, "member_id": person},
                *(200, 201, 202),
            )
        self.look(f"/v1/accounts/{asker}", "GET accounts")
