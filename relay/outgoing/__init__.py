"""From a claimed row to ready bytes: everything is read as it stands now, masked, and checked.

Fails closed: what cannot be opened, masked or proved clean is held, never sent.
"""

from relay.outgoing.mails import Bounced, Held, Rendered, Withdrawn, read_files, read_mails, render
from relay.outgoing.urls import (
    answer_url,
    buyer_url,
    decision_url,
    proof_url,
    request_url,
    status_url,
)

__all__ = [
    "Bounced",
    "Held",
    "Rendered",
    "Withdrawn",
    "answer_url",
    "buyer_url",
    "decision_url",
    "proof_url",
    "read_files",
    "read_mails",
    "render",
    "request_url",
    "status_url",
]
