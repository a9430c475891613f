"""The console's HTML: Jinja templates of ``relay/templates/console``, escaped always."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from relay import texts
from relay.permissions import Level, Permission
from relay.sealing import public_id
from relay.web.console.guard import FORM_TOKEN, SESSION, form_token
from relay.web.pages import SECURITY_HEADERS
from relay.web.problems import language_of

if TYPE_CHECKING:
    from relay.web.console.doors import Visit

# Every page of the menu, one line each, in its order: its key on the keyboard after «g», its name
# in the path, and what it needs. Those in WATCH stand in the second group.
PLACES = (
    ("f", "queue", Permission.QUEUE, Level.MASKED),
    ("r", "search", Permission.QUEUE, Level.MASKED),
    ("c", "confirmations", Permission.HOLD_LARGE, Level.SECOND),
    ("b", "blocks", Permission.QUEUE, Level.YES),
    ("d", "acts", Permission.QUEUE, Level.YES),
    ("u", "rules", Permission.RULES, Level.START),
    ("l", "delivery", Permission.STATISTICS, Level.YES),
    ("s", "health", Permission.STATISTICS, Level.YES),
    ("v", "requests", Permission.REQUESTS, Level.START),
    ("h", "holds", Permission.LEGAL_HOLD, Level.START),
    ("j", "journal", Permission.AUDIT, Level.OWN),
    ("p", "staff", Permission.STAFF, Level.SECOND),
    ("t", "settings", Permission.RETENTION, Level.START),
)
WATCH = frozenset({"delivery", "health", "journal", "staff", "settings"})


class Sheets:
    """Renders a page of the console in the visitor's language."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("relay", "templates/console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(
        self,
        request: web.Request,
        name: str,
        visit: "Visit | None" = None,
        /,
        *,
        status: int = 200,
        **values: Any,
    ) -> web.Response:
        """Return the page ``<name>.html``; without *visit*, one that belongs to no site."""
        language = language_of(request)
        session = request.get(SESSION)
        body = self._templates.get_template(f"{name}.html").render(
            language=language,
            say=Sayer(language),
            public_id=public_id,
            form_field=FORM_TOKEN,
            form_token=form_token(request),
            session=session,
            visit=visit,
            places=_places(visit),
            here=name,
            Level=Level,
            Permission=Permission,
            **values,
        )
        return web.Response(
            text=body,
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={**SECURITY_HEADERS, "Content-Language": language},
        )


SHEETS = web.AppKey("sheets", Sheets)


def _places(visit: "Visit | None") -> list[list[tuple[str, str]]]:
    """Return the menu of a visitor: the work, then what watches over it."""
    if visit is None:
        return []
    own = [(key, name) for key, name, needs, least in PLACES if visit.may(needs) >= least]
    return [[one for one in own if (one[1] in WATCH) == watches] for watches in (False, True)]


class Sayer:
    """``say('console.queue')``, ``say.when(at)`` in the page's language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, values: Mapping[str, str | int] | None = None) -> str:
        """Return a sentence."""
        return texts.say(self._language, key, **(values or {}))

    def known(self, prefix: str, name: str) -> str:
        """Return the sentence of a code, or the code itself when it has none yet."""
        key = f"{prefix}{name}"
        return texts.say(self._language, key) if texts.has(self._language, key) else name

    def reason(self, code: str) -> str:
        """Return what a reason means: a server's answer, or what people decided."""
        places = ("console.reason_", "replies.", "states.reason_")
        known = [place for place in places if texts.has(self._language, place + code)]
        return texts.say(self._language, known[0] + code) if known else code

    def date(self, day: date) -> str:
        """Return a day."""
        return texts.day(self._language, datetime.combine(day, time(12), UTC))

    def signal(self, name: str) -> str:
        """Return what a rule, or another thing that raises the score, is called."""
        keys = (f"console.signal_{name}", f"rules.{name}")
        known = [key for key in keys if texts.has(self._language, key)]
        return texts.say(self._language, known[0]) if known else name

    def left(self, time: timedelta) -> str:
        """Return how long there is still: «dans 22 heures»."""
        return texts.span(self._language, time)

    def when(self, at: datetime) -> str:
        """Return day and time."""
        return f"{texts.day(self._language, at)} {texts.clock(self._language, at)}"
