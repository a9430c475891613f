"""Webhooks: where they may lead, and what makes one believed."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import Refused
from relay.webhooks import is_genuine, is_public, read_target, signed_headers
from relay.webhooks.signing import new_secret
from workers.notifier import TRIES_MOST, _settled

HOSTILE = (
    "http://annonces.example/hook",
    "ftp://annonces.example/hook",
    "gopher://annonces.example/_x",
    "file:///etc/passwd",
    "//annonces.example/hook",
    "annonces.example/hook",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1.:443/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.8/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://localhost/",
    "https://localhost.localdomain/",
    "https://metadata/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://routeur.home.arpa/",
    "https://moi:secret@annonces.example/",
    "https://annonces.example@127.0.0.1/",
    "https://annonces.example\\@127.0.0.1/",
    "https://annonces.example#@127.0.0.1/",
    "https://annonces.example /",
    "https://annonces.example\r\nHost: x/",
    "https://annonces.example\t/",
    "https://①②⑦.⓪.⓪.①/",
    "https://annonces。example/",
    "https://annonces.example:99999/",
    "https://annonces.example:x/",
    "https://-annonces.example/",
    "https://annonces..example/",
    "https://annonces.123/",
    "https:///hook",
    "https://" + "a" * 600 + ".example/",
    "",
)
INSIDE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "nonsense",
    "",
)
NOW = datetime(2027, 3, 14, 12, tzinfo=UTC)
BODY = b'{"id":"evt_1"}'


@pytest.mark.parametrize("url", HOSTILE)
def test_a25_hostile_addresses_are_refused(url: str) -> None:
    """A25: what is not plainly a name on the internet, over https, is never taken."""
    with pytest.raises(Refused, match="hook_url_wrong"):
        read_target(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://annonces.example/relais?site=1",
        "https://hooks.annonces.example:8443/relais",
        "https://xn--annonces-y1a.example/",
    ],
)
def test_an_ordinary_address_is_taken(url: str) -> None:
    """A name with a port, a path and a query is kept as it was given."""
    assert read_target(url).url == url


@pytest.mark.parametrize("address", INSIDE)
def test_a25_no_address_inside_is_public(address: str) -> None:
    """A25: private, link-local, metadata, multicast, reserved and wrapped addresses are inside."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "193.252.22.86", "2a01:cb00::1", "2606:4700::1"])
def test_the_internet_is_public(address: str) -> None:
    """An ordinary address may be connected to."""
    assert is_public(address)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """No text does anything but be taken or refused."""
    with suppress(Refused):
        assert read_target(text).url.startswith("https://")


def test_a41_a_signature_is_of_id_time_and_body() -> None:
    """A41: another id, time, body or secret, an old or early time: none is believed."""
    key, other = new_secret(), new_secret()
    good = signed_headers("evt_1", NOW, BODY, [key])
    assert is_genuine(good, BODY, key, NOW)
    late = timedelta(minutes=5, seconds=1)
    forged = {
        "secret": is_genuine(good, BODY, other, NOW),
        "body": is_genuine(good, BODY + b" ", key, NOW),
        "id": is_genuine({**good, "webhook-id": "evt_2"}, BODY, key, NOW),
        "time": is_genuine({**good, "webhook-timestamp": "1805025601"}, BODY, key, NOW),
        "late": is_genuine(good, BODY, key, NOW + late),
        "early": is_genuine(good, BODY, key, NOW - late),
        "none": is_genuine({}, BODY, key, NOW),
        "odd": is_genuine({**good, "webhook-timestamp": "1e9"}, BODY, key, NOW),
        "unsigned": is_genuine({**good, "webhook-signature": "v1,"}, BODY, key, NOW),
    }
    assert not [name for name, believed in forged.items() if believed]


def test_a41_two_secrets_sign_side_by_side() -> None:
    """A41: while a secret is being changed, who has either believes."""
    new, old = new_secret(), new_secret()
    headers = signed_headers("evt_1", NOW, BODY, [new, old])
    assert is_genuine(headers, BODY, new, NOW)
    assert is_genuine(headers, BODY, old, NOW)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
                       st.text(max_size=40)), st.binary(max_size=40))  # fmt: skip
def test_no_headers_break_the_check(headers: dict[str, str], body: bytes) -> None:
    """Whatever comes, the check answers no."""
    assert not is_genuine(headers, body, KEY, NOW)


KEY = new_secret()


def test_a41_the_printed_check_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A41: the lines in docs/sites.md believe what we send, once, and nothing else."""
    page = Path("docs/sites.md").read_text("utf-8")
    [lines] = [
        one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "genuine" in one
    ]
    printed: dict[str, Any] = {}
    exec(lines, printed)
    now = datetime.now(UTC)
    headers = signed_headers("evt_1", now, BODY, [KEY, new_secret()])
    seen: set[str] = set()
    assert not printed["is_genuine"](headers, BODY + b" ", KEY, seen)
    assert printed["is_genuine"](headers, BODY, KEY, seen)
    assert not printed["is_genuine"](headers, BODY, KEY, seen)  # replayed
    old = signed_headers("evt_2", now - timedelta(minutes=6), BODY, [KEY])
    assert not printed["is_genuine"](old, BODY, KEY, seen)


def test_tries_end_after_three_days() -> None:
    """What fails is tried later and later, and given up after about three days."""
    waits = [_settled("timeout", tries) for tries in range(1, TRIES_MOST + 1)]
    assert [state for state, _ in waits].count("queued") == TRIES_MOST - 1
    assert waits[-1][0] == "failed"
    assert timedelta(days=2.5) < timedelta(seconds=sum(s for _, s in waits)) < timedelta(days=3.5)
