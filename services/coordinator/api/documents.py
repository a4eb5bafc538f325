"""What is served for who builds on this, besides OpenAPI: AsyncAPI, JSON Schemas, and a page to browse.

All of it is made from the same models when it is first asked for, so it cannot say otherwise than the
program does. The page is plain HTML: no script, no style, nothing from elsewhere.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, JSONResponse, Response

from contracts import asyncapi, generate
from contracts.catalogue import EVENTS, event_type, schema_name
from contracts.referring import REFERRAL_SCHEMA, REFERRAL_TYPE
from services.coordinator.api.edge import ASYNCAPI_PATH, DOCS_PATH, OPENAPI_PATH, SCHEMAS_PATH
from services.coordinator.api.openapi import document
from services.coordinator.api.reading import unknown
from services.kernel.settings import Region

OPEN = {"Access-Control-Allow-Origin": "*"}
SCHEMA_TYPE = "application/schema+json"

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def add_documents(api: FastAPI, region: Region) -> None:
    """Serve them, to anyone."""
    title = f"Wederdienst {region.name}"
    made = cache(lambda: json.dumps(asyncapi.document(title)))
    page = cache(lambda: _page(title, document(api, region), asyncapi.document(title)))

    @api.get(ASYNCAPI_PATH, include_in_schema=False)
    async def asyncapi_json() -> Response:
        return Response(made(), media_type="application/json", headers=OPEN)

    @api.get(SCHEMAS_PATH, include_in_schema=False)
    async def list_schemas() -> JSONResponse:
        """Every version of every event's schema, by name: of what is told, and of what teams send."""
        found = [{"name": name, "href": f"{SCHEMAS_PATH}/{name}"} for name in sorted(schemas())]
        return JSONResponse({"schemas": found}, headers=OPEN)

    @api.get(f"{SCHEMAS_PATH}/{{name}}", include_in_schema=False)
    async def get_schema(name: str) -> Response:
        """The JSON Schema of one version of an event's data."""
        if name not in schemas():
            raise unknown("unknown_schema", "Dit schema", "schema")
        return Response(schemas()[name], media_type=SCHEMA_TYPE, headers=OPEN)

    @api.get(DOCS_PATH, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page())


@cache
def schemas() -> dict[str, str]:
    """JSON Schemas by name, such as `exchange.match-confirmed.v1`: of this release and of those before."""
    files = (generate.CONTRACTS / "schemas").glob("*.json")
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def _page(title: str, openapi: dict[str, Any], messages: dict[str, Any]) -> str:
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    events = [(event_type(event), schema_name(event), name) for name, event in sorted(EVENTS.items())]
    tags = list(dict.fromkeys(each["tags"][0] for each in operations))
    return _PAGES.get_template("docs.html").render(
        title=title,
        openapi=OPENAPI_PATH,
        asyncapi=ASYNCAPI_PATH,
        schemas=SCHEMAS_PATH,
        tags={tag: [each for each in operations if each["tags"][0] == tag] for tag in tags},
        events=[
            {
                "type": kind,
                "schema": schema,
                "summary": message["summary"],
                "example": json.dumps(message["examples"][0]["payload"], indent=2),
            }
            for kind, schema, name in (*events, (REFERRAL_TYPE, REFERRAL_SCHEMA, "TeamReferral"))
            for message in [messages["components"]["messages"][name]]
        ],
        subjects=[
            {"address": channel["address"], "summary": operation["summary"]}
            for operation in messages["operations"].values()
            for channel in [messages["channels"][operation["channel"]["$ref"].rpartition("/")[2]]]
        ],
    )
