"""Who runs the engines: PostgreSQL refuses root, and another user must reach its files."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from stat import S_IXGRP, S_IXOTH, S_IXUSR

_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Account:
    """The identity of the servers.

    Args:
        run_as: The guard's word for it: ``same``, ``user:UID:GID``, ``namespace:UID:GID``.
        uid: Owner of the servers' files on disk.
        gid: Group of the servers' files on disk.
    """

    run_as: str
    uid: int
    gid: int

    def own(self, tree: Path) -> None:
        """Give *tree* to this account, when it belongs to another.

        Raises:
            OSError: Only root may give files away.
        """
        if tree.lstat().st_uid == self.uid:
            return
        # From the leaves up: a change cut short leaves the top to its old owner, and is resumed.
        for folder, _, names in os.walk(tree, topdown=False):
            for name in (*names, "."):
                os.chown(Path(folder) / name, self.uid, self.gid, follow_symlinks=False)
        os.chown(tree, self.uid, self.gid, follow_symlinks=False)


def can_enter(folder: Path, uid: int, gid: int) -> bool:
    """Tell whether a user without other groups may pass through *folder* and all its parents."""
    for place in (folder, *folder.parents):
        status = place.stat()
        bit = S_IXOTH
        if status.st_uid == uid:
            bit = S_IXUSR
        elif status.st_gid == gid:
            bit = S_IXGRP
        if not status.st_mode & bit:
            return False
    return True


def possible_accounts(state_dir: Path) -> list[Account]:
    """List who may run the engines, from the strongest separation to the weakest.

    A normal user runs them himself. Root hands them to the owner of the state directory or of
    a directory above it, else to ``nobody``. When none of them gets there, or root may not
    become another (a container without that right), a user namespace hides root from
    PostgreSQL; so it does for a user without a name, whom initdb refuses.
    """
    uid, gid = os.geteuid(), os.getegid()
    hidden = Account(_namespace(), uid, gid)
    if uid != 0:
        return [Account("same", uid, gid) if _has_name(uid) else hidden]
    owners = [place.stat() for place in (state_dir, *state_dir.parents)]
    candidates = [(status.st_uid, status.st_gid) for status in owners if status.st_uid != 0]
    users = [
        Account(f"user:{candidate[0]}:{candidate[1]}", *candidate)
        for candidate in dict.fromkeys((*candidates, _nobody()))
        if _has_name(candidate[0]) and can_enter(state_dir, *candidate)
    ]
    return [*users, hidden]


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return _NOBODY, _NOBODY
    return entry.pw_uid, entry.pw_gid


def _namespace() -> str:
    named = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0]
    uid = _nobody()[0]
    return f"namespace:{uid if uid in named or not named else named[0]}:{_NOBODY}"
