"""The templates: within their weight, without code inside, complete for every policy and state."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from relay.answers import Answer, Correspondence
from relay.errors import FieldFault
from relay.policy import Disclosure, Policy, read_policy
from relay.sent import Status
from relay.texts import LANGUAGES
from relay.web.pages import Pages
from relay.web.problems import Problem
from relay.web.public import FIELDS

STATIC = Path("relay/static")
NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
DEMO = read_policy(Path("policies/demo.toml").read_text("utf-8"))
OPEN = {
    "title": "Vélo",
    "details": "120 €",
    "url": "https://annonces.example/1",
    "state": "open",
}
STATUS = Status(
    UUID(int=1),
    "fr",
    NOW,
    "queued",
    "accepted",
    None,
    "Vélo",
    None,
    can_cancel=True,
    is_answered=False,
)
BEHIND = Correspondence("1", "Vélo", "open", "Léa", False, True, False, False)
STATES = [
    "held", "queued", "sending", "deferred", "delivered", "bounced",
    "expired", "refused", "cancelled", "unconfirmed", "purged",
]  # fmt: skip


def packed(*bodies: bytes) -> int:
    """Return what the bodies weigh on the line, each compressed by itself."""
    return sum(len(gzip.compress(body, 9)) for body in bodies)


def read(response: web.Response) -> str:
    """Return the page's source."""
    body = response.body
    assert isinstance(body, bytes)
    return body.decode()


def form(language: str = "fr", policy: Policy = DEMO, **changes: Any) -> str:
    """Render the form."""
    values: dict[str, Any] = {
        "key": "pk_test_" + "0" * 32,
        "policy": policy,
        "listing": OPEN,
        "values": dict.fromkeys(FIELDS, "") | {"listing": "1"},
        "problem": None,
        "faults": {},
        "meant": None,
        "challenge": None,
        "signature": "demo.abcdef.0123456789",
        **changes,
    }
    return read(Pages().page("form", language, **values))


def status(language: str = "fr", **changes: Any) -> str:
    """Render the private page."""
    page = Pages().page(
        "status",
        language,
        message=replace(STATUS, **changes),
        policy=DEMO,
        token="t",
        is_owner=True,
        sent=False,
        replayed=False,
        hint=None,
    )
    return read(page)


