"""Attacks through the fields of the form and of the API."""

import asyncio
import base64
import json
import re
from email import message_from_bytes, policy
from urllib.parse import quote, urlencode

import pytest
from yarl import URL

from relay.catalogue import AdvertiserBody, TokenBody, seal_token
from tests.relays import CONTACT, LISTING, Relay, courier
from tests.rig.ledger import check_wire
from tests.rig.serving import without_limits
from tests.rig.smtp_sink import SmtpSink

EVIL = "Bcc: victime@ailleurs.example"
BREAKS = ("\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f", "%0d%0a", "\\r\\n", "\0\r\n")
INJECTIONS = [
    *(f"Vélo{cut}{EVIL}" for cut in BREAKS),
    *(f"Vélo{cut}{cut}<b>corps</b>" for cut in BREAKS[:5]),
    f"Vélo\r\n {EVIL}",
    f"Vélo\r\n\t{EVIL}",
    "=?utf-8?q?V=0d=0aBcc:_victime=40ailleurs.example?=",
    "=?utf-8?b?" + base64.b64encode(f"V\r\n{EVIL}".encode()).decode() + "?=",
    "Vélo\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<victime@ailleurs.example>\r\nDATA",
    "Vélo\n.\nQUIT",
    '"Camille" <victime@ailleurs.example>',
    "Vélo, victime@ailleurs.example",
    "Vélo; victime@ailleurs.example",
]
OURS = re.compile(
    "^(Auto-Submitted|Content-Type|Content-Transfer-Encoding|Content-Language|Date|Feedback-ID|From"
    "|In-Reply-To|List-Id|List-Unsubscribe|List-Unsubscribe-Post|MIME-Version|Message-ID|References"
    "|Reply-To|Sender|Subject|To|X-Auto-Response-Suppress|X-Relais-[A-Za-z-]+)$"
)


async def test_a01_header_injection(relay: Relay) -> None:
    """A1: no line break of any field becomes a header; the wire bears our headers, each once."""
    await without_limits(relay)
    sent = 0
    for n, payload in enumerate(INJECTIONS):
        body = {
            "title": payload,
            "details": payload,
            "advertiser": {"pseudonym": "Camille", "email": LISTING.advertiser.email},
        }
        url = f"{relay.url}/v1/listings/evil-{n}"
        async with relay.http.put(url, json=body, headers=relay.secret) as answer:
            assert answer.status in {201, 422}
            ref = f"evil-{n}" if answer.status == 201 else "48213"
        for name in (payload, "Léa"):
            text = f"{payload} {n} {len(name)}"
            status, _ = await relay.post(listing=ref, name=name, message=text)
            assert status in {202, 422}
            sent += status == 202
    assert sent >= len(INJECTIONS)
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(sent + 1, timeout_s=12)
    await check_wire(relay, sink)
    for mail in sink.mails:
        head = mail.content.partition(b"\r\n\r\n")[0].decode("ascii")
        names = re.findall(r"^([^\s:]+):", head, re.MULTILINE)
        assert len(names) == len(set(names))
        assert all(OURS.match(name) for name in names), names
        parsed = message_from_bytes(mail.content, policy=policy.default)
        assert len(parsed["To"].addresses) == len(parsed["From"].addresses) == 1


async def test_a02_line_breaks_in_addresses(relay: Relay) -> None:
    """A2: an address with anything after it is refused, never cut to a shorter one."""
    for tail in (
        "\r\n",
        "\n",
        "\r",
        ">",
        ">\r\nRCPT TO:<x@y.example>",
        "\0",
        "\u2028",
        " x",
        ",b@c",
    ):
        for address in (f"lea@acheteuse.example{tail}", f"lea{tail}@acheteuse.example"):
            padded = f"{address}z" if address.strip() != address else address
            status, body = await relay.post(email=padded)
            assert (status, body["errors"][0]["field"]) == (422, "email"), padded
            listing = {"title": "Vélo", "advertiser": {"pseudonym": "C", "email": padded}}
            url = f"{relay.url}/v1/listings/a02"
            async with relay.http.put(url, json=listing, headers=relay.secret) as answer:
                assert answer.status == 422


async def raw_json(relay: Relay, data: bytes, path: str = "", **headers: str) -> tuple[int, str]:
    """Post bytes as JSON; return status and code."""
    address = f"{relay.url}{path}" if path else relay.form
    kind = {"Content-Type": "application/json"} | headers
    async with relay.http.post(address, data=data, headers=kind) as answer:
        return answer.status, (await answer.json(content_type=None)).get("code", "")


