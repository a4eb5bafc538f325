"""The AsyncAPI 3 document: everything that travels over NATS, made from the models.

Events, commands and queries with their subjects (`contracts.subjects`), headers, schemas and an example
each, and what a social team may send and hear. Commands and queries are request and reply.
"""

import inspect
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts import subjects
from contracts.catalogue import COMMANDS, EVENTS, HANDLED_BY, QUERIES, SERVICES, event_type, schema_name
from contracts.envelope import (
    CLOUD_EVENT,
    NOBODY,
    Answer,
    CloudEvent,
    Command,
    Event,
    Query,
    Refusal,
    source_of,
)
from contracts.examples import example
from contracts.feedback import FeedbackPage, GetFeedback
from contracts.generate import Plain, sample
from contracts.referrals import FeedbackGiven
from contracts.referring import ATTRIBUTES, EXAMPLE_EVENT, ReferralEvent

VERSION = "1.0.0"
JSON = "application/json"
PROBLEM = "application/problem+json"

type Document = dict[str, Any]

_PARAMETERS = {
    "region": {"description": "The region's name, as in its configuration.", "examples": ["voorbeeld"]},
    "team": {"description": "The social team's id in the region's configuration.", "examples": ["west"]},
}

_EVENT_HEADERS = {
    "type": "object",
    "properties": {
        "Nats-Msg-Id": {"type": "string", "description": "The event's id: a repeat has the same."},
        "Nats-Expected-Last-Sequence": {
            "type": "string",
            "description": "The stream's last sequence before this event: a hole is seen at once.",
        },
    },
}
_REQUEST_HEADERS: Document = {
    "type": "object",
    "properties": {
        "replyTo": {"type": "string", "description": "The reply subject of the NATS request."},
    },
}


def _content_type(kind: str, **more: Document) -> Document:
    """Headers of a message that says in what form its payload is."""
    return {"type": "object", "properties": {"Content-Type": {"type": "string", "examples": [kind]}, **more}}


_ATTRIBUTES: Document = {
    f"ce-{name}": {**said, "description": "In binary mode: this attribute, percent-encoded."}
    for name, said in ATTRIBUTES.items()
}
_REPLY = {"address": {"location": "$message.header#/replyTo", "description": "The asker's own inbox."}}


def document(title: str) -> Document:
    """The whole document of an instance called `title`."""
    channels: Document = {}
    operations: Document = {}
    messages: Document = {}
    for service, contract in SERVICES.items():
        for event in contract.EVENTS:
            _event(service, event, channels, operations, messages)
    for kind, service in HANDLED_BY.items():
        _request(service, kind, channels, operations, messages)
    _teams(channels, operations, messages)
    messages["Answer"] = _message("Answer", Answer, {"outcome": "accepted", "id": _AN_ID, "position": 17})
    messages["QueryAnswer"] = {
        "name": "QueryAnswer",
        "title": "A view, or why not",
        "contentType": JSON,
        "headers": _REQUEST_HEADERS,
        "payload": {"$ref": "#/components/schemas/QueryAnswer"},
        "examples": [{"payload": {"view": {}}}],
    }
    return {
        "asyncapi": "3.0.0",
        "id": "urn:wederdienst:asyncapi",
        "info": {
            "title": title,
            "version": VERSION,
            "description": inspect.cleandoc(_ABOUT),
            "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/en/"},
        },
        "defaultContentType": JSON,
        "servers": {
            "nats": {
                "host": "{host}:{port}",
                "protocol": "nats",
                "description": "The region's NATS; every user has its own allow list.",
                "variables": {
                    "host": {"description": "Ask the region's operator."},
                    "port": {"default": "4222"},
                },
                "security": [{"$ref": "#/components/securitySchemes/user"}],
            }
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": _schemas(),
            "securitySchemes": {"user": {"type": "userPassword"}},
        },
    }


_ABOUT = """
What travels over NATS in one region of Wederdienst. Events are CloudEvents 1.0 by the NL GOV profile and
are kept in a JetStream stream for each service. Commands and queries are request and reply. A social team
has its own user, which may refer, hear what may be told back of its referrals, and ask for its feed.
"""
_TEXTS = ("id", "source", "type", "subject", "dataschema", "region")
_AN_ID = "7f1b6a52-7d0e-5c0b-9d43-0a5f0c6f1b7d"


