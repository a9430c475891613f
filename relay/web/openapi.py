"""The API described by itself: OpenAPI 3.1, generated from the handlers and their models."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from relay import __version__
from relay.web.bodies import FORMS, JSON

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Door = TypeVar("Door", bound=Handler)
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
    """What a handler takes and answers.

    Args:
        headers: What each header that is read means.
        query: The same of parameters after the path; none is required.
        is_public: No key is asked for, but the one that stands in the path.
        takes_forms: The body may come as a form as well.
        has_page: Who asks for HTML is answered by a page, or sent on to one.
    """

    summary: str
    body: type[BaseModel] | None
    answers: Mapping[int, type[BaseModel] | None]
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    is_public: bool = False
    takes_forms: bool = False
    has_page: bool = False


def operation(
    summary: str,
    *,
    answers: Mapping[int, type[BaseModel] | None],
    body: type[BaseModel] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    **traits: bool,
) -> Callable[[Door], Door]:
    """Describe a handler of the API.

    Args:
        traits: ``is_public``, ``takes_forms``, ``has_page``: see ``Operation``.
    """

    def describe(handler: Door) -> Door:
        told = Operation(summary, body, answers, headers or {}, query=query or {}, **traits)
        setattr(handler, _OPERATION, told)
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
        "parameters": [*_path_parameters(path), *_named_parameters(one)],
        "responses": {
            str(status): _response(model, has_page=one.has_page)
            for status, model in one.answers.items()
        },
    }
    if one.is_public:
        described["security"] = []
    described["responses"]["default"] = {
        "description": "Refused; the code says why (RFC 9457)",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    if one.body:
        described["requestBody"] = {
            "required": True,
            "content": {
                kind: {"schema": _ref(one.body.__name__)}
                for kind in (JSON, *(FORMS if one.takes_forms else ()))
            },
        }
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]


def _named_parameters(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": place,
            "description": text,
            "schema": {"type": "string", "maxLength": 200},
        }
        for place, names in (("header", one.headers), ("query", one.query))
        for name, text in names.items()
    ]


def _response(model: type[BaseModel] | None, *, has_page: bool) -> dict[str, Any]:
    if model is None:
        return {"description": "Done, or to be seen at Location"}
    page = {"text/html": {"schema": {"type": "string"}}} if has_page else {}
    return {
        "description": (model.__doc__ or "").strip(),
        "content": {JSON: {"schema": _ref(model.__name__)}, **page},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
