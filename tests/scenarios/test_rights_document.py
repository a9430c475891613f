"""A copy of an identity document: asked with a reason, seen with a logged look, gone at once."""

import io
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from aiohttp import FormData
from PIL import Image

from relay.errors import Refused
from relay.outgoing.rights_letters import PROOF_WAITS
from relay.rights import decisions, documents
from relay.rights.round import attend
from relay.rights.standing import PROOF_LIFE, Ground, State
from tests.relays import Relay
from tests.rig.deliveries import pass_time
from tests.rights import Person, link_in, quiet, text_of

PLACE = b"48.1173 N"  # what the camera wrote into the file


def photograph(form: str = "JPEG") -> bytes:
    """Return a picture with what a telephone adds to it."""
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    out = io.BytesIO()
    Image.new("RGB", (320, 200), "teal").save(out, form, exif=exif.tobytes())
    return out.getvalue()


@pytest.fixture
async def person(relay: Relay) -> Person:
    """Léa, who wrote once and asks for her data."""
    await relay.post()
    await quiet(relay)
    found = Person(relay)
    await found.prove(await found.ask("access"))
    return found


async def asked(person: Person) -> tuple[UUID, str]:
    """Have an officer ask for a copy; returns the request and the path its letter leads to."""
    relay = person.relay
    [request_id] = await person.requests()
    look = await person.look("Deux personnes sous ce téléphone.")
    await documents.ask_document(relay.context, relay.site, request_id, look, "Deux personnes.")
    letter = next(one for one in await person.collect() if "preuve de plus" in one["Subject"])
    assert "Deux personnes." in text_of(letter)
    return request_id, link_in(letter)


async def give(person: Person, path: str, content: bytes, kind: str = "image/jpeg") -> int:
    """Send a file over the page of the request; returns the status of the answer."""
    form = FormData()
    file = io.BytesIO(content)
    form.add_field("document", file, filename="carte.jpg", content_type=kind)
    async with person.relay.http.post(f"{person.relay.url}{path}/document", data=form) as answer:
        return answer.status


async def held(relay: Relay) -> bytes | None:
    """Return what is stored of the copy."""
    [row] = await relay.fetch("select sealed_content from identity_document")
    sealed: bytes | None = row["sealed_content"]
    return sealed


async def test_from_doubt_to_decision(relay: Relay, person: Person) -> None:
    """The clock stands still until the copy comes; an officer sees the picture alone, once it is
    written that they do; with the decision it is gone, and when it went is known.
    """
    request_id, path = await asked(person)
    assert await person.state(request_id) is State.IDENTITY_PENDING
    page = (await person.get(path)).text
    assert 'type="file"' in page
    assert "dès que votre image est envoyée" in page  # no code is awaited
    asked_twice = re.findall(r"Preuve demandée \(([^)]+)\)", page)
    assert asked_twice == ["le relais", "le responsable"]  # the code, then the copy
    assert await give(person, path, photograph()) == 200
    assert await person.state(request_id) is State.RECEIVED
    sealed = await held(relay)
    assert sealed is not None
    assert b"JFIF" not in sealed
    look = await person.look("comparer le nom")
    seen = await documents.open_document(relay.context, relay.site, request_id, look)
    assert seen.kind == "image/jpeg"
    assert PLACE not in seen.content
    assert Image.open(io.BytesIO(seen.content)).size == (320, 200)
    [row] = await relay.fetch("select reason from look order by number desc limit 1")
    assert row["reason"] == "comparer le nom"
    await decisions.accept(relay.context, relay.site, request_id, await person.look())
    assert await held(relay) is None
    [row] = await relay.fetch("select deleted_at from identity_document")
    assert row["deleted_at"] is not None
    with pytest.raises(Refused, match="not_found"):
        await documents.open_document(relay.context, relay.site, request_id, look)
    assert "a été effacée" in (await person.get(path)).text


Ending = Callable[[Person, UUID], Awaitable[None]]


async def _refuse(person: Person, request_id: UUID) -> None:
    at, look = (person.relay.context, person.relay.site), await person.look("Non.")
    await decisions.refuse(*at, request_id, Ground.IDENTITY, look, "Non.")


async def _withdraw(person: Person, request_id: UUID) -> None:
    await decisions.withdraw(person.relay.context, person.relay.site, request_id)


