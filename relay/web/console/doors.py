"""The one place where a page of the console asks whether it may be shown.

A page is registered with the permission it needs; it is called with a ``Visit`` only, which
exists only for somebody who is logged in, works for the site in the path, and may. A site where
one has no role is answered as one that does not exist (A24).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from relay.context import Context
from relay.errors import Refused
from relay.looks import Look, record_look
from relay.permissions import Level, Permission
from relay.sealing import read_public_id
from relay.secrecy import without_contacts
from relay.sites import Site
from relay.staff import Session
from relay.texts import say
from relay.web.console.guard import SESSION, fields_of
from relay.web.console.pages import SHEETS
from relay.web.keys import CONTEXT
from relay.web.pages import see_other
from relay.web.problems import in_language, language_of


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody who may make it: who, at which site, how far."""

    request: web.Request
    session: Session
    site: Site
    level: Level

    @property
    def context(self) -> Context:
        """What acts need."""
        return self.request.app[CONTEXT]

    @property
    def language(self) -> str:
        """The language of the page."""
        return language_of(self.request)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the form that was sent."""
        return fields_of(self.request)

    @property
    def reason(self) -> str:
        """The reason that was given.

        Raises:
            Refused: ``reason_missing``.
        """
        reason = self.fields.get("reason", "").strip()
        if not reason:
            raise Refused("reason_missing")
        return reason

    def say(self, key: str, **values: str | int) -> str:
        """Return a sentence in the language of the page."""
        return say(self.language, key, **values)

    def subject(self, prefix: str, name: str = "id") -> UUID:
        """Return the id in the path.

        Raises:
            Refused: ``not_found``: it is none.
        """
        found = read_public_id(prefix, self.request.match_info[name])
        if found is None:
            raise Refused("not_found")
        return found

    def may(self, permission: Permission) -> Level:
        """Return how far another permission goes here."""
        return self.session.level(self.site, permission)

    def path(self, *parts: str) -> str:
        """Return the path of a page of this site."""
        return "/".join(("/s", self.site.slug, *parts))

    def seen(self, action: str, subject: str, reason: str = "") -> Look:
        """Return what the journal is to say of this request."""
        return Look(
            site_id=self.site.site_id,
            staff_id=self.session.staff_id,
            action=action,
            subject=subject,
            reason=without_contacts(reason, self.site.policy.site.region, self.language),
            at=self.context.clock(),
        )

    async def look(self, action: str, subject: str, reason: str = "") -> None:
        """Write into the journal what is about to be seen, where no act does it."""
        async with self.context.database.connection() as connection:
            await record_look(connection, self.seen(action, subject, reason))

    def page(self, name: str, /, *, status: int = 200, **values: Any) -> web.Response:
        """Show a page."""
        return self.request.app[SHEETS].page(self.request, name, self, status=status, **values)

    def see(self, *parts: str, query: str = "") -> web.Response:
        """Send the browser on to a page of this site."""
        return see_other(in_language(self.request, self.path(*parts) + query))


Page = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Door:
    """One route with what it needs."""

    method: str
    path: str
    permission: Permission
    least: Level
    page: Page

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Let in who may, and nobody else."""
        if SESSION not in request:
            return see_other(in_language(request, "/login"))
        session = request[SESSION]
        site = await _site(request, session)
        reach = session.level(site, self.permission)
        if reach < self.least:
            raise Refused("not_allowed")
        return await self.page(Visit(request, session, site, reach))


DOORS: list[Door] = []


def door(
    method: str, path: str, permission: Permission, least: Level = Level.MASKED
) -> Callable[[Page], Page]:
    """Register a page of a site: *path* is what follows the site's name.

    Args:
        least: The lowest level that opens it.
    """

    def register(page: Page) -> Page:
        DOORS.append(Door(method, f"/s/{{site}}/{path}", permission, least, page))
        return page

    return register


async def _site(request: web.Request, session: Session) -> Site:
    site = await request.app[CONTEXT].sites.find(request.match_info["site"])
    if site is None or not session.roles.get(site.site_id):
        raise Refused("not_found")
    return site
