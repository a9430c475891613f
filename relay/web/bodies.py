"""Reading of what was sent: strict JSON and forms, within bounds of size, depth and time."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError

from relay.errors import FieldFault, Invalid, Refused

LIMIT_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0
FILE_TIMEOUT_S = 60.0  # a photograph over a telephone
DEPTH_MOST = 20
FIELDS_MOST = 50
JSON = "application/json"
_BOUNDARY = re.compile(r"""\bboundary=("?)([\w'()+,./:=?-]{1,70})\1(?:;|$)""", re.ASCII)
_PART = rb"(?im)^content-disposition:[^\r\n]*;\s*"
_PART_NAME = re.compile(_PART + rb'name="([^"\r\n]{0,100})"')
_FILE = re.compile(_PART + rb"filename")
# What the framework raises of parts that are none; of a charset of no name a RuntimeError.
_NO_FORM = (ValueError, RuntimeError, HttpProcessingError, web.RequestPayloadError)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

Body = TypeVar("Body", bound=BaseModel)


async def read_json(request: web.Request, model: type[Body]) -> Body:
    """Read a JSON body as *model*.

    Raises:
        Refused: It is not JSON, too large, too deep, compressed, too slow.
        Invalid: Fields are missing, unknown or of another type.
    """
    if request.content_type != JSON:
        raise Refused("media_type_refused")
    return as_model(parse_json(await _read_bytes(request)), model)


async def read_fields(request: web.Request) -> dict[str, str]:
    """Read a form or a flat JSON object as text fields.

    Raises:
        Refused: It is neither, or too large, too deep, compressed, too slow.
        Invalid: A field is a file or no text.
    """
    if request.content_type == JSON:
        read = parse_json(await _read_bytes(request))
        if not isinstance(read, dict):
            raise Refused("body_not_json")
        return {name: _text(name, value) for name, value in read.items()}
    if request.content_type not in FORMS:
        raise Refused("media_type_refused")
    if request.content_type == "multipart/form-data":
        return _parse_multipart(await _read_bytes(request), request.headers["Content-Type"])
    return _parse_form(await _read_bytes(request))


async def read_file(request: web.Request, name: str, most_bytes: int) -> bytes:
    """Read one file of a form, and no more than it may have; its name and type mean nothing.

    Raises:
        Refused: It is no form of files, has no such one, is too large, too slow or cut short.
    """
    if request.content_type != "multipart/form-data":
        raise Refused("media_type_refused")
    _check_encoding(request)
    try:
        async with asyncio.timeout(FILE_TIMEOUT_S):
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == name:
                    return await _read_part(part, most_bytes)
    except TimeoutError:
        raise Refused("body_too_slow") from None
    except (ConnectionError, *_NO_FORM):
        raise Refused("body_not_form") from None
    raise Refused("body_not_form")


async def _read_part(part: BodyPartReader, most_bytes: int) -> bytes:
    read = bytearray()
    while chunk := await part.read_chunk():
        read += chunk
        if len(read) > most_bytes:
            raise Refused("body_too_large", limit=most_bytes // 1024)
    return bytes(read)


def parse_json(data: bytes) -> Any:
    """Parse JSON strictly: UTF-8, finite numbers, no key twice, at most 20 levels (RFC 8259).

    Raises:
        Refused: ``body_not_json``, ``json_too_deep``, ``json_duplicate_key``.
    """
    try:
        read = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_not_finite)
    except RecursionError:
        raise Refused("json_too_deep", limit=DEPTH_MOST) from None
    except ValueError:  # also UnicodeDecodeError, and integers of thousands of digits
        raise Refused("body_not_json") from None
    _check_depth(read)
    return read


def as_model(read: object, model: type[Body]) -> Body:
    """Give a parsed body its shape.

    Raises:
        Invalid: One fault per field, with the code of what is wrong with it.
    """
    try:
        return model.model_validate(read)
    except ValidationError as error:
        raise Invalid(*map(_fault, error.errors(include_url=False, include_input=False))) from None


def _fault(error: Mapping[str, Any]) -> FieldFault:
    field = ".".join(str(part) for part in error["loc"]) or "body"
    if error["type"] == "missing":
        return FieldFault(field, "field_missing", {"field": field})
    if error["type"] == "extra_forbidden":
        return FieldFault(field[:60], "field_unknown", {"field": field[:60]})
    expected = error["type"].removesuffix("_type").replace("_", " ")
    return FieldFault(field, "field_type", {"field": field, "expected": expected})


def _check_encoding(request: web.Request) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused("body_encoding_refused")


async def _read_bytes(request: web.Request) -> bytes:
    _check_encoding(request)
    if (request.content_length or 0) > LIMIT_BYTES:
        raise Refused("body_too_large", limit=LIMIT_BYTES // 1024)
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused("body_too_large", limit=LIMIT_BYTES // 1024) from None
    except TimeoutError:
        raise Refused("body_too_slow") from None
    except (ConnectionError, web.RequestPayloadError):
        raise Refused("body_not_form") from None  # cut short: nobody is left to read why


def _parse_multipart(data: bytes, content_type: str) -> dict[str, str]:
    """Read text fields only; part headers other than the name mean nothing (RFC 7578 4.7, 4.8)."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise Refused("body_not_form")
    # The framework's own reader needs the stream, and unpacks compressed parts.
    _, *parts = (b"\r\n" + data).split(b"\r\n--" + boundary.group(2).encode())
    if not parts or not parts.pop().startswith(b"--") or len(parts) > FIELDS_MOST:
        raise Refused("body_not_form")
    fields: dict[str, str] = {}
    for part in parts:
        head, gap, value = part.partition(b"\r\n\r\n")
        named = _PART_NAME.search(head)
        if not gap or named is None:
            raise Refused("body_not_form")
        try:
            name, text = named.group(1).decode(), value.decode()
        except UnicodeDecodeError:
            raise Refused("body_not_form") from None
        is_file = bool(text) and _FILE.search(head) is not None  # browsers send empty ones too
        fields.setdefault(name, _text(name, value if is_file else text))
    return fields


def _parse_form(data: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(data),
            encoding="utf-8",
            errors="strict",
            max_num_fields=FIELDS_MOST,
        )
    except ValueError:
        raise Refused("body_not_form") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise Invalid(FieldFault(name[:60], "field_type", {"field": name[:60], "expected": "string"}))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise Refused("json_duplicate_key", field=key[:60])
        read[key] = value
    return read


def _not_finite(_name: str) -> None:
    raise ValueError("not a finite number")


def _check_depth(read: object) -> None:
    level: list[object] = [read]
    for _ in range(DEPTH_MOST):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    raise Refused("json_too_deep", limit=DEPTH_MOST)
