"""Whose mailbox a domain is: providers of many by name, everybody else together."""

import pytest

from relay.mail.providers import Provider, provider_of
from relay.texts import LANGUAGES, has


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", Provider.GOOGLE),
        ("wanadoo.fr", Provider.ORANGE),
        ("hotmail.fr", Provider.MICROSOFT),
        ("laposte.net", Provider.LA_POSTE),
        ("gmail.com.example", Provider.OTHERS),
        ("famille.example", Provider.OTHERS),
        ("", Provider.OTHERS),
    ],
)
def test_a_domain_is_its_provider_s(domain: str, provider: Provider) -> None:
    """Only the exact domains of providers of many are named."""
    assert provider_of(domain) is provider


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_provider_has_a_name(language: str) -> None:
    """No code is shown raw."""
    assert all(has(language, f"overview.provider_{one}") for one in Provider)
