"""Pictures of an answer on the private page of whoever it is for, and for nobody else."""

import re
from io import BytesIO

from PIL import Image

from tests.relays import Relay
from tests.scenarios.test_arrivals import alias, mail
from tests.scenarios.test_private_pages import pages, press, show
from tests.scenarios.test_replies import come_in, with_files

PICTURE = re.compile(r'<img class="photo" src="(file/msg_[0-9a-f]{32}/1)" alt="Photo 1 de Camille"')


async def photo_of(relay: Relay) -> str:
    """Have the advertiser answer with a photo; return where the buyer's page shows it."""
    to = await alias(relay)
    await come_in(relay, to, with_files(to))
    page = await pages(relay, "buyer")
    found = PICTURE.search(await show(relay, f"{page}/answer"))
    assert found is not None
    return f"{page}/{found[1]}"


async def status(relay: Relay, url: str) -> int:
    """Open an address; return the status."""
    async with relay.http.get(url) as answer:
        return answer.status


async def test_a_photo_is_seen_by_its_reader(relay: Relay) -> None:
    """R21: the photo stands on the page as it was made anew, from us, and no cache keeps it."""
    url = await photo_of(relay)
    async with relay.http.get(url) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert not Image.open(BytesIO(await answer.read())).getexif()
    [row] = await relay.fetch("select sealed_content from message_file")
    assert b"JFIF" not in row["sealed_content"]


async def test_a_photo_is_nobody_elses(relay: Relay) -> None:
    """A24: not the writer's link, not another buyer's, not another message's opens a photo."""
    url = await photo_of(relay)
    file = url.partition("/file/")[2]
    assert await status(relay, f"{await pages(relay, 'advertiser')}/file/{file}") == 404
    assert await status(relay, url.removesuffix("1") + "2") == 404
    _, body = await relay.post(email="zoe@acheteuse.example")
    other = relay.url + body["status_url"].removeprefix(relay.context.settings.public_url)
    assert await status(relay, f"{other}/file/{file}") == 404
    assert await status(relay, f"{relay.url}/m/x/file/{file}") == 404


async def test_a_photo_goes_with_its_message(relay: Relay) -> None:
    """A page shows the last message: the photo of the one before is opened no more."""
    url = await photo_of(relay)
    advertiser = await pages(relay, "advertiser")
    assert await press(relay, f"{advertiser}/answer", message="Sans photo cette fois.") == 303
    assert await status(relay, url) == 404


async def test_a_strangers_photo_is_not_shown(relay: Relay) -> None:
    """A9: a photo of a reply that waits for a yes stands on nobody's page."""
    to = await alias(relay)
    raw = with_files(to).replace(b"camille@annonceur.example", b"faux@ailleurs.example")
    await come_in(relay, to, raw)
    page = await pages(relay, "buyer")
    assert PICTURE.search(await show(relay, f"{page}/answer")) is None


async def test_a_page_without_files_asks_for_none(relay: Relay) -> None:
    """An answer without files shows its words and no picture."""
    to = await alias(relay)
    await come_in(relay, to, mail(to))
    assert "photo" not in await show(relay, f"{await pages(relay, 'buyer')}/answer")
