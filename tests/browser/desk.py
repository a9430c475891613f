"""A console with something to do: reports, held messages, two days of traffic."""

from dataclasses import dataclass

from playwright.async_api import Browser, Page

from relay.permissions import Role
from tests.desk import COOKIE, seat
from tests.relays import Relay

NAMES = tuple(
    f"console-{name}"
    for name in (
        "queue", "message", "case", "key", "listing", "search", "confirmations", "holds",
        "requests", "request", "rules", "rule", "blocks", "acts", "delivery", "health", "settings",
        "journal", "staff", "account", "problem",
    )
)  # fmt: skip


@dataclass(slots=True)
class Desk:
    """A console with a message that waits and one that was reported."""

    relay: Relay
    url: str
    held: str
    case: str
    listing: str
    request: str

    @property
    def key(self) -> str:
        """The path of the buyer's phone."""
        return f"/s/demo/keys/phone.{self.relay.site.hash('phone', '+33639980456').hex()}"

    def pages(self) -> dict[str, str]:
        """Every page that is looked at, by name."""
        site = "/s/demo"
        return {
            "console-queue": f"{site}/queue",
            "console-message": f"{site}/messages/{self.held}",
            "console-case": f"{site}/cases/{self.case}",
            "console-key": self.key,
            "console-listing": f"{site}/listings/{self.listing}",
            "console-search": f"{site}/search",
            "console-blocks": f"{site}/blocks",
            "console-confirmations": f"{site}/confirmations",
            "console-holds": f"{site}/holds",
            "console-requests": f"{site}/requests",
            "console-request": f"{site}/requests/{self.request}",
            "console-rules": f"{site}/rules",
            "console-rule": f"{site}/rules/r07_mandate",
            "console-acts": f"{site}/acts",
            "console-delivery": f"{site}/delivery",
            "console-health": f"{site}/health",
            "console-settings": f"{site}/settings",
            "console-journal": f"{site}/journal",
            "console-staff": f"{site}/staff",
            "console-account": "/account",
            "console-problem": "/nowhere",
        }


async def sit(browser: Browser, desk: Desk, *roles: Role, script: bool = True) -> Page:
    """Open a page of somebody with these roles."""
    context = await browser.new_context(
        locale="fr-FR", viewport={"width": 1280, "height": 900}, java_script_enabled=script
    )
    context.set_default_timeout(20_000)
    token = await seat(desk.relay.context, desk.relay.site, *roles)
    await context.add_cookies(
        [
            {
                "name": COOKIE,
                "value": token,
                "url": desk.url.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )
    return await context.new_page()
