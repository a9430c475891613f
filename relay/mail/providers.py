"""Which provider runs a mailbox, as far as its domain says it (pure).

Only providers of many are named: of a small domain its name alone may say who it is, so all of
those are ``others``.
"""

from enum import StrEnum


class Provider(StrEnum):
    """Who runs mailboxes; the value stands in the database and is nobody's data."""

    GOOGLE = "google"
    ORANGE = "orange"
    MICROSOFT = "microsoft"
    FREE = "free"
    SFR = "sfr"
    YAHOO = "yahoo"
    LA_POSTE = "la_poste"
    BOUYGUES = "bouygues"
    APPLE = "apple"
    OTHERS = "others"


_DOMAINS = {
    Provider.GOOGLE: "gmail.com googlemail.com",
    Provider.ORANGE: "orange.fr wanadoo.fr voila.fr",
    Provider.MICROSOFT: (
        "outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr msn.com windowslive.com"
    ),
    Provider.FREE: "free.fr aliceadsl.fr libertysurf.fr",
    Provider.SFR: "sfr.fr neuf.fr cegetel.net club-internet.fr 9online.fr numericable.fr",
    Provider.YAHOO: "yahoo.com yahoo.fr ymail.com rocketmail.com aol.com aol.fr",
    Provider.LA_POSTE: "laposte.net",
    Provider.BOUYGUES: "bbox.fr",
    Provider.APPLE: "icloud.com me.com mac.com",
}
_BY_DOMAIN = {domain: one for one, domains in _DOMAINS.items() for domain in domains.split()}


def provider_of(domain: str) -> Provider:
    """Return who runs the mailboxes of *domain*, lower case."""
    return _BY_DOMAIN.get(domain, Provider.OTHERS)
