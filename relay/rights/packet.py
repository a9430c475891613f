"""The ZIP by which a person has their data: to read, and for a program (GDPR 15, 20) (pure)."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime

from relay import texts
from relay.rights.dossier import Dossier, Said
from relay.rights.sheets import sheet
from relay.tables import table
from relay.texts import say

_OLDEST = (1980, 1, 1, 0, 0, 0)  # the oldest time a ZIP can name


def pack(dossier: Dossier) -> bytes:
    """Return everything as one ZIP; the same dossier gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in _files(dossier):
            packed.writestr(_entry(name, dossier.made_at), content)
    return out.getvalue()


def readable_page(dossier: Dossier) -> str:
    """Return the page a person reads: it needs no program but a browser, and calls nobody."""
    language = dossier.language

    def told(key: str, **values: str | int) -> str:
        return say(language, f"rights.{key}", **values)

    return sheet("dossier.html").render(
        dossier=dossier,
        policy=dossier.policy,
        language=language,
        say=told,
        when=lambda at: _when(at, language),
        day=lambda at: texts.day(language, at),
        state=lambda name: _state(name, language),
        listing_state=lambda name: say(language, f"overview.state_{name}"),
        columns=[("purpose", "zip_purpose"), ("basis", "zip_basis"),
                 ("recipients", "zip_recipients"), ("kept", "zip_kept")],
    )  # fmt: skip


def _files(dossier: Dossier) -> Iterator[tuple[str, str | bytes]]:
    names = {"fr": "lisez-moi.html", "en": "read-me.html"}
    yield names[dossier.language], readable_page(dossier)
    yield "donnees.json", _as_json(dossier)
    said = _teller(dossier.language)
    yield "messages.csv", table(
        [said(key) for key in ("when", "side", "listing", "state", "text", "until")],
        (
            (one.at.isoformat(), _side(one, dossier.language), one.listing,
             _state(one.state, dossier.language), one.text, one.until.isoformat())
            for one in dossier.said
        ),
    )  # fmt: skip
    yield (
        "connexions.csv",
        table(
            [said(key) for key in ("when", "ip", "port", "browser", "until")],
            (
                (one.at.isoformat(), one.ip, one.port, one.user_agent, one.until.isoformat())
                for one in dossier.traces
            ),
        ),
    )
    yield (
        "consultations.csv",
        table(
            [said(key) for key in ("when", "what", "why")],
            (
                (
                    one.at.isoformat(),
                    say(dossier.language, f"rights.look_{one.action}"),
                    one.purpose,
                )
                for one in dossier.looks
            ),
        ),
    )
    yield from _choices(dossier)
    for one in dossier.said:
        yield f"messages/{one.at:%Y-%m-%d-%H%M%S}-{one.message[-8:]}.txt", _letter(dossier, one)
    for file in dossier.files:
        yield f"fichiers/{file.name}", file.content


def _choices(dossier: Dossier) -> Iterator[tuple[str, str]]:
    """Give what the person agreed and objected to as tables, where there is any."""
    said = _teller(dossier.language)
    if dossier.consents:
        head = ("number", "use", "given", "ends", "withdrawn", "policy", "network", "browser",
                "device", "page", "place")  # fmt: skip
        yield "accords.csv", table([said(f"consent_{key}") for key in head], (
            (one.number, said(f"use_{one.use}"), one.given_at.isoformat(), one.ends_at.isoformat(),
             one.withdrawn_at.isoformat() if one.withdrawn_at else "", one.policy_version,
             one.network, one.browser, one.device, one.page, one.place)
            for one in dossier.consents
        ))  # fmt: skip
    if dossier.objections:
        heads = ("purpose", "since", "ended")
        yield "oppositions.csv", table([said(f"objection_{key}") for key in heads], (
            (say(dossier.language, f"rights.purpose_{one.purpose}"), one.since.isoformat(),
             one.ended_at.isoformat() if one.ended_at else "")
            for one in dossier.objections
        ))  # fmt: skip


def _letter(dossier: Dossier, one: Said) -> str:
    language = dossier.language
    said, colon = _teller(language), say(language, "pages.colon")
    head = {
        "when": _when(one.at, language),
        "side": _side(one, language),
        "listing": f"{one.listing} {one.title}",
        "state": _state(one.state, language),
        "until": texts.day(language, one.until),
    }
    lines = [f"{said(key)}{colon} {value}" for key, value in head.items()]
    return "\n".join([*lines, "", one.text if one.text is not None else said("erased"), ""])


def _when(at: datetime, language: str) -> str:
    return f"{texts.day(language, at)} {texts.clock(language, at)}"


def _state(name: str, language: str) -> str:
    key = f"states.{name}"
    return say(language, key) if texts.has(language, key) else name


def _side(one: Said, language: str) -> str:
    return say(language, "rights.zip_you_wrote" if one.mine else "rights.zip_you_received")


def _teller(language: str) -> Callable[[str], str]:
    return lambda key: say(language, f"rights.zip_{key}")


def _as_json(dossier: Dossier) -> str:
    """Return everything for a program: times in ISO 8601, one list for each class."""
    policy = dossier.policy
    lists = ("identities", "said", "traces", "listings", "reports", "appeals", "consents",
             "objections", "looks", "purposes")  # fmt: skip
    body = {
        "site": policy.site.name,
        "controller": policy.controller.model_dump(),
        "processors": [one.model_dump() for one in policy.processors],
        "made_at": dossier.made_at.isoformat(),
        "asked_for": dossier.asked_for,
        **{name: [asdict(one) for one in getattr(dossier, name)] for name in lists},
    }
    return json.dumps(body, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    made = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    entry = zipfile.ZipInfo(name, max(made, _OLDEST))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
