"""The region's HTTP API, by the NL API Design Rules 2.1.

topics/      one module per topic: the table of its commands, and what can be read
commands.py  how a row of a table becomes an endpoint
answers.py   how an answer becomes a response
reading.py   what all reads share
shapes.py    what the API answers with
edge.py      who asks, limits, headers of every answer
problems.py  every error, as problem+json
openapi.py   the OpenAPI document
write.py     the documents as files, committed in contracts/documents
documents.py what else is served for who builds on this: AsyncAPI, schemas, and a page to browse
"""

from fastapi import FastAPI

from services.coordinator.api.commands import add_commands
from services.coordinator.api.documents import add_documents
from services.coordinator.api.edge import Edge
from services.coordinator.api.openapi import add_document
from services.coordinator.api.problems import HANDLERS
from services.coordinator.api.topics import TOPICS
from services.coordinator.desk import Desk
from services.kernel.runtime import Replica


def app(replica: Replica) -> FastAPI:
    """The API of one replica, leading or standing by."""
    return api(Desk(replica))


def api(desk: Desk) -> FastAPI:
    """The API at an existing desk."""
    found = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, exception_handlers=HANDLERS
    )
    for topic in TOPICS:
        add_commands(found, desk, topic.COMMANDS)
        topic.add_reads(found, desk)
    add_document(found, desk.region)
    add_documents(found, desk.region)
    found.add_middleware(Edge, keys=desk.keys)
    return found
