"""What people and sites type, read into values, or refused with the exact thing to correct.

Pure: a reader takes any text, returns a value, or raises ``Invalid`` with one fault
that names the field, a stable code and what its sentence needs. No other exception
leaves a reader, whatever the text.
"""

from relay.validation.cards import card_numbers
from relay.validation.companies import read_siret, read_vat
from relay.validation.emails import Email, read_email
from relay.validation.phones import Phone, is_canvassing, read_phone, readable
from relay.validation.providers import is_disposable, mailbox_key, suggest_domain
from relay.validation.words import read_line, read_message, read_name

__all__ = [
    "Email",
    "Phone",
    "card_numbers",
    "is_canvassing",
    "is_disposable",
    "mailbox_key",
    "read_email",
    "read_line",
    "read_message",
    "read_name",
    "read_phone",
    "read_siret",
    "read_vat",
    "readable",
    "suggest_domain",
]
