"""Passwords of staff: what is stored of them, and what comparing costs whoever guesses."""

from relay.staff.credentials import hash_password, is_password

COST = "$argon2id$v=19$m=65536,t=3,p=1$"


async def test_a_stored_password_is_dear_to_guess() -> None:
    """A47: Argon2id with 64 MiB and three passes (RFC 9106, the second recommended choice)."""
    assert (await hash_password("quatre mots dans un ordre")).startswith(COST)


async def test_a_password_is_compared() -> None:
    """A password fits its own hash only, and fits nothing where there is none."""
    known = await hash_password("quatre mots dans un ordre")
    assert await is_password(known, "quatre mots dans un ordre")
    assert not await is_password(known, "quatre mots en désordre")
    assert not await is_password(None, "quatre mots dans un ordre")
