"""The API described by itself: OpenAPI 3.1, generated from the handlers and their models."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from relay import __version__

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_OPERATION = "openapi_operation"
_METHODS = ("get", "put", "post", "delete")
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "A sentence for people"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs"},
        "instance": {"type": "string", "description": "Id of the request, in the logs too"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "field", "code", "message"],
                "properties": {
                    "pointer": {"type": "string"},
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "hint": {"type": "string"},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What a handler takes and answers."""

    summary: str
    body: type[BaseModel] | None
    answers: Mapping[int, type[BaseModel] | None]
    headers: Mapping[str, str] = field(default_factory=dict)


def operation(
    summary: str,
    *,
    answers: Mapping[int, type[BaseModel] | None],
    body: type[BaseModel] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Callable[[Handler], Handler]:
    """Describe a handler of the API."""

    def describe(handler: Handler) -> Handler:
        setattr(handler, _OPERATION, Operation(summary, body, answers, headers or {}))
        return handler

    return describe


def document(app: web.Application, server: str) -> dict[str, Any]:
    """Return the OpenAPI document of every described route of *app*."""
    described = [
        (
            route.resource.canonical,
            route.method.lower(),
            getattr(route.handler, _OPERATION),
            route.handler,
        )
        for route in app.router.routes()
        if hasattr(route.handler, _OPERATION) and route.resource is not None
    ]
    models = {
        model
        for _, _, one, _ in described
        for model in (one.body, *one.answers.values())
        if model is not None
    }
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for path, method, one, handler in described:
        if method in _METHODS:
            paths.setdefault(path, {})[method] = _operation(path, one, handler)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Relais", "version": __version__},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}) | {"Problem": PROBLEM},
            "securitySchemes": {"secretKey": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"secretKey": []}],
    }


def _operation(path: str, one: Operation, handler: Handler) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": handler.__name__,
        "summary": one.summary,
        "description": (handler.__doc__ or "").strip(),
        "parameters": [*_path_parameters(path), *_header_parameters(one)],
        "responses": {str(status): _response(model) for status, model in one.answers.items()},
    }
    described["responses"]["default"] = {
        "description": "Refused; the code says why (RFC 9457)",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    if one.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(one.body.__name__)}},
        }
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]


def _header_parameters(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "description": text,
            "schema": {"type": "string", "maxLength": 200},
        }
        for name, text in one.headers.items()
    ]


def _response(model: type[BaseModel] | None) -> dict[str, Any]:
    if model is None:
        return {"description": "Done"}
    return {
        "description": (model.__doc__ or "").strip(),
        "content": {"application/json": {"schema": _ref(model.__name__)}},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
