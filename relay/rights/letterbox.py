"""What the mail doors speak with: replies go to the keeper, requests of rights to the desk."""

from relay.arrivals import Expected, Keeper, Probe
from relay.context import Context
from relay.rights.mailbox import Mailbox, find_mailbox, is_full, keep_mail

Recipient = Expected | Probe | Mailbox


class Letterbox:
    """Knows every address that takes mail, and commits what arrived; one for each process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keeper = Keeper(context)

    async def expect(self, address: str, sender: str) -> Recipient | None:
        """Return what takes mail at *address*; None when nothing does.

        Args:
            sender: Envelope sender; the desk takes no request of programs, which have the null one.

        Raises:
            Unavailable: The database cannot say.
        """
        expected = await self._keeper.expect(address)
        if expected is None and sender.strip("<>"):
            return await find_mailbox(self._context, address)
        return expected

    async def is_full(self, recipient: Recipient) -> bool:
        """Tell whether so much waits that this mail should wait at its sender's.

        Raises:
            Unavailable: The database cannot say.
        """
        if isinstance(recipient, Mailbox):
            return await is_full(self._context, recipient)
        return await self._keeper.is_full(recipient)

    async def keep(self, recipient: Recipient, sender: str, raw: bytes) -> None:
        """Commit a mail, sealed; the same delivery once more changes nothing.

        Raises:
            Unavailable: It is not known to be stored: the sender has to repeat it.
        """
        if isinstance(recipient, Mailbox):
            await keep_mail(self._context, recipient, sender, raw)
        else:
            await self._keeper.keep(recipient, sender, raw)
