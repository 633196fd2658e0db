"""The description of the JSON API, made from the models that check it: what is documented and what
is accepted cannot drift apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.gateway.api.models import (
    AnswerOut,
    FeedbackIn,
    Live,
    MessageIn,
    OpenedOut,
    Problem,
    Ready,
    State,
    Verdicts,
)
from bot.gateway.notices import REFUSALS

JSON = "application/json"
ABOUT = "Crisis language is answered whatever a message looks like, also where it would be refused otherwise."


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API. `answers` maps a status to what comes with it, `problems` are the
    statuses that come with a Problem.
    """

    method: str
    path: str
    name: str
    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    takes: type[BaseModel] | None = None
    problems: Iterable[int] = ()
    operator: bool = False


REFUSED = sorted(
    {
        status
        for reason, status in REFUSALS.items()
        if reason not in {"empty", "too_long", "button_gone"}
    }
)
MESSAGE_REFUSED = sorted(set(REFUSALS.values()))

OPERATIONS = (
    Operation(
        "post",
        "/api/conversations",
        "open",
        "Start a conversation; the answer is the greeting.",
        {200: OpenedOut},
        problems=(429,),
    ),
    Operation(
        "post",
        "/api/messages",
        "send",
        "Send words or press a button; without a conversation it starts one.",
        {200: AnswerOut},
        MessageIn,
        MESSAGE_REFUSED,
    ),
    Operation(
        "post",
        "/api/feedback",
        "judge",
        "Say whether an answer helped. It is counted by topic, and nothing else is kept.",
        {204: None},
        FeedbackIn,
        (*REFUSED, 404),
    ),
    Operation(
        "get",
        "/api/feedback",
        "counts",
        "How often each topic's answers helped and did not. For the operator.",
        {200: Verdicts},
        problems=(404,),
        operator=True,
    ),
    Operation(
        "delete",
        "/api/conversations/{id}",
        "close",
        "Forget a conversation, known or not.",
        {204: None},
    ),
    Operation(
        "post",
        "/api/conversations/{id}/end",
        "end",
        "The same, for a browser that leaves the page (`sendBeacon`, `<a ping>`).",
        {204: None},
    ),
    Operation(
        "get",
        "/health/live",
        "live",
        "Whether the gateway answers, so that everybody gets at least the help.",
        {200: Live},
    ),
    Operation(
        "get",
        "/health/ready",
        "ready",
        "Whether messages are screened and a worker answers.",
        {200: Ready, 503: Ready},
    ),
    Operation(
        "get",
        "/health",
        "health",
        "States of all parts, versions, and what is switched off. For the operator.",
        {200: State},
        problems=(404,),
        operator=True,
    ),
)


def describe() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    models = {
        model
        for operation in OPERATIONS
        for model in (*operation.answers.values(), operation.takes)
        if model
    } | {Problem}
    modes = [
        (model, "validation" if model in {MessageIn, FeedbackIn} else "serialization")
        for model in sorted(models, key=lambda m: m.__name__)
    ]
    _, schemas = models_json_schema(modes, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "LPP Signpost", "version": "1", "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"operator": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    answers = {
        status: _content(JSON, model) if model else {}
        for status, model in operation.answers.items()
    }
    problems = {
        status: _content("application/problem+json", Problem) for status in operation.problems
    }
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {
            str(status): {
                "description": operation.summary if status in answers else "A refusal, in words.",
                **content,
            }
            for status, content in (answers | problems).items()
        },
    }
    if operation.takes:
        described["requestBody"] = {"required": True, **_content(JSON, operation.takes)}
    if "{id}" in operation.path:
        described["parameters"] = [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    if operation.operator:
        described["security"] = [{"operator": []}]
    return described


def _content(media_type: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}}