def behind(answer: str, *, done: bool = False, **changes: Any) -> str:
    """Render the page of a link."""
    page = Pages().page(
        "answer",
        "fr",
        answer=answer,
        correspondence=replace(BEHIND, **changes),
        policy=DEMO,
        done=done,
    )
    return read(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_page_is_light(language: str) -> None:
    """The form with its style and its script weighs at most 6 kB on the line."""
    parts = [(STATIC / name).read_bytes() for name in ("page.css", "form.js")]
    assert packed(form(language).encode(), *parts) <= 6 * 1024


def test_the_component_is_light() -> None:
    """The component weighs at most 3 kB on the line, the style sheet 5 kB as it stands."""
    assert packed((STATIC / "relay-form.js").read_bytes()) <= 3 * 1024
    assert (STATIC / "page.css").stat().st_size <= 5 * 1024


@pytest.mark.parametrize("name", ["form.js", "relay-form.js"])
def test_scripts_make_no_markup(name: str) -> None:
    """A20: the scripts put text into pages, never markup."""
    source = (STATIC / name).read_text("utf-8")
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in source


@pytest.mark.parametrize("file", sorted(Path("relay/templates/web").glob("*.html")), ids=str)
def test_templates_hold_no_code_and_no_unsafe_filter(file: Path) -> None:
    """No inline script or style (CSP), and nothing is marked safe."""
    source = file.read_text("utf-8")
    for banned in ("<style", " style=", "onclick", "|safe", "| safe", "javascript:"):
        assert banned not in source
    assert source.count("<script") == source.count('<script src="/static/')


@pytest.mark.parametrize("disclosure", Disclosure)
def test_the_notice_tells_what_is_passed_on(disclosure: Disclosure) -> None:
    """The line above the button names the phone and the address exactly when they are given."""
    page = form(policy=DEMO.model_copy(update={"disclosure": disclosure}))
    line = page.partition("relay-notice")[2].partition("</p>")[0]
    assert ("votre téléphone" in line) == (disclosure is not Disclosure.ALIAS)
    assert ("votre adresse e-mail" in line) == (disclosure is Disclosure.FULL)


def test_the_notice_tells_both_durations() -> None:
    """Where message and connection data are kept for different times, both are told."""
    retention = DEMO.retention.model_copy(update={"message_days": 730, "trace_days": 90})
    page = form(policy=DEMO.model_copy(update={"retention": retention}))
    assert "le message après 2 ans" in page
    assert "après 90 jours" in page


@pytest.mark.parametrize(
    ("title", "line"),
    [("Vélo", "Vélo. Tous"), ("Vélo !", "Vélo ! Tous"), ("Vélo neuf.", "Vélo neuf. Tous")],
)
def test_a_title_ends_its_own_sentence(title: str, line: str) -> None:
    """No full stop follows the mark with which an advertiser ended the title."""
    assert f"Annonce\u00a0: {line} les champs" in form(
        listing={**OPEN, "title": title, "details": ""}
    )


def test_an_optional_phone_says_so() -> None:
    """A field that may stay empty says so, and only that one."""
    optional = DEMO.form.model_copy(update={"phone": "optional", "name": "required"})
    page = form(policy=DEMO.model_copy(update={"form": optional}))
    assert page.count("(facultatif)") == 1
    assert "facultatif" in page.partition('for="relay-phone"')[2].partition("</label>")[0]


def test_the_sealed_listing_keeps_its_form() -> None:
    """A listing known by its token alone, not yet registered, still has its form."""
    page = form(listing=None, values=dict.fromkeys(FIELDS, "") | {"listing_token": "t.s"})
    assert 'name="listing_token" value="t.s"' in page


@pytest.mark.parametrize("code", ["unavailable", "rate_limited", "listing_busy"])
def test_a_passing_trouble_keeps_the_form(code: str) -> None:
    """When the relay cannot take a message now, the form is there with what was typed."""
    listing = None if code == "unavailable" else OPEN
    values = dict.fromkeys(FIELDS, "") | {"listing": "1", "message": "Mon <texte>"}
    page = form(problem=Problem(code, 429, "Plus tard"), listing=listing, values=values)
    assert "Mon &lt;texte&gt;</textarea>" in page
    assert "<title>Erreur" in page
    summary = page.partition('role="alert"')[2].partition("</div>")[0]
    assert ("Votre texte est gardé" in summary) == (code != "rate_limited")  # its title says it


@pytest.mark.parametrize("code", ["listing_unknown", "listing_closed"])
def test_a_lasting_trouble_keeps_the_text(code: str) -> None:
    """Where no message can be sent, there is no form, and the text is there to be copied."""
    listing = {**OPEN, "state": "closed"} if code == "listing_closed" else OPEN
    listing = None if code == "listing_unknown" else listing
    values = dict.fromkeys(FIELDS, "") | {"message": "Mon texte"}
    page = form(problem=Problem(code, 409, "Non"), listing=listing, values=values)
    assert "<form" not in page
    assert "readonly" in page
    assert "Mon texte</textarea>" in page


def test_the_proof_carries_everything() -> None:
    """The page of the proof sends every field again, and has a way without scripts."""
    values = {name: f"v-{name}" for name in (*FIELDS, "website")}
    challenge = {
        "algorithm": "SHA-256",
        "challenge": "c",
        "maxnumber": 9,
        "salt": '"',
        "signature": "s",
    }
    page = form(
        problem=Problem("proof_required", 422, "Preuve"), challenge=challenge, values=values
    )
    for name in values:
        assert f"v-{name}" in page
    assert 'name="hold" value="1"' in page


def test_a_fault_of_no_field_is_said_without_a_link() -> None:
    """What no field of the form can correct is said in the summary all the same."""
    fault = FieldFault("Idempotency-Key", "text_too_long")
    problem = Problem("validation", 422, "Un point", ((fault, "Trop long"),))
    assert "<li>Trop long</li>" in form(problem=problem, faults={fault.field: (fault, "Trop long")})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_page(language: str, state: str) -> None:
    """The private page says each state, whatever the reason, known or not."""
    for reason in ("mailbox_full", "suspicious", "hold_over", "never_heard_of"):
        page = status(language, state=state, reason=reason, settled_at=NOW)
        assert f'class="state {state}"' in page


def test_only_a_message_that_can_be_cancelled_has_the_button() -> None:
    """The button to cancel is there exactly when it would work."""
    assert "/m/t/cancel" in status()
    assert "/m/t/cancel" not in status(can_cancel=False)


def test_a_sensitive_site_keeps_its_titles_off_the_private_page() -> None:
    """GDPR 9: where the trade itself may reveal something, the title is not shown."""
    site = DEMO.site.model_copy(update={"sensitive": True})
    page = Pages().page(
        "status", "fr", message=STATUS, policy=DEMO.model_copy(update={"site": site}),
        token="t", is_owner=True, sent=True, replayed=False, hint=None,
    )  # fmt: skip
    assert "Vélo" not in read(page)


@pytest.mark.parametrize("answer", [choice.value for choice in Answer])
def test_every_link_has_its_page(answer: str) -> None:
    """A link's page has one button while there is something to do, or says that it is so."""
    page = behind(answer, is_phone_shown=answer == "hide-phone", is_blocked=answer == "unblock",
                  listing_state="paused" if answer == "resume" else "open")  # fmt: skip
    assert page.count("<button") == 1
    assert f'action="{answer}?lang=fr"' in page


@pytest.mark.parametrize(
    ("answer", "so"),
    [
        ("sold", {"listing_state": "closed"}),
        ("pause", {"listing_state": "paused"}),
        ("show-phone", {"is_phone_shown": True}),
        ("block", {"is_blocked": True}),
        ("report", {"is_reported": True}),
    ],
)
def test_what_is_so_already_is_not_asked_again(answer: str, so: dict[str, Any]) -> None:
    """When nothing would change, no button of that name is shown."""
    assert f'action="{answer}?' not in behind(answer, **so)


def test_done_is_believed_only_when_it_is_so() -> None:
    """A link ending in ?done does not claim what was not done."""
    assert "C’est fait" not in behind("block", done=True)
    assert "C’est fait" in behind("block", done=True, is_blocked=True)


def test_a_phone_nobody_gave_cannot_be_shown() -> None:
    """Without a phone there is nothing to show, and no button."""
    assert "<button" not in behind("show-phone", has_phone=False)
