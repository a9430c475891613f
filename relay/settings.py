"""Everything the environment decides, read once at start: ``RELAY_*`` variables.

Nested names use ``__``; every secret may also come from a file named by ``<NAME>_FILE``.
All faults are reported together, each with the variable's name and how to mend it.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
)

PREFIX = "RELAY_"
MENDS = {
    "mail_domain": "write a domain in small letters, for example relais.example.org",
    "public_url": "write it as https://relais.example.org, without a path",
    "console_url": "write it as https://console.example.org, without a path",
    "trusted_proxies": "write networks separated by spaces, for example 10.0.0.0/8 ::1",
    "metrics_networks": "write networks separated by spaces, for example 10.0.0.0/8 ::1",
    "dns_servers": "write addresses separated by spaces, for example 192.0.2.53 2001:db8::53",
    "log_format": "write json or console",
}
PORT_MOST = 65535


class SettingsInvalid(Exception):
    """The environment cannot be used; the message lists every fault with its mend."""


class Listen(BaseModel):
    """An address to listen on, ``host:port``."""

    model_config = ConfigDict(frozen=True)
    host: str
    port: int

    @classmethod
    def parse(cls, value: str) -> "Listen":
        """Read ``host:port``, ``[v6]:port`` or ``:port``."""
        host, colon, port = value.rpartition(":")
        if not colon or not port.isdigit() or int(port) > PORT_MOST:
            raise ValueError("write it as host:port, for example 127.0.0.1:8080")
        return cls(host=host.strip("[]") or "127.0.0.1", port=int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Smarthost(BaseModel):
    """One next hop that takes the relay's mail.

    ``tls``: ``require`` never sends in clear; ``opportunistic`` uses STARTTLS when it is
    offered and records what happened; ``implicit`` is TLS from the first byte; ``none``.
    """

    model_config = ConfigDict(frozen=True)
    host: str
    port: int
    username: str | None = None
    password: SecretStr | None = None
    tls: str

    @classmethod
    def parse(cls, url: str) -> "Smarthost":
        """Read ``smtp://[user:password@]host[:port][?tls=require|opportunistic|none]``."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("write it as smtp://user:password@host:587 or smtps://host:465")
        options = dict(parse_qsl(parts.query))
        default = "implicit" if parts.scheme == "smtps" else "opportunistic"
        if parts.username and parts.scheme == "smtp":
            default = "require"
        tls = options.pop("tls", default)
        if options or tls not in ("require", "opportunistic", "implicit", "none"):
            raise ValueError("the only option is tls=require, opportunistic or none")
        return cls(
            host=parts.hostname,
            port=parts.port or {"implicit": 465}.get(tls, 587 if parts.username else 25),
            username=unquote(parts.username) if parts.username else None,
            password=SecretStr(unquote(parts.password)) if parts.password else None,
            tls=tls,
        )

    @property
    def name(self) -> str:
        """The route's name in tables, logs and metrics."""
        return f"{self.host}:{self.port}"


class MasterKey(BaseModel):
    """A 256-bit key that wraps the data keys, and the short id stored beside what it wrapped."""

    model_config = ConfigDict(frozen=True)
    key_id: str
    key: SecretStr

    @property
    def secret(self) -> bytes:
        """The 32 bytes."""
        return base64.b64decode(self.key.get_secret_value())


