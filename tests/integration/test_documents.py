"""The documents against the tools that others read them with, and the API against its own document.

schemathesis calls every operation of a real region with what the document allows and with what it does
not: every answer must be one that the document knows, and never a 500. AsyncAPI's own parser and Spectral
come from npm (long).
"""

import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.region.demo.cast import Login
from tests.harness.npm import installed
from tests.harness.town import NOOR, OPERATOR, TEAM, Town, running_town

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = (NOOR, OPERATOR, TEAM)


def call_every_operation(town: Town, by: Login, *, examples: int) -> int:
    """Call each operation so many times at most, the same every run; returns how many there are."""
    document = httpx.get(f"{town.address}/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=town.address)
    known = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        known += 1

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def call(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {by.key}"}, checks=CHECKS)

        given(case=operation.as_strategy())(call)()
    return known


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A region of its own: what is called here with any words at all would disturb other tests."""
    async with running_town(tmp_path_factory.mktemp("documents")) as found:
        yield found


@pytest.mark.long
def test_every_operation_answers_as_its_document_says(town: Town) -> None:
    """Short: each operation once or twice, by a coordinator."""
    assert call_every_operation(town, NOOR, examples=2) > 80


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("by", ROLES, ids=lambda by: by.id)
def test_every_operation_answers_as_its_document_says_to_everyone(town: Town, by: Login) -> None:
    call_every_operation(town, by, examples=8)


# From npm


PARSE = """
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
for (const one of diagnostics) {
  if (one.severity < 2) console.log(one.code, one.path.join("."), one.message);
}
if (!document) console.log("not parsed");
"""


@pytest.mark.long
@pytest.mark.timeout(300)
def test_asyncapi_passes_its_own_parser(town: Town, tmp_path: Path) -> None:
    folder = installed(tmp_path, "@asyncapi/parser@3")
    (folder / "asyncapi.json").write_bytes(httpx.get(f"{town.address}/v1/asyncapi.json").content)
    (folder / "parse.mjs").write_text(PARSE)
    said = subprocess.run(
        ["node", "parse.mjs", "asyncapi.json"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert (said.returncode, said.stdout) == (0, ""), said.stdout + said.stderr


@pytest.mark.long
@pytest.mark.timeout(300)
def test_openapi_passes_spectral(town: Town, tmp_path: Path) -> None:
    folder = installed(tmp_path, "@stoplight/spectral-cli@6")
    (folder / "openapi.json").write_bytes(httpx.get(f"{town.address}/v1/openapi.json").content)
    (folder / ".spectral.yaml").write_text('extends: ["spectral:oas"]\n')
    said = subprocess.run(
        [*("npx", "spectral", "lint", "openapi.json"), *("--format", "json", "--fail-severity", "error")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
    )
    found = json.loads(said.stdout[said.stdout.index("[") :] or "[]")
    assert not [
        f"{each['code']} {'.'.join(map(str, each['path']))}" for each in found if each["severity"] == 0
    ]
