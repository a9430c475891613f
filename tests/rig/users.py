"""The users as whom the relay's processes work on the database of a test."""

from relay.database import DatabaseRole, Login
from relay.engines import url_as
from relay.settings import Settings


def logins_of(owner_url: str) -> tuple[Login, ...]:
    """Return a user for each role, with the passwords that the engines give them."""
    return tuple(Login(role, url_as(owner_url, role.value)) for role in DatabaseRole)


def settings_as(settings: Settings, role: DatabaseRole) -> Settings:
    """Return *settings* of a process that works as *role*."""
    url = settings.database_url
    assert url is not None
    return Settings.model_validate(
        dict(settings) | {"database_url": url_as(url.get_secret_value(), role.value)}
    )
