"""Listings as their sites describe them, read and checked (pure)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from relay.errors import FieldFault, Invalid, Refused
from relay.policy import Policy
from relay.sealing import DataKey
from relay.texts import LANGUAGES
from relay.validation import read_email, read_line, read_name, read_phone, read_siret, read_vat

Value = TypeVar("Value")
TITLE_LIMIT = 150
DETAILS_LIMIT = 150
REF_LIMIT = 100
TOKEN_LIMIT = 4096
URL = r"^https?://[^\s\x00-\x1f\x7f-\x9f]+$"


@dataclass(frozen=True, slots=True)
class Advertiser:
    """The person behind a listing; professionals show their company (company, SIRET, VAT)."""

    pseudonym: str
    email: str
    phone: str | None
    company: str | None = None
    siret: str | None = None
    vat: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing as its site describes it.

    Args:
        ref: The site's own number for it.
        details: Price and town in the site's words.
        show_phone: The advertiser's choice, read again whenever a mail is sent; None keeps the
            one made before.
        state: ``open`` or ``closed`` as the site says; None keeps what the advertiser chose.
    """

    ref: str
    title: str
    details: str
    url: str | None
    language: str
    show_phone: bool | None
    advertiser: Advertiser
    state: str | None = None


def advertiser_place(site_id: UUID, ref: str) -> str:
    """Return the place to which the sealed advertiser of a listing is bound."""
    return f"listing.sealed_advertiser:{site_id}:{ref}"


def unseal_advertiser(key: DataKey, sealed: bytes, place: str) -> Advertiser:
    """Open the advertiser of a listing.

    Raises:
        Unsealable: Another person's key, or another listing's value.
    """
    return Advertiser(**json.loads(key.open(sealed, place)))


class AdvertiserBody(BaseModel):
    """The advertiser of a listing, as a site's program sends it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    pseudonym: str = Field(description="The name buyers see; never the real name")
    email: str = Field(description="Where messages go; never shown")
    phone: str | None = Field(default=None, description="Hidden unless show_phone is true")
    company: str | None = None
    siret: str | None = Field(default=None, description="14 digits")
    vat: str | None = Field(default=None, description="European VAT number")


class ListingBody(BaseModel):
    """A listing, as a site's program sends it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    title: str
    details: str = Field(default="", description="Price and town, in the site's words")
    url: str | None = Field(
        default=None, pattern=r"^https?://[^\s\x00-\x1f\x7f-\x9f]+$", max_length=500
    )
    language: str = Field(default="fr", pattern=f"^({'|'.join(LANGUAGES)})$")
    show_phone: bool | None = Field(
        default=None, description="None keeps the choice made before, which is to hide"
    )
    state: str | None = Field(
        default=None,
        pattern="^(open|closed)$",
        description="None keeps what the advertiser chose by mail, and opens it otherwise",
    )
    advertiser: AdvertiserBody


class TokenBody(ListingBody):
    """A listing inside a sealed token: its number and the end of the token besides."""

    ref: str
    iat: int = Field(description="Unix seconds: when the token was made")
    exp: int = Field(description="Unix seconds: until when it is taken")


def read_listing(ref: str, body: ListingBody, policy: Policy, *, sandbox: bool) -> Listing:
    """Read every field of a listing.

    Raises:
        Invalid: All faults at once; fields of the advertiser are named ``advertiser.email``.
    """
    faults: list[FieldFault] = []
    person, region = body.advertiser, policy.site.region

    def read(field: str, reader: Callable[[], Value]) -> Value | None:
        try:
            return reader()
        except Invalid as refusal:
            faults.extend(FieldFault(field, f.code, f.values, f.hint) for f in refusal.faults)
            return None

    number = read("ref", lambda: read_ref(ref))
    title = read("title", lambda: read_line(body.title, field="title", limit=TITLE_LIMIT))
    details = read("details", lambda: _optional_line(body.details))
    pseudonym = read("advertiser.pseudonym", lambda: _pseudonym(person.pseudonym))
    email = read("advertiser.email", lambda: read_email(person.email, examples=sandbox))
    phone = read("advertiser.phone", lambda: _phone(person.phone, region, sandbox=sandbox))
    company = read("advertiser.company", lambda: _optional_line(person.company or ""))
    siret = read("advertiser.siret", lambda: read_siret(person.siret) if person.siret else None)
    vat = read("advertiser.vat", lambda: read_vat(person.vat) if person.vat else None)
    if faults or number is None or title is None or pseudonym is None or email is None:
        raise Invalid(*faults)
    return Listing(
        ref=number,
        title=title,
        details=details or "",
        url=body.url,
        language=body.language,
        show_phone=body.show_phone,
        state=body.state,
        advertiser=Advertiser(pseudonym, email.address, phone, company or None, siret, vat),
    )


def read_ref(raw: str) -> str:
    """Read a site's number of a listing.

    Raises:
        Invalid: Nothing is left of it, or it is too long.
    """
    return read_line(raw, field="ref", limit=REF_LIMIT)


def open_token(token: str, key: bytes, now_s: float) -> TokenBody:
    """Open a sealed listing token: a JWE of ``dir`` and ``A256GCM`` (RFC 7516).

    Args:
        key: The site's 32-byte token key.
        now_s: Unix seconds.

    Raises:
        Refused: ``listing_token_bad`` or ``listing_token_expired``.
    """
    if len(token) > TOKEN_LIMIT:
        raise Refused("listing_token_bad")
    try:
        opened = jwe.decrypt_compact(token, OctKey.import_key(key), algorithms=["dir", "A256GCM"])
        body = TokenBody.model_validate(json.loads(opened.plaintext or b""))
    except (JoseError, ValueError, RecursionError, ValidationError):
        raise Refused("listing_token_bad") from None
    if body.exp <= now_s:
        raise Refused("listing_token_expired")
    return body


def seal_token(body: TokenBody, key: bytes) -> str:
    """Make the token a site puts into its page (the reference for sites' own programs)."""
    return jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM"},
        body.model_dump_json(exclude_none=True),
        OctKey.import_key(key),
        algorithms=["dir", "A256GCM"],
    )


def _optional_line(raw: str) -> str:
    return read_line(raw, field="details", limit=DETAILS_LIMIT) if raw.strip() else ""


def _pseudonym(raw: str) -> str:
    name = read_name(raw)
    if not name:
        raise Invalid(FieldFault("pseudonym", "field_missing", {"field": "pseudonym"}))
    return name


def _phone(raw: str | None, region: str, *, sandbox: bool) -> str | None:
    return read_phone(raw, region=region, fiction=sandbox).e164 if raw and raw.strip() else None
