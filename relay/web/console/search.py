"""Search: what is pasted becomes a key, and the key a page; the value itself is in no address."""

from aiohttp import web

from relay import lookup
from relay.permissions import Permission
from relay.web.console.doors import Visit, door
from relay.web.origins import readable


@door("GET", "search", Permission.QUEUE)
async def show_search(visit: Visit) -> web.StreamResponse:
    """Show the field."""
    return visit.page("search", keys=None)


@door("POST", "search", Permission.QUEUE)
async def search(visit: Visit) -> web.StreamResponse:
    """Go to what is known of what was pasted; choose, where it can be read in two ways."""
    pasted = readable(visit.fields.get("q", ""))
    region = visit.site.policy.site.region
    keys = []
    for reading in lookup.read_pasted(pasted, region=region):
        look = visit.seen("search", reading.kind.value)
        key = await lookup.find_key(visit.context, visit.site, reading, look)
        if key.hashes:
            keys.append(key)
    if len(keys) == 1:
        return visit.see("keys", keys[0].token)
    return visit.page("search", keys=keys)


@door("POST", "messages/{id}/pivot", Permission.QUEUE)
async def pivot(visit: Visit) -> web.StreamResponse:
    """Go from one message to all that share its phone, mailbox, address, browser or text."""
    message_id = visit.subject("msg")
    kinds = {kind.value: kind for kind in lookup.Kind}
    kind = kinds.get(visit.fields.get("kind", ""), lookup.Kind.PHONE)
    look = visit.seen("search", kind.value)
    key = await lookup.pivot(visit.context, visit.site, message_id, kind, look)
    return visit.see("keys", key.token)
