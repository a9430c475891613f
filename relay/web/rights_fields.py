"""What a request of rights says, read from a form: of the public, or of staff for a person."""

from collections.abc import Callable, Mapping

from relay.errors import FieldFault, Invalid
from relay.rights.objections import purposes_of
from relay.rights.requests import DETAILS_SIGNS, Content
from relay.rights.standing import Kind
from relay.sites import Site
from relay.validation import read_email, read_name, read_phone

FIELDS = ("kind", "email", "phone", "details", "change_name", "change_phone", "change_email")
_VALUES: dict[str, Callable[[Site, str], str]] = {
    "email": lambda site, raw: read_email(raw, examples=site.is_test).address,
    "phone": lambda site, raw: (
        read_phone(raw, region=site.policy.site.region, fiction=site.is_test).e164
    ),
    "name": lambda _site, raw: read_name(raw),
}


def read_asked(site: Site, fields: Mapping[str, str]) -> tuple[Kind, Content]:
    """Read a whole request.

    Raises:
        Invalid: Every fault at once, by the name of its field.
    """
    faults: list[FieldFault] = []
    try:
        kind = read_kind(fields)
    except Invalid as refusal:
        faults.extend(refusal.faults)
    try:
        content = read_content(site, fields)
    except Invalid as refusal:
        faults.extend(refusal.faults)
    if faults:
        raise Invalid(*faults)
    return kind, content


def read_content(site: Site, fields: Mapping[str, str]) -> Content:
    """Read what a request says: the address, and what helps or is to be changed.

    Raises:
        Invalid: Every fault at once, by the name of its field.
    """
    faults: list[FieldFault] = []

    def read(field: str) -> str | None:
        raw = fields.get(field, "").strip()
        if not raw and field != "email":
            return None
        try:
            return _VALUES[field.removeprefix("change_")](site, raw)
        except Invalid as refusal:
            faults.extend(
                FieldFault(field, one.code, one.values, one.hint) for one in refusal.faults
            )
            return None

    email, phone = read("email"), read("phone")
    changes = {name: read(f"change_{name}") for name in ("name", "phone", "email")}
    if faults or email is None:
        raise Invalid(*faults)
    return Content(
        email=email,
        phone=phone,
        details=fields.get("details", "").strip()[:DETAILS_SIGNS],
        changes={name: value for name, value in changes.items() if value},
        purposes=tuple(one for one in purposes_of(site.policy) if f"purpose_{one}" in fields),
    )


def read_kind(fields: Mapping[str, str]) -> Kind:
    """Read what is asked.

    Raises:
        Invalid: ``kind_missing``.
    """
    kinds = {kind.value: kind for kind in Kind}
    kind = kinds.get(fields.get("kind", ""))
    if kind is None:
        raise Invalid(FieldFault("kind", "kind_missing"))
    return kind


def offered(site: Site) -> list[str]:
    """Return the kinds a site's policy offers, in the order of the page."""
    rights = {right.value for right in site.policy.rights}
    return [kind.value for kind in Kind if kind.value in rights]
