"""Certificates of erasure: what is gone, what the law keeps, until when and why; signed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from relay import texts
from relay.context import Context
from relay.database import Connection, queries
from relay.rights.sheets import sheet
from relay.sealing import new_id
from relay.sites import Site
from relay.texts import say

PURPOSE = "erasure certificates"

log = structlog.get_logger()


class Why(StrEnum):
    """What keeps a row from erasure (GDPR 17(3))."""

    HOLD = "hold"  # (e): a legal claim
    DUTY = "duty"  # (b): a duty the policy names


@dataclass(frozen=True, slots=True)
class KeptLine:
    """Rows of one class that stay.

    Args:
        ground: The policy's words for a duty; a hold's own are not told.
    """

    what: str
    n: int
    until: datetime | None
    why: Why
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One erasure, in numbers."""

    request_id: UUID
    made_at: datetime
    gone: Mapping[str, int]
    kept: tuple[KeptLine, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A certificate as it was signed and stored."""

    certificate: Certificate
    signature: str


async def write_certificate(
    context: Context, connection: Connection, site: Site, certificate: Certificate
) -> None:
    """Sign and store a certificate."""
    body = json.dumps(_as_json(site, certificate), sort_keys=True)
    await queries().add_certificate(
        connection,
        site_id=site.site_id,
        certificate_id=new_id(certificate.made_at),
        request_id=certificate.request_id,
        body=body,
        signature=context.keyring.sign(PURPOSE, body),
    )


async def read_certificate(
    context: Context, connection: Connection, site: Site, request_id: UUID
) -> Stored | None:
    """Return the last certificate of a request; None too when it is not as we signed it."""
    row = await queries().last_certificate(connection, site_id=site.site_id, request_id=request_id)
    if row is None:
        return None
    genuine = context.keyring.is_signed(PURPOSE, row["body"], row["signature"])
    if not genuine:
        log.error("certificate.forged", request_id=str(request_id), site=site.slug)
        return None
    return Stored(_from_json(json.loads(row["body"])), row["signature"].hex())


def certificate_page(site: Site, stored: Stored, reference: str, language: str) -> str:
    """Return a certificate as a page to keep."""
    made_at = stored.certificate.made_at
    return sheet("certificate.html").render(
        language=language,
        policy=site.policy,
        stored=stored,
        colon=say(language, "pages.colon"),
        say=lambda key, **values: say(language, f"rights.{key}", **values),
        lead=say(
            language,
            "rights.cert_lead",
            reference=reference,
            day=texts.day(language, made_at),
            time=texts.clock(language, made_at),
        ),
        gone=gone_words(stored.certificate.gone, language),
        kept=[kept_words(line, language) for line in stored.certificate.kept],
    )


def gone_words(gone: Mapping[str, int], language: str) -> list[str]:
    """Say what goes: «14 messages», «3 conversations»."""
    return [say(language, f"rights.what_{name}", n=n) for name, n in gone.items() if n]


def kept_words(line: KeptLine, language: str) -> str:
    """Say what stays, until when and why."""
    what = say(language, f"rights.what_{line.what}", n=line.n)
    why = line.ground or say(language, f"rights.why_{line.why}")
    if line.until is None:
        return say(language, "rights.cert_kept_open", what=what, why=why)
    until = texts.day(language, line.until)
    return say(language, "rights.cert_kept_line", what=what, until=until, why=why)


def _as_json(site: Site, certificate: Certificate) -> dict[str, Any]:
    return {
        "site": site.slug,
        "request": str(certificate.request_id),
        "made_at": certificate.made_at.isoformat(),
        "gone": dict(certificate.gone),
        "kept": [
            {
                "what": one.what,
                "n": one.n,
                "until": one.until and one.until.isoformat(),
                "why": one.why.value,
                "ground": one.ground,
            }
            for one in certificate.kept
        ],
    }


def _from_json(body: dict[str, Any]) -> Certificate:
    kept = tuple(
        KeptLine(
            one["what"],
            one["n"],
            datetime.fromisoformat(one["until"]) if one["until"] else None,
            Why(one["why"]),
            one["ground"],
        )
        for one in body["kept"]
    )
    made_at = datetime.fromisoformat(body["made_at"])
    return Certificate(UUID(body["request"]), made_at, body["gone"], kept)
