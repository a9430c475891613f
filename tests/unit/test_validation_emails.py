"""E-mail addresses as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.errors import FieldFault, Invalid
from relay.validation import (
    is_disposable,
    mailbox_key,
    read_email,
    suggest_domain,
)


def fault_of(raw: str) -> FieldFault:
    """Return the one fault *raw* is refused with."""
    with pytest.raises(Invalid) as refusal:
        read_email(raw)
    (fault,) = refusal.value.faults
    assert fault.field == "email"
    return fault


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("Jean.Dupont@Orange.FR", "Jean.Dupont@orange.fr"),
        ("  jean+velo@free.fr ", "jean+velo@free.fr"),
        ("Postmaster@exemple.fr", "Postmaster@exemple.fr"),
        ("a@société.fr", "a@xn--socit-esab.fr"),
        ("o'neil_x-1@sous.domaine.co.uk", "o'neil_x-1@sous.domaine.co.uk"),
    ],
)
def test_local_part_stays_and_domain_is_normal(raw: str, address: str) -> None:
    """The local part is sent as typed, the domain in lower-case ASCII."""
    assert read_email(raw).address == address


@pytest.mark.parametrize(
    ("raw", "code", "values"),
    [
        ("", "email_missing", {}),
        (" \u00a0", "email_missing", {}),
        ("jean", "email_no_at", {}),
        ("jean＠free.fr", "email_no_at", {}),
        ("@free.fr", "email_local_missing", {}),
        ("jean@", "email_domain_missing", {}),
        ("jean@gmail", "email_domain_incomplete", {"domain": "gmail"}),
        ("jean@gmail.", "email_domain_incomplete", {"domain": "gmail"}),
        ("jean@site.example", "email_domain_example", {"domain": "example"}),
        ("a@localhost", "email_domain_example", {"domain": "localhost"}),
        ("jean@-x.fr", "email_not_sendable", {"domain": "-x.fr"}),
        ("jean@[127.0.0.1]", "email_not_sendable", {"domain": "[127.0.0.1]"}),
        ("jean@free.local", "email_not_sendable", {"domain": "free.local"}),
        ("a@free.fr, b@free.fr", "email_one_only", {}),
        ("a@@free.fr", "email_one_only", {}),
        ("jean dupont@free.fr", "email_space", {}),
        ("Jean <jean@free.fr>", "email_brackets", {}),
        ("jean.@free.fr", "email_dots", {}),
        ("jean@free..fr", "email_dots", {}),
        ("andré@free.fr", "email_accent", {"x": "é"}),
        ("a(b)@free.fr", "email_character", {"x": "("}),
        ("x" * 65 + "@free.fr", "email_too_long", {}),
        ("a" * 60 + "@" + ("éaàç" * 5 + ".") * 7 + "fr", "email_too_long", {}),
        ("x" * 10_000, "email_too_long", {}),
    ],
)
def test_refusal_names_the_fix(raw: str, code: str, values: dict[str, str]) -> None:
    """Each way of being wrong has its own code and names what it saw."""
    fault = fault_of(raw)
    assert (fault.code, dict(fault.values)) == (code, values)


@pytest.mark.parametrize(
    "sign", ["\r\n", "\n", "\r", "\x00", "\t", "\x7f", "\u2028", "\u200b", "\ud800"]
)
@pytest.mark.parametrize("place", ["{0}a@free.fr", "a{0}b@free.fr", "a@fr{0}ee.fr", "a@free.fr{0}"])
def test_hidden_characters_are_refused_never_cut(sign: str, place: str) -> None:
    """A2: a control or invisible character anywhere refuses the address."""
    assert fault_of(place.format(sign)).code == "email_bad_characters"


@pytest.mark.parametrize("raw", ["a@b.fr>\r\nRCPT TO:<x@y.fr", "a@b.fr> x", "<a@b.fr>", "a@b.fr>"])
def test_angle_brackets_are_refused(raw: str) -> None:
    """A2: what a library would cut at a bracket is refused."""
    assert fault_of(raw).code in ("email_brackets", "email_bad_characters")


@pytest.mark.parametrize(
    ("raw", "domain"),
    [("a@site.example", "site.example"), ("a@Box.TEST", "box.test"), ("a@localhost", "localhost")],
)
def test_examples_pass_in_the_sandbox(raw: str, domain: str) -> None:
    """The reserved endings are admitted when asked for."""
    assert read_email(raw, examples=True).domain == domain


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("otmail.com", "hotmail.com"),
        ("oragne.fr", "orange.fr"),
        ("orange.fre", "orange.fr"),
        ("wannadoo.fr", "wanadoo.fr"),
        ("lapost.net", "laposte.net"),
        ("outlok.fr", "outlook.fr"),
        ("yaho.fr", "yahoo.fr"),
        ("frree.fr", "free.fr"),
        ("societe.con", "societe.com"),
    ],
)
def test_close_provider_is_proposed(domain: str, meant: str) -> None:
    """A slip in a provider's name or ending brings the question, and no refusal."""
    assert read_email(f"a@{domain}").suggestion == meant


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "orange.fr",
        "free.fr",
        "mail.com",
        "ymail.com",
        "email.com",
        "laposte.fr",
        "orange.com",
        "sfr.com",
        "gmx.com",
        "gmx.de",
        "live.be",
        "yahoo.co.uk",
        "hotmail.co.uk",
        "grange.fr",
        "tree.fr",
        "lave.fr",
        "lire.fr",
        "fastmail.com",
        "hushmail.com",
        "aol.com",
        "aol.fr",
        "pm.me",
        "proton.ch",
        "gail.com",
        "orage.fr",
        "free.com",
        "neuf.be",
        "msn.fr",
        "me.com",
        "cloud.com",
        "range.fr",
        "sr.fr",
        "fr.fr",
        "ac-rennes.fr",
    ],
)
def test_real_domain_is_left_alone(domain: str) -> None:
    """A domain people really use is never « corrected »."""
    assert suggest_domain(domain) is None