def _event(
    service: str, event: type[Event], channels: Document, operations: Document, messages: Document
) -> None:
    name = event.__name__
    channels[name] = _channel(subjects.event("{region}", service, name), name)
    operations[f"{service}-emits-{name}"] = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": f"{service} says: {_first_line(event)}",
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
    }
    travels = sample(event).model_dump(mode="json", exclude_none=True)
    messages[name] = {
        **_message(name, event, travels),
        "contentType": CLOUD_EVENT,
        "headers": _EVENT_HEADERS,
        "payload": _cloud_event(event),
        "bindings": {"nats": {"bindingVersion": "0.1.0"}},
    }


def _cloud_event(event: type[Event]) -> Document:
    return {
        "allOf": [
            {"$ref": "#/components/schemas/CloudEvent"},
            {
                "type": "object",
                "properties": {
                    "type": {"const": event_type(event)},
                    "dataschema": {"const": f"urn:wederdienst:schema:{schema_name(event)}"},
                    "data": {"$ref": f"#/components/schemas/{event.__name__}"},
                },
            },
        ]
    }


def _request(
    service: str,
    kind: type[Command] | type[Query],
    channels: Document,
    operations: Document,
    messages: Document,
) -> None:
    name = kind.__name__
    asks = issubclass(kind, Query)
    subject = (subjects.query if asks else subjects.command)("{region}", service, name)
    reply = "QueryAnswer" if asks else "Answer"
    channels[name] = _channel(subject, name, reply)
    body = {
        "id": _AN_ID,
        "actor": {"role": "coordinator", "name": "coordinator-1"},
        "body": example(kind),
    }
    messages[name] = {
        **_message(name, kind, body),
        "headers": _REQUEST_HEADERS,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Request"},
                {"type": "object", "properties": {"body": {"$ref": f"#/components/schemas/{name}"}}},
            ]
        },
    }
    operations[f"{service}-{'answers' if asks else 'takes'}-{name}"] = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": _first_line(kind),
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "reply": {
            **_REPLY,
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{reply}"}],
        },
    }


def _team_refers(channels: Document, operations: Document, messages: Document) -> None:
    channels["TeamRefers"] = {
        **_channel(subjects.referrals_in("{region}", "{team}"), "TeamReferral", "TeamAnswer"),
        "description": "At most 64 kB, else the answer is a problem (413). NATS itself takes no message "
        "above 1 MB: it closes the connection, and nothing arrived. Send the same event with less text.",
    }
    messages["TeamReferral"] = {
        **_message("TeamReferral", ReferralEvent, EXAMPLE_EVENT),
        "contentType": CLOUD_EVENT,
        "headers": _content_type(CLOUD_EVENT, **_REQUEST_HEADERS["properties"], **_ATTRIBUTES),
    }
    messages["TeamAnswer"] = {
        "name": "TeamAnswer",
        "title": "The referral, or a problem as over HTTP",
        "contentType": JSON,
        "headers": _content_type(JSON),
        "payload": {"type": "object"},
        "examples": [{"payload": {"id": _AN_ID}}],
    }
    operations["team-refers"] = {
        "action": "receive",
        "channel": {"$ref": "#/channels/TeamRefers"},
        "summary": "A team refers a person; the same event twice is one referral.",
        "messages": [{"$ref": "#/channels/TeamRefers/messages/TeamReferral"}],
        "reply": {
            **_REPLY,
            "channel": {"$ref": "#/channels/TeamRefers"},
            "messages": [{"$ref": "#/channels/TeamRefers/messages/TeamAnswer"}],
        },
    }


def _teams(channels: Document, operations: Document, messages: Document) -> None:
    """A social team's own subjects: it refers, hears, and asks for its feed."""
    _team_refers(channels, operations, messages)
    channels["TeamHears"] = _channel(subjects.feedback_out("{region}", "{team}"), "TeamFeedback")
    _team_is_refused(channels, operations, messages)
    channels["TeamAsks"] = _channel(subjects.feedback_ask("{region}", "{team}"), "TeamAsksFeed", "TeamFeed")
    given = sample(FeedbackGiven)
    told = {
        **given.model_dump(include={"specversion", "id", "type", "subject", "dataschema", "region", "data"}),
        "source": source_of(NOBODY),
        "time": given.data["at"],
        "datacontenttype": JSON,
        "sequence": "1",
        "sequencetype": "Integer",
        "feedturn": 7,
    }
    messages["TeamFeedback"] = {
        **_message("TeamFeedback", FeedbackGiven, told),
        "contentType": CLOUD_EVENT,
        "headers": _content_type(CLOUD_EVENT),
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/TeamEvent"},
                {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/FeedbackGiven"}}},
            ]
        },
    }
    messages["TeamAsksFeed"] = {
        **_message("TeamAsksFeed", GetFeedback, {"after": 7, "limit": 100}),
        "headers": _REQUEST_HEADERS,
        "payload": {"$ref": "#/components/schemas/GetFeedback"},
    }
    page = {"view": {"events": [told], "cursor": 7, "more": False}}
    messages["TeamFeed"] = {
        **_message("TeamFeed", FeedbackPage, page),
        "payload": {"$ref": "#/components/schemas/QueryAnswer"},
    }
    operations["team-hears-feedback"] = {
        "action": "send",
        "channel": {"$ref": "#/channels/TeamHears"},
        "summary": "Live, to who listens: what a team may hear of its referrals.",
        "messages": [{"$ref": "#/channels/TeamHears/messages/TeamFeedback"}],
    }
    operations["team-asks-feed"] = {
        "action": "receive",
        "channel": {"$ref": "#/channels/TeamAsks"},
        "summary": "The team's feed after a cursor: for what was missed.",
        "messages": [{"$ref": "#/channels/TeamAsks/messages/TeamAsksFeed"}],
        "reply": {
            **_REPLY,
            "channel": {"$ref": "#/channels/TeamAsks"},
            "messages": [{"$ref": "#/channels/TeamAsks/messages/TeamFeed"}],
        },
    }