BAD_JSON = {
    "deep list": b"[" * 30_000,
    "deep object": b'{"a":' * 10_000,
    "deep and closed": b"[" * 30 + b"]" * 30,
    "key twice": b'{"listing":"1","listing":"2"}',
    "NaN": b'{"phone": NaN}',
    "Infinity": b'{"phone": -Infinity}',
    "huge integer": b'{"phone": ' + b"9" * 5_000 + b"}",
    "invalid UTF-8": b'{"message": "\xff\xfe"}',
    "overlong UTF-8": b'{"message": "\xc0\x80"}',
    "UTF-16": '{"message": "a"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "cut": b'{"message": "a',
    "empty": b"",
    "raw control": b'{"message": "a\x00b"}',
}


@pytest.mark.parametrize("path", ["", "/v1/messages"])
async def test_a30_hostile_json(relay: Relay, path: str) -> None:
    """A30: JSON that is deep, double, endless or no Unicode is answered 400."""
    for name, data in BAD_JSON.items():
        status, code = await raw_json(relay, data, path, **relay.secret)
        assert status == 400, (name, status)
        assert code in {"body_not_json", "json_too_deep", "json_duplicate_key"}, name
    for value in (b"[]", b"3", b"null", b'"x"', b'{"phone": 1e999}', b'{"phone": [1]}'):
        status, _ = await raw_json(relay, value, path, **relay.secret)
        assert status in {400, 422}, value


async def test_a31_hostile_unicode(relay: Relay) -> None:
    """A31: what the database cannot store never reaches it, and hidden digits are seen as such."""
    await without_limits(relay)
    signs = (
        "\0",
        "\ud83d",
        "\udcff",
        "\ufdd0",
        "\uffff",
        "\U0001ffff",
        "\ufeff",
        "\u200b",
        "\u202e",
    )
    for n, sign in enumerate(signs):
        text = f"Appelez le 06{sign}39{sign}98{sign}01{sign}23, essai {n}"
        ref = f"48213{sign}"
        fields = {"message": text, "listing": ref, "next": sign, "altcha": sign, "sig": sign}
        status, _ = await relay.post(**fields)
        assert status == 202, sign.encode("unicode-escape")
        status, _ = await relay.post(listing_token=sign)
        assert status == 422
        pairs = [("listing", ref), ("next", sign), ("message", text)]
        form = urlencode(pairs, encoding="utf-8", errors="surrogatepass")
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        async with relay.http.post(relay.form, data=form, headers=kind) as answer:
            assert answer.status in {400, 422}
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(len(signs) + 1, timeout_s=30)
    await check_wire(relay, sink)


@pytest.mark.parametrize("path", ["/f/KEY?listing=a%00b", "/f/a%00b", "/m/a%00b", "/a/%00/sold"])
async def test_a31_zero_in_an_address(relay: Relay, path: str) -> None:
    """A31: a zero byte in the address of a page is an ordinary miss."""
    url = f"{relay.url}{path.replace('KEY', relay.keys.public)}"
    async with relay.http.get(url, headers={"Accept": "text/html"}) as answer:
        assert answer.status in {200, 401, 404}


async def test_a31_zero_in_the_api(relay: Relay) -> None:
    """A31: a zero byte in any part of a listing is removed or refused."""
    url = f"{relay.url}/v1/listings/4%0082"
    for method in ("GET", "DELETE"):
        async with relay.http.request(method, url, headers=relay.secret) as answer:
            assert answer.status == 404
    person = {"pseudonym": "Camille", "email": "camille@annonceur.example"}
    for field in ("title", "details", "url", "language"):
        body = {"title": "Vélo", "advertiser": person, field: "https://a.example/\0\x01"}
        async with relay.http.put(url, json=body, headers=relay.secret) as answer:
            assert answer.status in {200, 201, 422}


async def test_a31_headers_that_are_no_text(relay: Relay) -> None:
    """A31: header bytes that are no UTF-8 are stored readable, never a 500."""
    for name in ("User-Agent", "Accept-Language", "Idempotency-Key", "X-Forwarded-For"):
        status, _ = await relay.post({name: "caf\udce9"}, message=f"Bonjour, en-tête {name}.")
        assert status == 202, name
    url = f"{relay.url}/v1/listings/48213"
    async with relay.http.get(url, headers={"Authorization": "Bearer \udcff"}) as answer:
        assert answer.status == 401


async def test_a46_sql_in_every_field(relay: Relay) -> None:
    """A46: quotes and comments of SQL are text in every field, and every table stands."""
    payloads = (
        "'; drop table message; --",
        "' or '1'='1",
        '"; delete from site; --',
        "$1 $$ :name %s",
    )
    for n, payload in enumerate(payloads):
        status, _ = await relay.post(message=f"{payload} {n}", name=payload.replace("@", ""))
        assert status == 202
        for field in ("listing", "email", "phone", "sig", "altcha", "listing_token", "website"):
            status, _ = await relay.post(**{field: payload, "message": f"{payload}{field}"})
            assert status in {202, 404, 422}
        body = {"title": payload, "advertiser": {"pseudonym": "C", "email": "c@annonceur.example"}}
        url = URL(f"{relay.url}/v1/listings/{quote(payload, safe='')}", encoded=True)
        async with relay.http.put(url, json=body, headers=relay.secret) as answer:
            assert answer.status == 201
        async with relay.http.get(url, headers=relay.secret) as answer:
            assert (await answer.json())["title"] == payload
    assert (await relay.fetch("select count(*) from site"))[0][0] == 1


def token_body(relay: Relay, **changes: object) -> TokenBody:
    """Return a listing for a sealed token."""
    now = int(relay.context.clock().timestamp())
    values: dict[str, object] = {
        "ref": "j-1",
        "title": "Vélo sous jeton",
        "advertiser": AdvertiserBody(pseudonym="Camille", email="camille@annonceur.example"),
        "iat": now,
        "exp": now + 600,
    }
    return TokenBody.model_validate(values | changes)


async def test_a42_forged_listing(relay: Relay) -> None:
    """A42: a token altered anywhere, expired, resealed or unsigned is refused."""
    await without_limits(relay)
    key = relay.site.token_key
    good = seal_token(token_body(relay), key)
    assert (await relay.post(listing_token=good))[0] == 202
    part = good.split(".")
    plain = base64.urlsafe_b64encode(token_body(relay).model_dump_json().encode()).decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode()
    forged = [
        good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
        for at in range(0, len(good) - 2, 7)
    ]
    forged += [".".join([*part[:n], part[n][:-4], *part[n + 1 :]]) for n in (0, 2, 3, 4)]
    forged += [
        seal_token(token_body(relay), bytes(32)),
        f"{none}..{plain}.",
        f"{none}.{plain}.",
        plain,
    ]
    forged += [good + "A" * 5000, "." * 4, base64.urlsafe_b64encode(b"[" * 3000).decode() + "...."]
    for token in forged:
        status, body = await relay.post(listing_token=token, message="Un jeton altéré.")
        assert (status, body["code"]) == (422, "listing_token_bad")
    old = seal_token(token_body(relay, exp=1), key)
    assert (await relay.post(listing_token=old))[1]["code"] == "listing_token_expired"


async def test_a42_advertiser_in_hidden_fields(relay: Relay) -> None:
    """A42: an advertiser given by the page's visitor is ignored: mail goes to the site's."""
    person = {"pseudonym": "Moi", "email": "moi@attaquant.example"}
    more = {"advertiser": json.dumps(person), "advertiser_email": person["email"]}
    more |= {"to": person["email"], "recipient": person["email"], "reply_to": person["email"]}
    assert (await relay.post(**more))[0] == 202
    body = {**CONTACT, "sender": {"ip": "192.0.2.7"}, "advertiser": person}
    async with relay.http.post(
        f"{relay.url}/v1/messages", json=body, headers=relay.secret
    ) as answer:
        assert answer.status == 422
    async with SmtpSink() as sink, courier(relay.context, sink.port):
        await sink.wait_for(2, timeout_s=30)
        await asyncio.sleep(0.1)
    await check_wire(relay, sink)


async def test_a42_old_token_changes_nothing(relay: Relay) -> None:
    """A42: an older token, valid still, does not undo what the site has said since."""
    now = int(relay.context.clock().timestamp())
    old = seal_token(
        token_body(relay, ref="48213", title="Ancien titre", iat=now - 300), relay.site.token_key
    )
    assert (await relay.post(listing_token=old))[0] == 202
    [row] = await relay.fetch("select title from listing where ref = '48213'")
    assert row["title"] == LISTING.title
