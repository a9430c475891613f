"""What the tests of several acts share."""

from collections.abc import AsyncIterator

import pytest

from tests.desk import Browser, open_browser, open_console
from tests.moderators import Clock
from tests.relays import Relay


@pytest.fixture
def clock(relay: Relay) -> Clock:
    """Stop the relay's clock."""
    stopped = Clock(relay.context.clock())
    relay.context.clock = stopped
    return stopped


@pytest.fixture
async def browser(relay: Relay) -> AsyncIterator[Browser]:
    """A browser at the console."""
    async with open_console(relay.context) as url, open_browser(url) as opened:
        yield opened