@pytest.mark.parametrize("domain", ["yopmail.com", "jetable.org", "a.b.yopmail.com"])
def test_throwaway_domain_is_told(domain: str) -> None:
    """A throwaway service is told, its sub-domains too, and stays accepted."""
    assert read_email(f"a@{domain}").disposable


def test_ordinary_domain_is_not_throwaway() -> None:
    """A provider is no throwaway service."""
    assert not is_disposable("laposte.net")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Jean.Dupont+velo@Gmail.com", "jeandupont@gmail.com"),
        ("jeandupont@googlemail.com", "jeandupont@gmail.com"),
        ("Jean.Dupont+velo@outlook.fr", "jean.dupont@outlook.fr"),
        ("a@protonmail.com", "a@proton.me"),
        ("a+b@entreprise.fr", "a+b@entreprise.fr"),
        ("+x@gmail.com", "+x@gmail.com"),
    ],
)
def test_one_mailbox_has_one_key(address: str, key: str) -> None:
    """Spellings the provider delivers to one mailbox share a key, others do not."""
    assert mailbox_key(address) == key


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(
    st.one_of(st.text(), st.emails(), st.text(st.sampled_from("a.@<>é\r\n -xn--1"), max_size=40))
)
def test_any_text_gives_an_address_or_a_refusal(raw: str) -> None:
    """F8: no text raises anything else; an address is one line of ASCII with one @."""
    try:
        email = read_email(raw)
    except Invalid:
        return
    assert email.address.isascii()
    assert email.address.isprintable()
    assert email.address.count("@") == 1
    assert read_email(email.address).address == email.address


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(st.text())
def test_key_of_any_text_is_stable(text: str) -> None:
    """Taking the key twice changes nothing."""
    assert mailbox_key(mailbox_key(text)) == mailbox_key(text)


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(st.text(st.sampled_from("gmailcomhtrnfe.-"), max_size=40))
def test_a_proposal_is_never_corrected_again(domain: str) -> None:
    """What is proposed for a provider needs no second proposal."""
    meant = suggest_domain(domain)
    if meant is not None and not meant.endswith((".com", ".org", ".net")):
        assert suggest_domain(meant) in (None, meant)