async def _expire(person: Person, request_id: UUID) -> None:
    """Ask for the code again, which nobody gives."""
    at = (person.relay.context, person.relay.site)
    await decisions.ask_proof(*at, request_id, await person.look())
    pass_time(person.relay.context, timedelta(days=31))
    await attend(*at)


@pytest.mark.parametrize("end", [_refuse, _withdraw, _expire])
async def test_it_goes_however_a_request_ends(relay: Relay, person: Person, end: Ending) -> None:
    """Refused, taken back or run out: no end leaves the copy."""
    request_id, path = await asked(person)
    assert await give(person, path, photograph("PNG")) == 200
    assert await held(relay) is not None
    await end(person, request_id)
    assert await held(relay) is None


@pytest.mark.parametrize(
    ("content", "padding", "status"),
    [
        (b"%PDF-1.7\n%x", 0, 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 0, 422),
        (b"", 0, 422),
        (photograph()[:300], 0, 422),
        (b"\xff\xd8\xff", documents.LARGEST_BYTES, 413),
    ],
    ids=["pdf", "svg", "nothing", "half", "large"],
)
async def test_only_a_picture_is_taken(
    relay: Relay, person: Person, content: bytes, padding: int, status: int
) -> None:
    """What is no whole picture of 5 MB at most is refused, whatever it calls itself."""
    request_id, path = await asked(person)
    assert await give(person, path, content + bytes(padding)) == status
    assert await held(relay) is None
    assert await person.state(request_id) is State.IDENTITY_PENDING


async def test_there_is_time_to_give_it(relay: Relay, person: Person) -> None:
    """Asked for on the last day, a copy can be given as long as the request waits for it."""
    pass_time(relay.context, timedelta(days=29))
    request_id, path = await asked(person)
    pass_time(relay.context, timedelta(days=29 + 29))
    assert await give(person, path, photograph()) == 200
    assert await person.state(request_id) is State.RECEIVED
    assert PROOF_WAITS == PROOF_LIFE


async def test_a_document_is_no_code(relay: Relay, person: Person) -> None:
    """A39: a copy that was given already answers no code that is asked for after it."""
    request_id, path = await asked(person)
    assert await give(person, path, photograph()) == 200
    await decisions.ask_proof(relay.context, relay.site, request_id, await person.look())
    assert await give(person, path, photograph("PNG")) == 409
    assert await person.state(request_id) is State.IDENTITY_PENDING


_NAMED = b'--b\r\nContent-Disposition: form-data; name="document"; filename="a"\r\n'


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"--b\r\nContent-Disposition form-data\r\n\r\nx\r\n--b--\r\n", "identity", 400),
        (_NAMED + b"X-A: " + b"a" * 20_000 + b"\r\n\r\nx\r\n--b--\r\n", "identity", 400),
        (b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n' + b"a" * 50,
         "identity", 400),
        (b"", "identity", 400),
        (_NAMED + b"\r\nx\r\n--b--\r\n", "gzip", 415),
    ],
    ids=["head", "long", "charset", "nothing", "packed"],
)  # fmt: skip
async def test_what_is_no_form_is_refused(
    person: Person, body: bytes, encoding: str, status: int
) -> None:
    """A form that cannot be read is refused as such, and no fault of ours."""
    _, path = await asked(person)
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Encoding": encoding}
    url = f"{person.relay.url}{path}/document"
    async with person.relay.http.post(url, data=body, headers=headers) as answer:
        assert answer.status == status


async def test_nobody_gives_what_was_not_asked(relay: Relay, person: Person) -> None:
    """A39: without a doubt that was written down no copy is taken, nor asked from an address that
    proved nothing.
    """
    own = await person.post(f"/rights/{relay.site.slug}", kind="access", email="marc@autre.example")
    assert own.status == 200
    first, unproved = await person.requests()
    with pytest.raises(Refused, match="request_unproved"):
        await documents.ask_document(
            relay.context, relay.site, unproved, await person.look(), "Doute."
        )
    with pytest.raises(Refused, match="request_state"):
        await documents.give_document(relay.context, relay.site, first, photograph(), "household")
    assert await relay.fetch("select 1 from identity_document") == []
