"""HTML pages: Jinja templates of ``relay/templates/web``, compiled once, escaped always."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from relay import texts

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
    "Cache-Control": "no-store",
}


FIRST = ("form.html", "status.html")


class Pages:
    """Renders a page in a language; ``say`` and ``day`` are at hand in every template."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("relay", "templates/web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def compile(self) -> None:
        """Compile what buyers see, letting others run in between: the first need not wait."""
        for name in FIRST:
            self._templates.get_template(name)
            await asyncio.sleep(0)

    def page(
        self,
        name: str,
        language: str,
        *,
        status: int = 200,
        form_targets: frozenset[str] = frozenset(),
        **values: Any,
    ) -> web.Response:
        """Return the page ``<name>.html``.

        Args:
            form_targets: Other origins a form of this page may end at, through a redirect.
        """
        body = self._templates.get_template(f"{name}.html").render(
            language=language, say=_Say(language), **values
        )
        headers = dict(SECURITY_HEADERS)
        if form_targets:
            headers["Content-Security-Policy"] += " " + " ".join(sorted(form_targets))
        response = web.Response(
            text=body, status=status, content_type="text/html", charset="utf-8", headers=headers
        )
        response.headers["Content-Language"] = language
        return response


def see_other(target: str) -> web.Response:
    """Send a browser on to *target* after a form: reloading there sends nothing again."""
    headers = {"Location": target, "Cache-Control": "no-store"}
    return web.Response(status=303, headers=headers)


class _Say:
    """``say('pages.sent')``, ``say.day(at)`` and ``say.clock(at)`` in the page's language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, values: Mapping[str, str | int] | None = None) -> str:
        return texts.say(self._language, key, **(values or {}))

    def has(self, key: str) -> bool:
        return texts.has(self._language, key)

    def day(self, at: datetime) -> str:
        return texts.day(self._language, at)

    def clock(self, at: datetime) -> str:
        return texts.clock(self._language, at)
