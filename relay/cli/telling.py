"""How a command fails before a person: with a sentence. It loads nothing that is slow to load."""

import errno
from collections.abc import Callable, Mapping
from functools import wraps
from socket import gaierror
from typing import Any

import click

# What differs from the console's words, or is refused to the operator alone.
SENTENCES = {
    "site_unknown": "There is no site of that name: see `relay site list`.",
    "site_unread": "A site cannot be opened: its master key is not in RELAY_MASTER_KEY, or its"
    " policy was changed in the database. `relay site list` names it, `relay keys list` the key.",
    "site_name_wrong": "Write a site's name in at most 40 small letters, digits and dashes, as"
    " my-site: it stands in addresses.",
    "site_exists": "There is a site of that name already: `relay site publish` gives it a policy.",
    "policy_version_exists": "This site published that version already, and it never changes: give"
    " the file the next `version`.",
    "origin_wrong": "Write an origin as https://site.example, without a path.",
    "hook_url_wrong": "Write the address as https://site.example/path: a name and no number,"
    " without password or fragment.",
    "hook_missing": "This site is told nothing yet: `relay site webhook set` names its address.",
    "staff_unknown": "Nobody of that name works here: see `relay staff list`.",
    "staff_exists": "Somebody of that name was added already: see `relay staff list`.",
    "staff_name_wrong": "Write a name of 2 to 40 small letters, digits, dots, dashes and"
    " underscores, a letter or a digit first.",
    "not_allowed": "The roles of this person at this site do not allow this: see"
    " `relay staff list`.",
    "not_held": "Nothing of that id is held at this site, or no longer: see `relay held list`.",
    "not_found": "There is nothing of that id at this site.",
    "keys_missing": "Rows are wrapped by {keys}, which RELAY_MASTER_KEY does not name: put it back"
    " before anything else.",
    "keys_unknown_elsewhere": "{sessions} connections are of processes that do not have the newest"
    " key yet: give it to every process, restart them, and run this again.",
    "key_is_newest": "This is the newest key: `relay keys new` makes another.",
    "key_still_wraps": "This key still wraps {rows} keys: run `relay keys rotate` first.",
    "key_not_rotated": "The newest key does not wrap everything: run `relay keys rotate` first.",
    "key_signs_links": "Links in mails that were sent are signed with this key until {until}."
    " If it is in wrong hands, end them now with --at-once.",
    "keys_file_broken": "This file is cut short or changed, or signed with a master key that is"
    " not here. Nothing was done.",
}
ADDRESS_TROUBLE = {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}


def told(command: Callable[..., None]) -> Callable[..., None]:
    """End a command with a sentence, never with a trace, for what a person can mend."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from None

    return run


def _sentence(error: Exception) -> str | None:
    """Put into words what a person can mend; None for anything else."""
    from relay.database import MigrationFailed
    from relay.engines import EnginesFailed
    from relay.errors import Refused, Unavailable
    from relay.policy import PolicyInvalid
    from relay.settings import SettingsInvalid

    if isinstance(error, Refused):
        return _refusal(error.code, error.values)
    if isinstance(error, Unavailable):
        return (
            "PostgreSQL does not answer, or knows no such user, password or database;"
            " see RELAY_DATABASE_URL and `relay doctor`."
        )
    if isinstance(error, UnicodeDecodeError):
        return "This file is no text in UTF-8: save it so, or name another."
    if isinstance(error, OSError):
        return _trouble(error)
    spoken = (SettingsInvalid, EnginesFailed, PolicyInvalid, MigrationFailed)
    return str(error) if isinstance(error, spoken) else None


def _refusal(code: str, values: Mapping[str, str | int]) -> str:
    from relay import texts

    if code in SENTENCES:
        return SENTENCES[code].format(**values)
    keys = (f"console.problem_{code}", f"problems.{code}")
    return texts.say("en", next(key for key in keys if texts.has("en", key)), **values)


def _trouble(error: OSError) -> str | None:
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}. Name another place, or be a user who may."
    if error.errno in ADDRESS_TROUBLE or isinstance(error, gaierror):
        return (
            f"{error.strerror}. Stop what listens there, or name another address"
            " (RELAY_HTTP_LISTEN, RELAY_LMTP_LISTEN, RELAY_SMTP_LISTEN)."
        )
    return None
