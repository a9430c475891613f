"""Whose word about a sender counts, and what it says."""

import pytest

from relay.mail.reading.verdicts import Verdict, read_verdict

TRUSTED = frozenset({"mx.relais.example"})


def verdict(*fields: str, domain: str = "orange.example") -> Verdict:
    """Read these fields, newest first."""
    return read_verdict(fields, trusted=TRUSTED, sender_domain=domain)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("dmarc=pass (p=REJECT) header.from=orange.example", Verdict.PASS),
        ("dmarc=fail header.from=orange.example; dkim=pass header.d=orange.example", Verdict.FAIL),
        ("dmarc=pass header.from=other.example", Verdict.NONE),
        ("dmarc=none header.from=orange.example; spf=pass smtp.mailfrom=a@b.example", Verdict.NONE),
        ("dkim=pass (2048-bit key) header.d=orange.example header.s=s1", Verdict.PASS),
        ("dkim=pass header.i=@orange.example header.s=s1", Verdict.PASS),
        (
            "dkim=fail header.d=orange.example; spf=pass smtp.mailfrom=x@orange.example",
            Verdict.PASS,
        ),
        ("dkim=pass header.d=spammer.example", Verdict.NONE),
        ("dkim=pass header.d=mail.orange.example", Verdict.NONE),
        ("dkim=pass header.d=example", Verdict.NONE),
        ("dkim=fail header.d=orange.example; spf=fail smtp.mailfrom=orange.example", Verdict.FAIL),
        ("spf=softfail smtp.mailfrom=orange.example", Verdict.NONE),
        ("spf=pass smtp.mailfrom=orange.example", Verdict.PASS),
        ("none", Verdict.NONE),
        ("", Verdict.NONE),
        (";;;=;dmarc", Verdict.NONE),
    ],
)
def test_what_a_trusted_field_says(results: str, expected: Verdict) -> None:
    """A9: DMARC decides, else aligned DKIM, else aligned SPF (RFC 8601)."""
    assert verdict(f"mx.relais.example 1; {results}") is expected


def test_a_subdomain_is_vouched_for_by_the_domain_above() -> None:
    """Whoever holds a domain holds what is below it."""
    field = "mx.relais.example; dkim=pass header.d=orange.example"
    assert verdict(field, domain="mail.orange.example") is Verdict.PASS


def test_other_servers_do_not_count() -> None:
    """A9: what a sender's own server claims is nobody's word."""
    assert verdict("mx.evil.example; dmarc=pass header.from=orange.example") is Verdict.NONE


def test_only_the_newest_trusted_field_counts() -> None:
    """A9: a field under our name that the sender sent along lies deeper, and is not read."""
    fields = (
        "mx.other.example; dmarc=pass header.from=orange.example",
        "mx.relais.example; dmarc=fail header.from=orange.example",
        "mx.relais.example; dmarc=pass header.from=orange.example",
    )
    assert verdict(*fields) is Verdict.FAIL


@pytest.mark.parametrize(
    "results",
    [
        "spf=pass (dmarc=pass header.from=orange.example) smtp.mailfrom=a@evil.example",
        "spf=pass (; dmarc=pass header.from=orange.example;) smtp.mailfrom=a@evil.example",
        'spf=pass (" ) smtp.mailfrom=a@evil.example; x=y reason="; dmarc=pass"',
        'spf=pass smtp.mailfrom=";dmarc=pass header.from=orange.example"@evil.example',
        'spf=pass smtp.mailfrom="smtp.mailfrom=a@orange.example "@evil.example',
        'spf=pass smtp.mailfrom="a@orange.example"@evil.example',
        'dkim=pass reason="header.d=orange.example" header.d=evil.example',
    ],
)
def test_nothing_is_smuggled_in(results: str) -> None:
    """A9: comments and quoted values a sender chose add no result and no property."""
    assert verdict(f"mx.relais.example; {results}") is Verdict.NONE
