"""People's answers, as mail programs write them: the author's own words and nothing else."""

import re
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.mail.reading.heading import read_heading
from relay.mail.reading.replies import read_reply
from relay.mail.reading.values import Reply

CORPUS = sorted((Path(__file__).parents[1] / "data/mail/replies").glob("*.eml"))
_STEM = re.compile(r"(?P<client>\w+)_(?P<language>fr|en|de|es|nl|it|pt)_\d\d")
_ALIAS = re.compile(r"r-[a-z2-7]{20,}")
_NUMBER = re.compile(r"(?:\+33|0)[ .]?\d(?:[ .]?\d\d){4}")
_OURS = ("vous écrit au sujet", "wrote to you about", "relais.example", "Signaler un abus")
_HEADS = ("a écrit :", "-----", "________", "Envoyé de mon", "Message d'origine")


def read(raw: bytes) -> Reply:
    """Read a mail as the room does."""
    message = message_from_bytes(raw)
    return read_reply(message, read_heading(message))


def expected(path: Path) -> str:
    """The author's own words of a mail of the corpus."""
    return path.with_suffix(".txt").read_text("utf-8").rstrip("\n")


def words(text: str) -> Counter[str]:
    """The words of a text, each as often as it stands there."""
    return Counter(re.findall(r"\w+", text))


def is_exact(path: Path) -> bool:
    """Whether the answer comes out to the letter."""
    return read(path.read_bytes()).text == expected(path)


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    """At least 150 mails stand in the corpus, 100 of them French."""
    assert len(CORPUS) >= 150
    assert sum("_fr_" in path.stem for path in CORPUS) >= 100


def test_french_answers_come_out_exactly() -> None:
    """R13: at least nine French answers in ten come out to the letter; the table tells which."""
    table: dict[tuple[str, str], list[bool]] = {}
    for path in CORPUS:
        found = _STEM.fullmatch(path.stem)
        assert found is not None, path.stem
        table.setdefault((found["language"], found["client"]), []).append(is_exact(path))
    for (language, client), exact in sorted(table.items()):
        print(f"{language}  {client:16} {sum(exact)}/{len(exact)}")
    french = [one for (language, _), exact in table.items() if language == "fr" for one in exact]
    assert sum(french) / len(french) >= 0.90


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_no_word_of_an_author_is_lost(path: Path) -> None:
    """R13: every word an author wrote stands in the text or, in doubt, is kept for a person."""
    reply = read(path.read_bytes())
    doubt = path.with_suffix(".doubtful.txt")
    wanted = words(expected(path) + (doubt.read_text("utf-8") if doubt.exists() else ""))
    assert not wanted - words(f"{reply.text} {reply.doubtful}")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_nothing_of_the_quote_or_the_signature_passes(path: Path) -> None:
    """R1 and R2: no alias, sentence of ours, head of a quote or signature's number in the text."""
    text, wanted = read(path.read_bytes()).text, expected(path)
    assert not _ALIAS.search(text)
    assert not [sign for sign in (*_OURS, *_HEADS) if sign in text and sign not in wanted]
    assert not [number for number in _NUMBER.findall(text) if number not in wanted]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_line_of_the_mail_is_somewhere(path: Path) -> None:
    """R13: a reply and its quote together hold all the words of the part that was read."""
    message = message_from_bytes(path.read_bytes())
    reply = read(path.read_bytes())
    kept = words(f"{reply.text} {reply.doubtful} {reply.quoted} {reply.signature}")
    parts = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    if parts:
        payload = parts[0].get_payload(decode=True)
        assert isinstance(payload, bytes)
        plain = re.findall(r"[a-z]{4,}", payload.decode("latin-1"))
        assert all(any(word in one for one in kept) for word in set(plain))


PLAIN = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
_WORD = st.text("abcdeilmnorstuvzàéèêçôœ", min_size=1, max_size=12)
PARAGRAPHS = st.lists(st.lists(_WORD, min_size=1, max_size=30).map(" ".join), min_size=1).map(
    "\n\n".join
)


@given(PARAGRAPHS)
def test_plain_paragraphs_come_back_exactly(said: str) -> None:
    """R13: words without any mark of a quote come back to the letter."""
    assert read((PLAIN + said).encode()).text == said


@given(PARAGRAPHS)
def test_words_above_a_quote_come_back_exactly(said: str) -> None:
    """R13: a quote below takes nothing of the words above."""
    quote = "\n\nLe 3 mars 2025 à 10:02, Camille <r-abc@relais.example> a écrit :\n\n> Bonjour\n"
    assert read((PLAIN + said + quote).encode()).text == said


@given(st.binary(max_size=2000), st.sampled_from(["plain", "html", "calendar", "x"]))
def test_no_bytes_raise(body: bytes, kind: str) -> None:
    """F45 and A14: any bytes in a body make a reply."""
    head = f"Content-Type: text/{kind}; charset=utf-8; format=flowed\n\n".encode()
    assert isinstance(read(head + body).text, str)


@given(st.binary(max_size=3000))
def test_no_mail_raises(raw: bytes) -> None:
    """F45: any bytes the standard parser takes make a reply."""
    assert isinstance(read(raw).text, str)


@settings(deadline=None)  # a busy machine is no fault of a mail's
@given(st.sampled_from(CORPUS), st.data())
def test_a_damaged_mail_makes_a_reply(path: Path, data: st.DataObject) -> None:
    """F45: a mail of the corpus with any bytes changed makes a reply."""
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read(bytes(raw)).text, str)


GROWING: dict[str, Callable[[int], str]] = {
    "prose": lambda n: "Bonjour, je viens demain voir le vélo avec un ami.\n" * (n // 51),
    "attributions": lambda n: (
        "Le 3 mars 2025 à 10:02, C <a@b.example> a\nécrit :\n\nb\n" * (n // 53)
    ),
    "half attributions": lambda n: "Le 3 mars 2025 à 10:02 je suis venu\n" * (n // 37),
    "fields": lambda n: "De : x@y.example\n" * (n // 17),
    "addresses": lambda n: "a@b.example " * (n // 12),
    "rules": lambda n: "-----\n" * (n // 6),
    "marks": lambda n: "> > ok\nbla\n" * (n // 11),
    "one line of marks": lambda n: ">" * n,
    "numbers": lambda n: "06 39 98 " * (n // 9),
    "armour": lambda n: "-----BEGIN PGP MESSAGE-----\n" * (n // 28),
    "html quotes": lambda n: "<div class=gmail_quote>x</div>" * (n // 30),
    "html depth": lambda n: "<blockquote>" * (n // 12) + "x",
    "html signs": lambda n: "<" * n,
}


@pytest.mark.parametrize("shape", GROWING)
def test_time_grows_with_the_size_only(shape: str) -> None:
    """A19: twice the mail takes about twice the time, whatever it is made of."""
    kind = "html" if shape.startswith("html") else "plain"

    def cost(size: int) -> float:
        raw = f"Content-Type: text/{kind}; charset=utf-8\n\n{GROWING[shape](size)}".encode()
        started = time.process_time()
        read(raw)
        return time.process_time() - started

    ratios = (cost(60_000) / max(cost(30_000), 0.004) for _ in range(5))
    assert any(ratio < 2.5 for ratio in ratios)
