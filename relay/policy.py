"""A site's policy: what it asks of a sender, passes on, masks and keeps.

A policy is a TOML file, one per site; a published version never changes, and a message
keeps the version whose notice its sender saw (GDPR 13).
"""

import tomllib
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Line = Annotated[str, Field(min_length=1, max_length=200)]


class PolicyInvalid(Exception):
    """The file cannot be a policy; the message has one line per fault, with its place."""


class Need(StrEnum):
    """Whether the form asks for a field."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Disclosure(StrEnum):
    """What of the buyer the advertiser is given (design: the site's promise, not our taste)."""

    FULL = "full"  # phone and e-mail address
    PHONE = "phone"  # phone; the address stays behind the relay
    ALIAS = "alias"  # neither


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(_Part):
    """How the site is called and where it speaks from."""

    name: Line
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=200)]
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "FR"
    timezone: str = "Europe/Paris"
    sensitive: bool = False  # neutral subjects: the trade itself may reveal sex life (GDPR 9)


class Controller(_Part):
    """Who answers for the data (GDPR 4(7), 13(1)(a))."""

    name: Line
    contact: Line
    rights_url: Annotated[str, Field(pattern=r"^(https?://|mailto:)\S+$", max_length=200)]


class Form(_Part):
    """What the contact form asks; the message and the e-mail address are always required."""

    phone: Need = Need.OPTIONAL
    name: Need = Need.OPTIONAL


class Retention(_Part):
    """How long messages and connection data are kept, in days from receipt."""

    message_days: Annotated[int, Field(ge=1, le=3650)] = 365
    trace_days: Annotated[int, Field(ge=1, le=3650)] = 365


class Masking(_Part):
    """What is hidden besides the numbers whose owners hide them, which always are."""

    all_numbers: bool = False


class Limits(_Part):
    """How much is taken in an hour before a sender is asked to wait."""

    per_ip: Annotated[int, Field(ge=1)] = 60
    per_sender: Annotated[int, Field(ge=1)] = 20
    per_listing: Annotated[int, Field(ge=1)] = 200
    per_site: Annotated[int, Field(ge=1)] = 20_000


class Policy(_Part):
    """One version of one site's policy."""

    version: Annotated[int, Field(ge=1)]
    published: date
    site: Site
    controller: Controller
    form: Form = Form()
    disclosure: Disclosure = Disclosure.PHONE
    masking: Masking = Masking()
    retention: Retention = Retention()
    limits: Limits = Limits()


@lru_cache(maxsize=256)
def read_policy(source: str) -> Policy:
    """Read a policy file.

    Raises:
        PolicyInvalid: Every fault at once, one line each.
    """
    try:
        return Policy.model_validate(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"this is not TOML: {error}") from None
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise PolicyInvalid("\n".join(faults)) from None
