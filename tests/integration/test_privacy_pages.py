"""The privacy page and the notice of each policy, in both languages, every version readable."""

from html import unescape
from pathlib import Path

import pytest

from relay import administration
from relay.context import Context
from relay.errors import Refused
from relay.policy import Right, read_policy
from relay.texts import say
from tests.relays import POLICIES, Relay, open_relay

NAMES = ("1000-annonces", "zone-visio", "minutewebcam", "rgpd", "service-client", "demo")


async def page(relay: Relay, path: str, language: str = "fr") -> tuple[int, str, dict[str, str]]:
    """Read a page: status, text and headers."""
    async with relay.http.get(f"{relay.url}{path}?lang={language}") as answer:
        return answer.status, await answer.text(), dict(answer.headers)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", NAMES)
async def test_a_page_for_every_policy(context: Context, name: str, language: str) -> None:
    """A site's page names controller, rights and the CNIL; no cookie, no script, no other site."""
    async with open_relay(context, name) as relay:
        status, text, headers = await page(relay, f"/privacy/{name}", language)
    policy = read_policy((POLICIES / f"{name}.toml").read_text("utf-8"))
    assert status == 200
    assert policy.controller.contact in text
    assert policy.controller.rights_url in text
    assert "cnil.fr" in text
    assert f'lang="{language}"' in text
    assert "01/11/2026" in text if language == "fr" else "1 November 2026" in text
    assert "Set-Cookie" not in headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<script" not in text
    told = [unescape(say(language, f"privacy.right_{right}")) in unescape(text) for right in Right]
    assert told == [right in policy.rights for right in Right]


async def test_the_page_tells_what_the_policy_does(context: Context) -> None:
    """1000-annonces: one year for messages, two for connection data with the archive's ground."""
    async with open_relay(context, "1000-annonces") as relay:
        _, text, _ = await page(relay, "/privacy/1000-annonces", "en")
    assert "one year after receipt" in text
    assert "2 years after receipt" in text
    assert "Réquisitions judiciaires" in text
    assert "your email address and your phone number" in text


async def test_old_versions_stay_readable(relay: Relay) -> None:
    """After a new version the old one is shown under its number, and says that it is old."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    newer = source.replace("version = 1", "version = 2").replace(
        "active_days = 365", "active_days = 30"
    )
    await administration.publish_policy(relay.context, relay.site, newer)
    _, now, _ = await page(relay, "/privacy/demo", "en")
    _, before, _ = await page(relay, "/privacy/demo/1", "en")
    assert "30 days after receipt" in now
    assert "one year after receipt" in before
    assert "a newer version exists" in before
    assert "/privacy/demo/1" in now


@pytest.mark.parametrize("path", ["/privacy/nobody", "/privacy/demo/9", "/privacy/demo/x"])
async def test_unknown_pages(relay: Relay, path: str) -> None:
    """A site or version that is not there is answered 404."""
    assert (await page(relay, path))[0] == 404


async def test_a_published_version_never_changes(relay: Relay) -> None:
    """The same version with other content is refused, by the act and by the database itself."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    with pytest.raises(Refused, match="policy_version_exists"):
        changed = source.replace("365", "30")
        await administration.publish_policy(relay.context, relay.site, changed)
    import asyncpg

    with pytest.raises(asyncpg.RaiseError):
        await relay.fetch("update site_policy set source = 'x'")
    with pytest.raises(asyncpg.RaiseError):
        await relay.fetch("delete from site_policy")


async def test_a_message_keeps_its_version(relay: Relay) -> None:
    """A message names the version whose notice its sender saw, after a newer one too."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    assert (await relay.post())[0] == 202
    await administration.publish_policy(
        relay.context, relay.site, source.replace("version = 1", "version = 2")
    )
    assert (await relay.post(message="Est-il toujours libre, ce vélo de ville ?"))[0] == 202
    rows = await relay.fetch("select policy_version from message order by message_id")
    assert [row["policy_version"] for row in rows] == [1, 2]


def test_every_policy_of_the_house_has_its_page() -> None:
    """The pages are tested for every policy file that ships."""
    assert {path.stem for path in Path(POLICIES).glob("*.toml")} == set(NAMES)
