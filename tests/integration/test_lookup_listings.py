"""Listings at the desk, against a real database: found by a phone, masked, scoped by site."""

from uuid import UUID

import pytest

from relay import administration, listings, lookup
from relay.errors import Refused
from relay.lookup import Contact, ListingShown, read_pasted
from tests.integration.test_lookup import look_of
from tests.relays import HIDDEN, LISTING, ORIGIN, POLICIES, Relay


async def found(relay: Relay, raw: str = "06 39 98 01 23") -> tuple[ListingShown, ...]:
    """Paste a phone and return the listings of its advertiser."""
    look = await look_of(relay)
    key = await lookup.find_key(relay.context, relay.site, read_pasted(raw)[0], look)
    return await lookup.find_listings(relay.context, relay.site, key, look)


async def listing_id(relay: Relay) -> UUID:
    """Return the id of the listing there is."""
    [row] = await relay.fetch("select listing_id from listing")
    return UUID(str(row["listing_id"]))


async def test_an_advertisers_phone_finds_the_listing(relay: Relay) -> None:
    """A hidden phone in any form finds the listings of its owner, and shows none of it whole."""
    for raw in ("06 39 98 01 23", "+33639980123", "0033 6.39.98.01.23"):
        [shown] = await found(relay, raw)
        assert (shown.ref, shown.title) == (LISTING.ref, LISTING.title)
        assert shown.phone is not None
        assert shown.phone.replace("\u00a0", " ") == "06 •• •• •• 23"
        assert (shown.email, shown.is_phone_shown) == ("c***@an…", False)
    assert await found(relay, "06 39 98 99 99") == ()


async def test_a_phone_that_changed_finds_no_more(relay: Relay) -> None:
    """A listing registered anew under another phone is found by that one alone."""
    advertiser = LISTING.advertiser.__class__("Camille", LISTING.advertiser.email, "+33639980177")
    await relay.put_listing(advertiser=advertiser)
    assert await found(relay) == ()
    assert len(await found(relay, "06 39 98 01 77")) == 1


async def test_listings_of_before_are_found_in_time(relay: Relay) -> None:
    """A listing of before is findable once a worker came by; one without a phone is settled too."""
    nobody = LISTING.advertiser.__class__("Erwan", "erwan@annonceur.example", None)
    await relay.put_listing(ref="2", advertiser=nobody)
    await relay.fetch("update listing set phone_hash = null")
    assert await found(relay) == ()
    assert await lookup.hash_listings(relay.context, relay.site) == 2
    assert await lookup.hash_listings(relay.context, relay.site) == 0
    assert len(await found(relay)) == 1


async def test_what_was_written_is_counted(relay: Relay) -> None:
    """A listing shows how many messages are where, in how many conversations."""
    await relay.post()
    await relay.post(message="Une autre question, plus longue que la première ?")
    look = await look_of(relay)
    _, counted = await lookup.read_listing(relay.context, relay.site, await listing_id(relay), look)
    assert [(one.state, one.messages, one.conversations, one.reported) for one in counted] == [
        ("queued", 2, 1, 0)
    ]


async def test_a_phone_is_shown_for_a_reason(relay: Relay) -> None:
    """What was asked for is opened and nothing else; without a reason nothing is."""
    look = await look_of(relay, "reveal")
    one = await listing_id(relay)
    wanted = frozenset({Contact.PHONE})
    opened = await lookup.open_advertiser(relay.context, relay.site, one, wanted, look)
    assert opened == {Contact.PHONE: HIDDEN}
    silent = look.__class__(look.site_id, look.staff_id, "reveal", "lst", " ", look.at)
    with pytest.raises(Refused, match="reason_missing"):
        await lookup.open_advertiser(relay.context, relay.site, one, wanted, silent)


async def test_an_erased_advertiser_is_shown_as_nobody(relay: Relay) -> None:
    """The listing of somebody erased stays, without name, phone or address."""
    await relay.fetch("update person set wrapped_key = null")
    shown, _ = await lookup.read_listing(
        relay.context, relay.site, await listing_id(relay), await look_of(relay)
    )
    assert (shown.pseudonym, shown.phone, shown.email) == ("", None, None)


async def test_another_site_finds_nothing(relay: Relay) -> None:
    """A24: neither the phone nor the id of a listing finds anything at another site."""
    source = (POLICIES / "demo.toml").read_text("utf-8")
    await administration.open_site(relay.context, "other", source, origins=[ORIGIN], test=True)
    other = await administration.find_site(relay.context, "other")
    look = await look_of(relay, site=other)
    key = await lookup.find_key(relay.context, other, read_pasted("06 39 98 01 23")[0], look)
    assert await lookup.find_listings(relay.context, other, key, look) == ()
    with pytest.raises(Refused, match="not_found"):
        await lookup.read_listing(relay.context, other, await listing_id(relay), look)
    await listings.put_listing(relay.context, other, LISTING)
    assert len(await lookup.find_listings(relay.context, other, key, look)) == 1
