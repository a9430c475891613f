"""A mail catcher for trying the relay out: takes every mail, shows it in a web inbox."""

import asyncio
import html
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

MOST = 500
STYLE = "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}td{padding:.3rem 1rem .3rem 0}iframe{width:100%;height:46rem;border:1px solid #999}pre{white-space:pre-wrap}"  # noqa: E501


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail as it came off the wire."""

    sender: str
    recipient: str
    content: bytes
    at: datetime

    @property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        return message_from_bytes(self.content, policy=policy.default)

    def part(self, kind: str) -> str:
        """Return the body of one kind, ``plain`` or ``html``; empty when there is none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body else ""


class Catcher:
    """Keeps the newest mails in memory."""

    def __init__(self) -> None:
        self.mails: list[Caught] = []
        self._changed = asyncio.Event()

    async def handle_DATA(  # noqa: N802 (the name is aiosmtpd's)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            sender = envelope.mail_from or ""
            self.mails.append(Caught(sender, recipient, content, datetime.now(UTC)))
        del self.mails[:-MOST]
        self._changed.set()
        return "250 2.0.0 Caught"

    async def wait_for(self, recipient: str, timeout_s: float, *, subject: str = "") -> Caught:
        """Return the newest mail to *recipient* whose subject begins so, waiting for one.

        Raises:
            TimeoutError: None came in time.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                for mail in reversed(self.mails):
                    starts_so = str(mail.message["Subject"]).startswith(subject)
                    if mail.recipient == recipient and starts_so:
                        return mail
                self._changed.clear()
                await self._changed.wait()

    def smtp(self) -> SMTP:
        """Make one SMTP session; the factory of a listening server."""
        return SMTP(self, hostname="catcher.localhost", decode_data=False)

    def inbox(self) -> web.Application:
        """Return the web inbox."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._show_list),
                web.get(r"/{number:\d+}", self._show_mail),
                web.get(r"/{number:\d+}/html", self._show_html),
                web.get(r"/{number:\d+}/raw", self._show_raw),
            ]
        )
        return app

    def _mail(self, request: web.Request) -> Caught:
        number = int(request.match_info["number"])
        if number >= len(self.mails):
            raise web.HTTPNotFound
        return self.mails[number]

    async def _show_list(self, _request: web.Request) -> web.Response:
        rows = "".join(
            f"<tr><td>{mail.at:%H:%M:%S}</td><td>{html.escape(mail.recipient)}</td>"
            f'<td><a href="/{number}">{html.escape(str(mail.message["Subject"]))}</a></td></tr>'
            for number, mail in reversed(list(enumerate(self.mails)))
        )
        return _page("Boîte d’essai", f"<h1>Boîte d’essai</h1><table>{rows}</table>")

    async def _show_mail(self, request: web.Request) -> web.Response:
        mail, number = self._mail(request), request.match_info["number"]
        names = ("From", "To", "Subject", "Date", "Message-ID")
        rows = "".join(
            f"<tr><th>{name}</th><td>{html.escape(str(mail.message[name]))}</td></tr>"
            for name in names
        )
        body = (
            f'<p><a href="/">Boîte</a> · <a href="/{number}/raw">source</a></p>'
            f"<table>{rows}</table><h2>HTML</h2>"
            f'<iframe src="/{number}/html" sandbox title="HTML"></iframe>'
            f"<h2>Texte</h2><pre>{html.escape(mail.part('plain'))}</pre>"
        )
        return _page(str(mail.message["Subject"]), body)

    async def _show_html(self, request: web.Request) -> web.Response:
        policy_header = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        }
        return web.Response(
            text=self._mail(request).part("html"), content_type="text/html", headers=policy_header
        )

    async def _show_raw(self, request: web.Request) -> web.Response:
        return web.Response(body=self._mail(request).content, content_type="text/plain")


def _page(title: str, body: str) -> web.Response:
    policy_header = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'"
    )
    return web.Response(
        text=f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{html.escape(title)}'
        f"</title><style>{STYLE}</style>{body}",
        content_type="text/html",
        headers={"Content-Security-Policy": policy_header, "X-Content-Type-Options": "nosniff"},
    )
