"""Behaviours chosen by the local part of the envelope recipient; table in ``smtp_sink``."""

import re
from collections.abc import Callable

from tests.rig.smtp_script import Behaviour, Phase, cut, delay, endless, hang, reply, slow

_REPLY = re.compile(r"(rcpt|data|dot)-([245]\d\d)(?:-([245])-(\d{1,3})-(\d{1,3}))?")
_DELAY = re.compile(r"delay(rcpt|data|dot|quit)-(\d{1,3})")
_NAMED = re.compile(r"([a-z0-9]+(?:-[a-z]+)?)(?:-(\d{1,3}))?")

_Maker = Callable[[int | None], Behaviour]
"""Makes a behaviour from the number at the end of the local part, when there is one."""

_NAMES: dict[str, _Maker] = {
    "greylist": lambda n: {Phase.RCPT: reply(450, "4.2.0 greylisted, try again", times=n or 1)},
    "busy": lambda n: {Phase.RCPT: reply(421, "4.3.2 too busy, closing", times=n or 1)},
    "unknown": lambda n: {Phase.RCPT: reply(550, "5.1.1 no such user", times=n)},
    "disabled": lambda n: {Phase.RCPT: reply(550, "5.2.1 mailbox disabled", times=n)},
    "full": lambda n: {Phase.RCPT: reply(552, "5.2.2 mailbox full", times=n)},
    "policy": lambda n: {Phase.RCPT: reply(550, "5.7.1 refused by policy", times=n)},
    "hangrcpt": lambda n: {Phase.RCPT: hang(times=n or 1)},
    "cutrcpt": lambda n: {Phase.RCPT: cut(times=n or 1)},
    "endless": lambda n: {Phase.RCPT: endless(times=n or 1)},
    "data4xx": lambda n: {Phase.DATA: reply(451, "4.3.0 not now", times=n or 1)},
    "data5xx": lambda n: {Phase.DATA: reply(554, "5.3.0 no", times=n)},
    "hangdata": lambda n: {Phase.DATA: hang(times=n or 1)},
    "cutdata": lambda n: {Phase.DATA: cut(times=n or 1)},
    "cutbody": lambda n: {Phase.BODY: cut(times=n or 1)},
    "hangbody": lambda n: {Phase.BODY: hang(times=n or 1)},
    "dot4xx": lambda n: {Phase.DOT: reply(451, "4.3.0 not now", times=n or 1)},
    "dot5xx": lambda n: {Phase.DOT: reply(554, "5.6.0 content refused", times=n)},
    "hangdot": lambda n: {Phase.DOT: hang(times=n or 1)},
    "hangdot-kept": lambda n: {Phase.DOT: hang(times=n or 1, keeps_mail=True)},
    "cutdot-kept": lambda n: {Phase.DOT: cut(times=n or 1, keeps_mail=True)},
    "cutdot-lost": lambda n: {Phase.DOT: cut(times=n or 1)},
    "hangquit": lambda n: {Phase.QUIT: hang(times=n or 1)},
    "cutquit": lambda n: {Phase.QUIT: cut(times=n or 1)},
    "slow": lambda n: dict.fromkeys(
        (Phase.RCPT, Phase.DATA, Phase.DOT), slow(bytes_per_s=float(n or 1))
    ),
}


def behaviour_of(recipient: str) -> Behaviour:
    """Return what the local part of *recipient* asks for, an empty mapping when nothing.

    Args:
        recipient: Envelope recipient; what follows the first "+" or "." of the local part is
            free, so that ``greylist+1@…`` and ``greylist+2@…`` are two greylisted addresses.
    """
    name = re.split(r"[+.@]", recipient.lower(), maxsplit=1)[0]
    if match := _REPLY.fullmatch(name):
        phase, code, *enhanced = match.groups()
        status = ".".join(enhanced) if enhanced[0] else f"{code[0]}.0.0"
        return {Phase(phase): reply(int(code), f"{status} scripted by recipient")}
    if match := _DELAY.fullmatch(name):
        return {Phase(match[1]): delay(float(match[2]))}
    match = _NAMED.fullmatch(name)
    if match is None or match[1] not in _NAMES:
        return {}
    return _NAMES[match[1]](int(match[2]) if match[2] else None)
