"""The form as it was shown: a signature that names it, its policy and the moment."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from itsdangerous import BadSignature, TimestampSigner

from relay.context import Context
from relay.sites import Site

SIGNATURE_LIFE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class ShownForm:
    """What a form's signature vouches for: which form it is, and what was shown with it."""

    name: str
    policy_version: int
    shown_at: datetime


def form_signature(context: Context, site: Site) -> str:
    """Name a form that is shown now, with the policy its notice is of, and sign it."""
    name = f"{site.slug}:{site.policy.version}:{secrets.token_urlsafe(9)}"
    return _form_signer(context).sign(name).decode()


def _form_signer(context: Context) -> TimestampSigner:
    oldest_first = reversed(context.link_keys)  # the last one signs, any of them is accepted
    return TimestampSigner(oldest_first, salt=b"form", digest_method=sha256)


def read_signature(context: Context, site: Site, signature: str) -> ShownForm | None:
    """Return the form that bears *signature*; None when it is none of this site's, or too old.

    The version it names was published: nobody else signs.
    """
    if not signature:
        return None
    try:
        signed, shown_at = _form_signer(context).unsign(
            signature, max_age=SIGNATURE_LIFE_S, return_timestamp=True
        )
    except (BadSignature, UnicodeError):  # a half surrogate cannot be signed
        return None
    slug, version, _ = signed.decode().rsplit(":", 2)
    return ShownForm(signed.decode(), int(version), shown_at) if slug == site.slug else None
