"""Shapes of what the public doors take and answer, as the API's description tells them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ContactForm(BaseModel):
    """A contact as a page sends it; other fields are ignored."""

    model_config = ConfigDict(extra="allow")
    listing: str = Field(default="", description="The site's number of the listing")
    listing_token: str = Field(default="", description="A sealed listing, instead of its number")
    email: str
    phone: str = Field(default="", description="Asked for or not as the site's policy says")
    message: str
    name: str = ""
    next: str = Field(default="", description="Where a browser goes then, on the site's origins")
    sig: str = Field(default="", description="The signature of the form that was shown")
    altcha: str = Field(default="", description="A solved challenge, when one was asked for")
    hold: str = Field(default="", description="1 instead of a challenge: a person reads it first")


class ContactAnswer(BaseModel):
    """An accepted contact; 303 to a page instead, for who asks for HTML."""

    id: str
    state: Literal["queued", "held"]
    received_at: str
    status_url: str | None = Field(
        description="The sender's private page; null for who repeats what another form sent"
    )
    email_suggestion: str | None = Field(
        description="A domain that was probably meant instead: a question, never a refusal"
    )


class ProofOfWork(BaseModel):
    """The number whose hash with the salt is ``challenge`` is to be found."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class FormChallenge(BaseModel):
    """A proof of work, good for twenty minutes, and the signature of a form shown now."""

    challenge: ProofOfWork
    sig: str


class OwnState(BaseModel):
    """What became of a message, for its sender."""

    id: str
    state: str
    reason: str


class Life(BaseModel):
    """The process answers."""

    status: str


class Readiness(BaseModel):
    """Whether messages can be taken; ``degraded`` is ready, without Redis."""

    status: Literal["ok", "degraded", "unready"]
    database: Literal["ok", "away", "not migrated"]
    bell: bool | None = None
