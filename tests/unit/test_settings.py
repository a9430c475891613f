"""The environment, read once: every fault together, secrets from files, never shown."""

import base64
import re
from pathlib import Path

import pytest

from relay.settings import Listen, SettingsInvalid, Smarthost, read_settings

SECRET = "tres-secret-7f"
KEY = base64.b64encode(b"k" * 32).decode()


def test_every_fault_at_once() -> None:
    """One reading names every wrong variable, each with its mend."""
    wrong = {
        "RELAY_DATABASE_URL": f"mysql://{SECRET}",
        "RELAY_REDIS_URL": f"http://{SECRET}",
        "RELAY_SMTP_URL": f"ftp://{SECRET}",
        "RELAY_HTTP_LISTEN": "nowhere",
        "RELAY_MASTER_KEY": f"k1:{SECRET}",
        "RELAY_MAIL_DOMAIN": "Pas un domaine",
        "RELAY_PUBLIC_URL": "relais.example",
        "RELAY_TRUSTED_PROXIES": "10.0.0.0/99 nowhere",
        "RELAY_METRICS_NETWORKS": "nowhere",
        "RELAY_CONSOLE_URL": "console.example",
        "RELAY_LMTP_LISTEN": "127.0.0.1:65536",
        "RELAY_DNS_SERVERS": "dns.example",
        "RELAY_LOG_FORMAT": "xml",
        "RELAY_NO_SUCH_THING": "1",
        "RELAY_MASTER_KEY_2_FILE": "/nowhere/at/all",
    }
    with pytest.raises(SettingsInvalid) as refusal:
        read_settings(wrong)
    lines = str(refusal.value).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == sorted(wrong)
    assert not re.search(r"pattern|should|valid", str(refusal.value))
    assert SECRET not in str(refusal.value)


def test_files(tmp_path: Path) -> None:
    """A secret may come from the file named by NAME_FILE, without its line end."""
    file = tmp_path / "key"
    file.write_text(f"k1:{KEY}\n")
    settings = read_settings({"RELAY_MASTER_KEY_FILE": str(file)})
    assert settings.master_key[0].secret == b"k" * 32


def test_variable_or_file(tmp_path: Path) -> None:
    """The variable wins over the file, whichever stands first."""
    file = tmp_path / "url"
    file.write_text("redis://file:6379/0")
    both = {"RELAY_REDIS_URL_FILE": str(file), "RELAY_REDIS_URL": "redis://variable:6379/0"}
    for environment in (both, dict(reversed(both.items()))):
        url = read_settings(environment).redis_url
        assert url is not None
        assert url.get_secret_value() == "redis://variable:6379/0"


def test_secrets_are_not_shown() -> None:
    """No secret stands in the representation of the settings."""
    settings = read_settings(
        {
            "RELAY_DATABASE_URL": f"postgresql://relay:{SECRET}@h/d",
            "RELAY_REDIS_URL": f"redis://:{SECRET}@h:1/0",
            "RELAY_SMTP_URL": f"smtp://relay:{SECRET}@h:587",
            "RELAY_MASTER_KEY": f"k1:{KEY}",
        }
    )
    for shown in (
        repr(settings),
        str(settings),
        repr(settings.smtp_url),
        repr(settings.master_key),
    ):
        assert SECRET not in shown
        assert KEY not in shown


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://h", 25, "opportunistic"),
        ("smtp://u:p@h", 587, "require"),
        ("smtps://h", 465, "implicit"),
        ("smtp://h:2525?tls=none", 2525, "none"),
        ("smtp://u:p%40q@h?tls=opportunistic", 587, "opportunistic"),
    ],
)
def test_smarthosts(url: str, port: int, tls: str) -> None:
    """A smarthost with a password is never spoken to in clear unless that is asked for."""
    host = Smarthost.parse(url)
    assert (host.port, host.tls) == (port, tls)


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "[::1]:8080", ":8080"])
def test_listen(text: str) -> None:
    """An address to listen on is read and written in the usual forms."""
    assert Listen.parse(text).port == 8080
    assert Listen.parse(str(Listen.parse(text))) == Listen.parse(text)


def test_defaults() -> None:
    """Nothing configured is a whole configuration."""
    settings = read_settings({"PATH": "/bin", "RELAY": "x"})
    assert settings.database_url is None
    assert settings.trusted_proxies == ()


def test_a_servers_name_has_no_case() -> None:
    """R11: a checking server named in capitals is trusted as the fields it writes name it."""
    found = read_settings({"RELAY_TRUSTED_AUTHSERV": "MX.Relais.Example mail2"})
    assert found.trusted_authserv == ("mx.relais.example", "mail2")
