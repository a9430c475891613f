"""What is known of mail providers: misspelt names, throwaway domains, one box, many spellings."""

from functools import cache, lru_cache
from importlib import import_module

# Endings a provider really uses: the only ones ever proposed.
_PROVIDERS = {
    "gmail": ("com",),
    "orange": ("fr",),
    "wanadoo": ("fr",),
    "free": ("fr",),
    "laposte": ("net",),
    "sfr": ("fr",),
    "hotmail": ("fr", "com", "be", "ch", "it", "es", "de"),
    "outlook": ("fr", "com", "be", "it", "es", "de", "pt"),
    "yahoo": ("fr", "com", "it", "es", "de", "be"),
    "icloud": ("com",),
    "live": ("fr", "com", "be", "nl", "it"),
    "protonmail": ("com", "ch"),
    "proton": ("me",),
    "bbox": ("fr",),
    "numericable": ("fr",),
    "neuf": ("fr",),
    "gmx": ("fr", "com", "de", "net", "ch", "at"),
    "msn": ("com",),
    "aliceadsl": ("fr",),
    "cegetel": ("net",),
    "club-internet": ("fr",),
    "skynet": ("be",),
    "bluewin": ("ch",),
}
# Providers with one ending only, whose other endings nobody uses for mail.
_SOLE = frozenset({"gmail", "wanadoo", "icloud", "numericable", "aliceadsl"})
# Real domains one slip away from a provider: never "corrected".
_REAL = frozenset({
    "gail.com", "grail.com", "orage.fr", "oranges.fr", "orangey.fr",
    "protons.me", "photon.me", "live.ca", "live.se", "live.dk", "wanadoo.nl",
    "wanadoo.es", "hotels.com", "laposte.fr", "yahoo.co", "skynews.be",
})  # fmt: skip
# No such endings exist, so the domain cannot be real.
_NO_ENDINGS = {
    "con": "com", "cmo": "com", "ocm": "com", "comm": "com", "coom": "com", "vom": "com",
    "xom": "com", "cim": "com", "cpm": "com", "clm": "com", "cok": "com", "fre": "fr",
    "ft": "fr", "rf": "fr", "ffr": "fr", "frr": "fr", "fe": "fr", "nte": "net", "ner": "net",
    "nett": "net", "ent": "net", "ogr": "org", "orgg": "org",
}  # fmt: skip
# Endings of real countries, wrong only after the name of a provider.
_ODD_ENDINGS = {"cm": "com", "co": "com", "om": "com", "ne": "net", "fi": "fr", "cf": "fr"}

_TOO_SHORT = 3
_FUZZY_FROM = 5  # shorter names are too close to other words
_TWO_SLIPS_FROM = 7

_ALIASES = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
_TAGGING = frozenset({
    "gmail.com", "proton.me", "icloud.com", "outlook.com", "outlook.fr", "hotmail.com",
    "hotmail.fr", "live.com", "live.fr", "msn.com", "fastmail.com", "mailbox.org", "posteo.net",
})  # fmt: skip


@lru_cache(maxsize=4096)
def suggest_domain(domain: str) -> str | None:
    """Return the provider's domain that *domain* was probably meant to be, or None.

    It is a question to ask, never a reason to refuse. Two slips at most in long names,
    one in short ones; names of four letters or fewer only with a doubled or swapped
    letter; the first letter must be right in names under seven letters.

    Args:
        domain: Domain of an address, lower case.
    """
    label, _, ending = domain.partition(".")
    if domain in _REAL or not ending or ending in _PROVIDERS.get(label, ()):
        return None
    fixed = _NO_ENDINGS.get(ending, ending)
    name = _provider_like(label, fixed)
    if name is None:
        return f"{label}.{fixed}" if fixed != ending and "." not in fixed else None
    endings = _PROVIDERS[name]
    for candidate in (fixed, _ODD_ENDINGS.get(ending)):
        if candidate in endings:
            return f"{name}.{candidate}"
    return f"{name}.{endings[0]}" if name in _SOLE and "." not in ending else None


def is_disposable(domain: str) -> bool:
    """Tell whether *domain*, or a parent of it, is a known throwaway mail service."""
    labels = domain.split(".")
    names = (".".join(labels[at:]) for at in range(len(labels) - 1))
    return any(name in _disposable() for name in names)


def mailbox_key(address: str) -> str:
    """Return the normal form under which one mailbox is looked up.

    Lower case; domains of one provider that share their mailboxes become one; the
    ``+tag`` falls where the provider is known to ignore it; dots fall for Gmail. Used
    to recognise a person, never to write to them.

    Args:
        address: An address, as ``Email.address``.
    """
    local, at, domain = address.lower().rpartition("@")
    domain = _ALIASES.get(domain, domain)
    if domain in _TAGGING:
        local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "") or local
    return local + at + domain


def _provider_like(label: str, ending: str) -> str | None:
    if label in _PROVIDERS:
        return label
    near = []
    for name, endings in _PROVIDERS.items():
        allowed = _slips_allowed(label, name)
        if abs(len(label) - len(name)) > allowed:
            continue  # each missing or added letter is a slip: spares the count for most names
        slips = _slips(label, name)
        if slips <= allowed:
            near.append((slips, ending not in endings, name))
    return min(near)[2] if near else None


def _slips_allowed(label: str, name: str) -> int:
    """Return how many slips from *name* still look like a slip and not like another name."""
    if len(name) <= _TOO_SHORT:
        return -1
    if len(name) < _FUZZY_FROM:
        is_swapped = sorted(label) == sorted(name)
        is_doubled = any(name[:at] + name[at - 1 :] == label for at in range(1, len(name) + 1))
        return 1 if label[:1] == name[0] and (is_swapped or is_doubled) else -1
    if label[:1] == name[0]:
        return 2 if len(name) >= _TWO_SLIPS_FROM else 1
    # A first letter lost or swapped; a changed one makes another name.
    is_first_lost = len(name) >= _TWO_SLIPS_FROM and label == name[1:]
    return 1 if is_first_lost or label[:2] == name[1::-1] else -1


def _slips(one: str, other: str) -> int:
    """Count insertions, losses, changes and swaps of neighbours (Damerau 1964, aligned)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        last, row, older = row, [at], before
        for to, target in enumerate(other, 1):
            cost = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (sign != target))
            if at > 1 and to > 1 and sign == other[to - 2] and one[at - 2] == target:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]


@cache
def _disposable() -> frozenset[str]:
    # Loaded at the first question: ten thousand names nobody needs at start.
    return frozenset(import_module("disposable_email_domains").blocklist)
