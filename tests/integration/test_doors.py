"""Doors under odd input: limits, refusals that can be read, proofs, redirects, and new keys."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from altcha.v1 import solve_challenge

from relay.context import Context
from relay.errors import Refused
from relay.limiter import KEYS_MOST, Limit, Limiter
from relay.outgoing import status_url
from relay.sites import Site
from relay.texts import LANGUAGES, keys
from relay.web.contact import form_signature
from relay.web.origins import page_origin
from relay.web.problems import meaning
from relay.web.proof import as_json, new_challenge, solved
from tests.relays import CONTACT, ORIGIN, Relay, open_relay

PAGE = {"Accept": "text/html"}
CHROME = {"Origin": ORIGIN}


async def limited(relay: Relay, **limits: int) -> None:
    """Set limits of the test's site."""
    await relay.context.sites.all()
    for site in await relay.context.sites.all():
        changed = site.policy.limits.model_copy(update=limits)
        object.__setattr__(site, "policy", site.policy.model_copy(update={"limits": changed}))


def proof_of(challenge: dict[str, Any]) -> str:
    """Solve a challenge as a browser does."""
    solution = solve_challenge(challenge["challenge"], challenge["salt"], challenge["algorithm"])
    assert solution is not None
    answer = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(answer | {"number": solution.number}).encode()).decode()


async def advertiser_link(relay: Relay) -> str:
    """Send a contact; return the advertiser's private address for it."""
    raise NotImplementedError