class Settings(BaseModel):
    """The frozen settings of one process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: SecretStr | None = None
    purge_url: SecretStr | None = None  # as whom workers and `relay purge` connect
    owner_url: SecretStr | None = None  # as whom `relay migrate` connects
    redis_url: SecretStr | None = None
    smtp_url: tuple[Smarthost, ...] = ()
    http_listen: Listen = Listen(host="127.0.0.1", port=8080)
    console_listen: Listen = Listen(host="127.0.0.1", port=8081)
    lmtp_listen: Listen = Listen(host="127.0.0.1", port=8024)
    smtp_listen: Listen | None = None  # the mail door without a mail server in front
    smtp_certificate: Path | None = None  # PEM, certificate and key: offers STARTTLS there
    inbound_key: SecretStr | None = None  # of the HTTP hook that takes mail
    trusted_authserv: tuple[str, ...] = ()  # whose Authentication-Results count (RFC 8601)
    worker_listen: Listen | None = None
    mail_domain: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")] = (
        "relais.example"
    )
    public_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] = "http://127.0.0.1:8080"
    console_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] | None = None
    state_dir: Path = Path(".state")
    master_key: tuple[MasterKey, ...] = ()
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    metrics_networks: tuple[IPvAnyNetwork, ...] = ()
    dns_servers: tuple[IPvAnyAddress, ...] = ()
    log_format: Annotated[str, Field(pattern="^(json|console)$")] = "json"

    @field_validator(
        "http_listen",
        "console_listen",
        "lmtp_listen",
        "smtp_listen",
        "worker_listen",
        mode="before",
    )
    @classmethod
    def _read_listen(cls, value: object) -> object:
        return Listen.parse(value) if isinstance(value, str) else value

    @field_validator("smtp_url", mode="before")
    @classmethod
    def _read_smarthosts(cls, value: object) -> object:
        return tuple(map(Smarthost.parse, value.split())) if isinstance(value, str) else value

    @field_validator(
        "trusted_proxies", "metrics_networks", "dns_servers", "trusted_authserv", mode="before"
    )
    @classmethod
    def _read_list(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("trusted_authserv")
    @classmethod
    def _in_small_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.lower() for name in value)  # as fields are compared (RFC 8601 2.5)

    @field_validator("public_url", "console_url", mode="before")
    @classmethod
    def _without_slash(cls, value: object) -> object:
        return value.rstrip("/") if isinstance(value, str) else value

    def as_purger(self) -> "Settings":
        """Return the settings of a process that deletes what is over."""
        return self.model_copy(update={"database_url": self.purge_url or self.database_url})

    @property
    def console_origin(self) -> str:
        """Where staff open the console: what the operator says, or where it listens."""
        return self.console_url or f"http://{self.console_listen}"

    @field_validator("database_url", "purge_url", "owner_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("write it as postgresql://user:password@host:5432/database")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("write it as redis://user:password@host:6379/0")
        return value

    @field_validator("master_key", mode="before")
    @classmethod
    def _read_master_keys(cls, value: object) -> object:
        return tuple(map(_master_key, value.split())) if isinstance(value, str) else value


def _master_key(text: str) -> MasterKey:
    key_id, colon, encoded = text.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not colon or not key_id.isalnum() or len(key) != 32:  # noqa: PLR2004 (AES-256)
        raise ValueError("write it as <id>:<base64 of 32 random bytes>, the newest first")
    return MasterKey(key_id=key_id, key=SecretStr(encoded))


def read_settings(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings from *environment* (``os.environ``), then *overrides*.

    Raises:
        SettingsInvalid: One line per fault: the variable, what is wrong, how to write it.
    """
    found, faults = _collect(os.environ if environment is None else environment)
    known = set(Settings.model_fields)
    for name in sorted(set(found) - known):
        faults.append(f"{PREFIX}{name.upper()}: no such setting; see docs/operating.md")
        del found[name]
    try:
        settings = Settings.model_validate(found | overrides)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0])
            mend = MENDS.get(name) or fault["msg"].removeprefix("Value error, ")
            faults.append(f"{PREFIX}{name.upper()}: {mend}")
        raise SettingsInvalid("\n".join(dict.fromkeys(faults))) from None
    if faults:
        raise SettingsInvalid("\n".join(faults))
    return settings


def _collect(environment: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
    found: dict[str, object] = {}
    faults: list[str] = []
    for variable, value in environment.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if not name.endswith("_file"):
            found[name] = value
            continue
        try:
            found.setdefault(name.removesuffix("_file"), Path(value).read_text("utf-8").strip())
        except OSError as error:
            faults.append(f"{variable}: cannot read the file: {error.strerror}")
        except UnicodeDecodeError:
            faults.append(f"{variable}: cannot read the file: it is no text in UTF-8")
    return found, faults