def _team_is_refused(channels: Document, operations: Document, messages: Document) -> None:
    channels["TeamIsRefused"] = _channel(subjects.refused_out("{region}", "{team}"), "TeamRefused")
    messages["TeamRefused"] = {
        "name": "TeamRefused",
        "title": "A problem as over HTTP, with which event it is about",
        "contentType": PROBLEM,
        "headers": _content_type(PROBLEM),
        "payload": {
            "type": "object",
            "properties": {
                "status": {"const": 503},
                "code": {"const": "unavailable"},
                **{
                    name: {"type": ["string", "null"], "description": "Of the event, where it can be read."}
                    for name in ("id", "source")
                },
            },
        },
        "examples": [
            {
                "payload": {
                    "status": 503,
                    "code": "unavailable",
                    "id": EXAMPLE_EVENT["id"],
                    "source": EXAMPLE_EVENT["source"],
                }
            }
        ],
    }
    operations["team-is-refused"] = {
        "action": "send",
        "channel": {"$ref": "#/channels/TeamIsRefused"},
        "summary": "What a team sent without waiting for an answer was not taken in: send it again.",
        "messages": [{"$ref": "#/channels/TeamIsRefused/messages/TeamRefused"}],
    }


def _channel(address: str, *messages: str) -> Document:
    named = {name: said for name, said in _PARAMETERS.items() if f"{{{name}}}" in address}
    return {
        "address": address,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "parameters": named,
    }


def _message(name: str, model: type[BaseModel], payload: Any) -> Document:
    return {
        "name": name,
        "title": name,
        "summary": _first_line(model),
        "contentType": JSON,
        "headers": _REQUEST_HEADERS,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": [{"name": name, "payload": payload}],
    }


def _first_line(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or model.__name__).partition("\n")[0]


def _schemas() -> Document:
    models: list[type[BaseModel]] = [*EVENTS.values(), *COMMANDS.values(), *QUERIES.values()]
    models += [*(view for contract in SERVICES.values() for view in contract.QUERIES.values())]
    models += [CloudEvent, Answer, Refusal, ReferralEvent]
    _, found = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        ref_template="#/components/schemas/{model}",
        schema_generator=Plain,
    )
    schemas: Document = found["$defs"]
    schemas["Request"] = {
        "type": "object",
        "required": ["id", "actor", "body"],
        "description": "A command or query with its circumstances; `id` is the command id.",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "actor": {"type": "object"},
            "body": {"type": "object"},
            "correlation_id": {"type": ["string", "null"], "format": "uuid"},
            "deadline": {"type": ["string", "null"], "format": "date-time"},
            "traceparent": {"type": ["string", "null"]},
        },
    }
    schemas["QueryAnswer"] = {
        "type": "object",
        "description": "A view, a refusal, or that it is not available now.",
        "properties": {
            "view": {"type": ["object", "null"]},
            "refusal": {"anyOf": [{"$ref": "#/components/schemas/Refusal"}, {"type": "null"}]},
            "unavailable": {"type": "boolean"},
        },
    }
    schemas["TeamEvent"] = {
        "type": "object",
        "description": "A CloudEvent 1.0 by the NL GOV profile, as teams get it on every way out.",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            **{
                key: {"type": "string"} for key in ("id", "source", "type", "subject", "dataschema", "region")
            },
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": JSON},
            "sequence": {"type": "string", "description": "Its place in what is told of this referral."},
            "sequencetype": {"const": "Integer"},
            "feedturn": {"type": "integer", "description": "Its place in the team's feed: the cursor."},
        },
    }
    return schemas
