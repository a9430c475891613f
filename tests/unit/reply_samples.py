"""One ordinary passed-on reply each way, and the notices to its writer."""

import io
from dataclasses import replace
from functools import cache
from uuid import UUID

from PIL import Image

from relay.addresses import message_id_for
from relay.mail.attachments import Allowed, clean
from relay.mail.letters import BuyerLinks, ReplyMail, WriterNotice, WriterNoticeKind
from relay.mail.reading.values import Attachment
from tests.unit.mail_samples import CONTACT, LINKS

_TOKEN = "q2xwd5mzt7ah4n6jr8cyk3v9q2xwd5mzt7ah4n6jr8cyk3v9"
BUYER_LINKS = BuyerLinks(
    **{name: f"https://relais.example/m/{name}/{_TOKEN}" for name in BuyerLinks.__slots__}
)
HOP = "1.msg_aaaaaaaaaaaaaaaaaaaaaaaabe.mzt7ah4n6jr8cyk3v9q2xwd5"

TO_BUYER = ReplyMail(
    language="fr",
    site_name="Exemple Annonces",
    listing_title="Vélo de ville 28 pouces",
    listing_ref="48213",
    writer_name="Marc",
    reader_name="Camille",
    text="Bonjour,\n\noui, il est disponible. Samedi 10 h ? Mon numéro : [numéro masqué]\n\nMarc",
    history="Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin.",
    phone_hidden=False,
    neutral_subject=False,
    from_address="r-n6jr8cyk3v9q2xwd5mzt7ah4k3@relais.example",
    envelope_sender="b-k3v9q2xw@relais.example",
    recipient="camille@fournisseur.example",
    message_id=message_id_for(UUID(int=9), "relais.example"),
    references=(message_id_for(UUID(int=8), "relais.example"),),
    sent_at=CONTACT.sent_at,
    purged_on=CONTACT.purged_on,
    links=BUYER_LINKS,
    hop=HOP,
)
TO_ADVERTISER = replace(
    TO_BUYER,
    writer_name="Camille",
    reader_name="Marc",
    text="Parfait, samedi 10 h me va. Où est-ce ?",
    history="Oui, il est disponible. Samedi 10 h ?",
    phone_hidden=True,
    from_address=CONTACT.from_address,
    recipient=CONTACT.recipient,
    message_id=message_id_for(UUID(int=11), "relais.example"),
    references=(CONTACT.message_id, message_id_for(UUID(int=9), "relais.example")),
    links=LINKS,
)
WRITTEN = WriterNotice(
    kind=WriterNoticeKind.NUMBER_MASKED,
    language="fr",
    site_name="Exemple Annonces",
    reader_name="Camille",
    neutral_subject=False,
    page_url=f"https://relais.example/a/reveal/{_TOKEN}",
    from_address="ne-pas-repondre@relais.example",
    recipient="marc@fournisseur.example",
    message_id=message_id_for(UUID(int=10), "relais.example"),
    references=(CONTACT.message_id,),
    sent_at=CONTACT.sent_at,
    hop=HOP,
)


def to_buyer(**changes):
    """Return the ordinary reply to a buyer with some values changed."""
    return replace(TO_BUYER, **changes)


@cache
def photo():
    """Return one photo, made anew from one that says too much."""
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(file, "JPEG", comment=b"0639980199")
    return clean([Attachment("moi.jpg", "image/jpeg", file.getvalue())], allowed=Allowed()).files
