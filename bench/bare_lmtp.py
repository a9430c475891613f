"""``python -m bench.bare_lmtp``: aiosmtpd alone, taking every mail and keeping none."""

import asyncio
import logging

from aiosmtpd.lmtp import LMTP


class Taker:
    """Says yes to everything."""

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        """Take a mail."""
        return "250 2.0.0 Taken"


async def main() -> None:
    """Listen until killed; prints the port."""
    logging.getLogger("mail.log").disabled = True
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: LMTP(Taker(), loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
