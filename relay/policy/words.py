"""The closed sets of words a policy file chooses from."""

from enum import StrEnum


class Need(StrEnum):
    """Whether the form asks for a field."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Disclosure(StrEnum):
    """What of the buyer the advertiser is given (design: the site's promise, not our taste)."""

    FULL = "full"  # phone and e-mail address
    PHONE = "phone"  # phone; the address stays behind the relay
    ALIAS = "alias"  # neither


class Trigger(StrEnum):
    """What starts the clock of a retention class."""

    RECEIPT = "receipt"  # the row itself came in
    LISTING_ENDED = "listing_ended"  # its listing ended


class Basis(StrEnum):
    """Why the law lets data be processed (GDPR 6(1))."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Right(StrEnum):
    """What a person may ask of a site (GDPR 15-22)."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    HUMAN_REVIEW = "human_review"


class Purpose(StrEnum):
    """What staff may open a message or a trace for."""

    REPORT = "report"
    RIGHTS = "rights"
    JUDICIAL = "judicial"
    SECURITY = "security"


class Proof(StrEnum):
    """How a promise is proved on a live relay (relay/promises.py)."""

    MESSAGES_GONE = "messages_gone"
    TRACES_GONE = "traces_gone"
    LISTINGS_GONE = "listings_gone"
    PURGE_REPORTED = "purge_reported"
    NUMBERS_HIDDEN = "numbers_hidden"
    FORM_FIELDS = "form_fields"
    DISCLOSURE = "disclosure"
    NOTICE_KEPT = "notice_kept"
    NO_COOKIE = "no_cookie"
    NO_OTHER_HOST = "no_other_host"
    SEALED = "sealed"
    REGION = "region"
    PROCESSORS = "processors"
    RIGHTS_DOOR = "rights_door"
    RIGHTS_DESK = "rights_desk"
    ERASED = "erased"
    STAFF = "staff"


class Outcome(StrEnum):
    """Who makes a promise true."""

    EXECUTED = "executed"  # this relay, and it proves it
    REFUSED = "refused"  # not this relay: the reason says why
