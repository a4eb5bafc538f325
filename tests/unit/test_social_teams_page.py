"""The page for social teams shows the very examples that the journeys run."""

import json
import re
from pathlib import Path

import pytest

from contracts.referring import EXAMPLE, REFERRAL_TYPE, NewReferral, ReferralEvent
from services.region.demo.sandbox import STEPS

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/social-teams.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)\n```", PAGE, re.DOTALL)
SANDBOX = re.findall(r"<!-- the sandbox of the demo -->\n```sh\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("file", "text"), SHOWN, ids=[file for file, _ in SHOWN])
def test_an_example_on_the_page_is_the_one_that_is_run(file: str, text: str) -> None:
    assert (PROJECT / file).read_text(encoding="utf-8").strip() == text.strip()


def test_each_way_in_has_its_example_and_what_it_sends_is_a_referral() -> None:
    assert {Path(file).suffix for file, _ in SHOWN} >= {".json", ".sh", ".py"}
    (sent,) = (text for file, text in SHOWN if file.endswith("referral.json"))
    assert NewReferral.model_validate_json(sent).person.is_new
    assert NewReferral.model_validate(EXAMPLE) == NewReferral.model_validate_json(json.dumps(EXAMPLE))
    assert REFERRAL_TYPE in PAGE
    assert ReferralEvent.model_fields["type"].annotation.__args__ == (REFERRAL_TYPE,)  # type: ignore[union-attr]


def test_the_page_tries_out_what_the_demo_prints() -> None:
    (shown,) = SANDBOX
    assert tuple(line for line in shown.splitlines() if line and not line.startswith("#")) == STEPS
