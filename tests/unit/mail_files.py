"""Where the stored incoming mails lie, and what is expected of them."""

import json
from pathlib import Path
from typing import Any

MAILS = Path(__file__).parents[1] / "data" / "mail"


def expected(folder: str) -> dict[str, Any]:
    """Return what ``expected.json`` of a folder says, by file name."""
    return json.loads((MAILS / folder / "expected.json").read_text())


def stored(folder: str, name: str) -> bytes:
    """Return one mail."""
    return (MAILS / folder / name).read_bytes()


def samples() -> dict[str, dict[str, Any]]:
    """Return the answers of programs and people, by name."""
    lines = (MAILS / "automatic" / "samples.jsonl").read_text().splitlines()
    return {one["name"]: one for one in map(json.loads, lines)}


def sample_mail(sample: dict[str, Any]) -> bytes:
    """Return a sample as a whole mail."""
    fields = {
        "From": sample["from"],
        "To": "r-abc@relais.example",
        "Subject": sample["subject"],
        "Message-ID": "<1@orange.example>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    lines = [f"{name}: {value}" for name, value in {**sample["fields"], **fields}.items()]
    return "\r\n".join([*lines, "", *sample["text"].split("\n"), ""]).encode()
