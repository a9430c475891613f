"""``python -m workers.probe <address>``: hand the smarthost one mail of the relay to itself."""

import asyncio
import sys
from datetime import UTC, datetime
from email.utils import format_datetime

from relay.mail.compose import Composed
from relay.mail.outcomes import Verdict
from relay.settings import Settings, read_settings
from workers.transport import Transport


async def send(settings: Settings, address: str) -> bool:
    """Send the mail; tell whether the smarthost took it."""
    lines = (
        f"From: Relais <{address}>",
        f"To: <{address}>",
        "Subject: relay doctor",
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: <{address}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "A mail of the relay to itself.",
        "",
    )
    transport = Transport(settings.smtp_url, hostname=settings.mail_domain)
    try:
        content = "\r\n".join(lines).encode("ascii")
        sent = await transport.send(Composed(address, address, content), _always)
    finally:
        await transport.close()
    return sent.outcome.verdict is Verdict.DELIVERED


async def _always() -> bool:
    return True


if __name__ == "__main__":
    sys.exit(not asyncio.run(send(read_settings(), sys.argv[1])))
