"""Acts of staff: accounts, the one-time link that opens one, logging in, sessions.

A person logs in with a password (Argon2id) and a code of their device (TOTP, RFC 6238). What
they may do is looked up at every request, so a role or a session that ends, ends at once.
Nobody gets a default password: an account begins with a link that works once.
"""

from relay.staff.accounts import (
    Invitation,
    Member,
    accept_invitation,
    add_staff,
    close_staff,
    list_members,
    list_staff,
    new_link,
    read_invitation,
    set_role,
)
from relay.staff.sessions import (
    SESSION_LIFE,
    LoggedIn,
    OpenSession,
    Session,
    end_session,
    end_sessions,
    list_sessions,
    log_in,
    read_session,
    vouch,
)

__all__ = [
    "SESSION_LIFE",
    "Invitation",
    "LoggedIn",
    "Member",
    "OpenSession",
    "Session",
    "accept_invitation",
    "add_staff",
    "close_staff",
    "end_session",
    "end_sessions",
    "list_members",
    "list_sessions",
    "list_staff",
    "log_in",
    "new_link",
    "read_invitation",
    "read_session",
    "set_role",
    "vouch",
]
