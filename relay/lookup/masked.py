"""What of a person is shown before a reason is given (pure)."""

from relay.pasted import network_of
from relay.validation import readable

_SHOWN_LETTERS = 2
_SIGNS = 80


def mask_mail(address: str) -> str:
    """Show the first letter and the beginning of the provider: ``j***@gm…``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain[:_SHOWN_LETTERS]}…"


def mask_phone(e164: str) -> str:
    """Show the beginning and the last two digits: ``06 •• •• •• 78``."""
    shown = readable(e164)
    digits = [at for at, sign in enumerate(shown) if sign.isdigit()]
    hidden = set(digits[2:-2])
    return "".join("•" if at in hidden else sign for at, sign in enumerate(shown))


def mask_ip(ip: str) -> str:
    """Show the network: /24 of IPv4, /48 of IPv6."""
    return network_of(ip)


def mask_browser(origin: dict[str, str | None]) -> str:
    """Show the names of browser and system, as the trace has them: ``Firefox, Windows``."""
    names = (origin.get("browser"), origin.get("system"))
    return ", ".join(name for name in names if name)[:_SIGNS]
