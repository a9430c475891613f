"""What every handler finds in the application and in the request."""

import weakref

from aiohttp import web

from relay.context import Context
from relay.conversations import ContactDesk
from relay.rights.letterbox import Letterbox
from relay.web.pages import Pages

CONTEXT = web.AppKey("context", Context)
LETTERBOX = web.AppKey("letterbox", Letterbox)
DESK = web.AppKey("desk", ContactDesk)
PAGES = web.AppKey("pages", Pages)
SPOKEN = web.AppKey("spoken", weakref.WeakSet)  # transports on which a request came
REQUEST_ID = web.RequestKey("request_id", str)
PEER = web.RequestKey("peer", tuple)  # host and port, kept when the connection is gone
