"""The 22 rules, in the order of their numbers (pure)."""

import re

from relay.rules import words as w
from relay.rules.reading import Facts, Reading
from relay.rules.rule import Rule, Seen, Side, all_of
from relay.validation import card_numbers, is_canvassing

_CALL_CENTRE = "call centre prefix"
_RUN_COPIES, _RUN_LISTINGS, _RUN_MAILBOXES = 5, 3, 3
_HARVEST_WORDS, _HARVEST_LISTINGS = 6, 10
_FEW_WORDS = 3


def _fake_payment(it: Reading, _: Facts) -> Seen:
    """Payment waits behind a link; or a link imitates the site of a brand."""
    fakes = tuple(
        host
        for host in it.links
        if (w.BRANDS.search(host) and not w.OFFICIAL.search(host)) or w.BAD_ENDING.search(host)
    )
    if fakes:
        return fakes
    foreign = tuple(host for host in it.links if not w.OFFICIAL.search(host))
    seen = all_of(it.plain, w.PAYMENT, w.RECEIVE)
    return (*seen, foreign[0]) if seen and foreign else ()


def _phone_first(it: Reading, facts: Facts) -> Seen:
    """The number is asked at once, with a code to tell, or with a yes to everything."""
    if not facts.is_first:
        return ()
    return all_of(it.plain, w.ASK_NUMBER, w.CODE) or (
        all_of(it.plain, w.ASK_NUMBER, w.AGREES) if "?" not in it.text.rstrip(" ?") else ()
    )


def _mail_for_payment(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.ASK_MAIL, w.BANKS) or all_of(it.plain, w.LEGAL_THREAT, w.SHIP)


def _other_channel(it: Reading, _: Facts) -> Seen:
    link = w.CHAT_LINK.search(it.plain)
    if link:
        return (link[0],)
    return _unless_refused(it, w.CHAT, all_of(it.plain, w.CHAT, w.CONTACT)) or all_of(
        it.plain, w.SPELLED
    )


def _carrier(it: Reading, _: Facts) -> Seen:
    return _unless_refused(it, w.CARRIER, all_of(it.plain, w.CARRIER, w.BRINGS, w.CASH))


def _overpayment(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.CHEQUE, w.DIFFERENCE)


def _mandate(it: Reading, _: Facts) -> Seen:
    return _unless_refused(it, w.MANDATE, all_of(it.plain, w.MANDATE))


def _coupon(it: Reading, _: Facts) -> Seen:
    return _unless_refused(it, w.COUPON, all_of(it.plain, w.COUPON))


def _documents(it: Reading, _: Facts) -> Seen:
    cards = card_numbers(it.text)
    if cards:
        return ("card number",)
    return all_of(it.plain, w.SECRET) or all_of(it.plain, w.ASK_YOURS, w.DOCUMENT)


def _absent(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.ABSENT, w.NO_VISIT)


def _deposit(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.DEPOSIT, w.BEFORE_VISIT) or _unofficial(it, w.DEPOSIT)


def _animal(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.ANIMAL, w.GIFT, w.PET_FEES)


def _reservation(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.RESERVE, w.URGENT, w.TRANSFER)


def _premium_call(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.PREMIUM) or all_of(it.plain, w.CALL_CODE)


def _call_centre(it: Reading, facts: Facts) -> Seen:
    numbers = (*it.numbers, *((facts.phone,) if facts.phone else ()))
    return (_CALL_CENTRE,) if any(is_canvassing(number) for number in numbers) else ()


def _parcel_mule(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.PARCEL, w.RESHIP, w.EARN)


def _money_mule(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.ACCOUNT, w.LEND, w.EARN)


def _copied(_: Reading, facts: Facts) -> Seen:
    is_run = facts.copies >= _RUN_COPIES and (
        facts.copy_listings >= _RUN_LISTINGS or facts.copy_mailboxes >= _RUN_MAILBOXES
    )
    return (f"{facts.copies} × {facts.copy_listings} × {facts.copy_mailboxes}",) if is_run else ()


def _advance_fee(it: Reading, _: Facts) -> Seen:
    return all_of(it.plain, w.LOAN) or all_of(it.plain, w.INHERIT, w.MONEY_MOVE, w.LOTS)


def _hidden_words(it: Reading, facts: Facts) -> Seen:
    short = tuple(host for host in it.links if w.SHORTENERS.search(host))
    if short or it.disguised:
        return short or it.disguised[:3]
    if facts.files and it.words < _FEW_WORDS:
        return (f"{facts.files} ×",)
    return all_of(it.plain, w.QR)


def _harvest(it: Reading, facts: Facts) -> Seen:
    is_harvest = it.words <= _HARVEST_WORDS and facts.listings >= _HARVEST_LISTINGS
    return (f"{facts.listings} ×",) if is_harvest else ()


def _adult(it: Reading, _: Facts) -> Seen:
    threat = all_of(it.plain, w.INTIMATE, w.PUBLISH, w.PAY_UP)
    if threat:
        return threat
    lure = all_of(it.plain, w.LURE)
    has_way_out = bool(it.links) or w.PREMIUM.search(it.plain)
    return (*lure, *it.links[:1]) if lure and has_way_out else ()


def _unofficial(it: Reading, word: re.Pattern[str]) -> Seen:
    """Return the word and the link that stands beside it, unless it is of a known brand."""
    foreign = tuple(host for host in it.links if not w.OFFICIAL.search(host))
    seen = all_of(it.plain, word)
    return (*seen, foreign[0]) if seen and foreign else ()


def _unless_refused(it: Reading, word: re.Pattern[str], seen: Seen) -> Seen:
    """Return what was seen, unless the writer says not to want it («pas de mandat cash»)."""
    found = word.search(it.plain)
    if not seen or found is None:
        return seen
    before = it.plain[max(0, found.start() - 60) : found.start()]
    return () if w.REFUSES.search(before) else seen


# Eight points hold a message by themselves: only what no ordinary message was seen to say.
RULES = (
    Rule("r01_fake_payment", Side.BOTH, 8, _fake_payment),
    Rule("r02_phone_first", Side.BUYER, 2, _phone_first),
    Rule("r03_mail_for_payment", Side.BUYER, 4, _mail_for_payment),
    Rule("r04_other_channel", Side.BOTH, 2, _other_channel),
    Rule("r05_carrier", Side.BUYER, 5, _carrier),
    Rule("r06_overpayment", Side.BUYER, 8, _overpayment),
    Rule("r07_mandate", Side.BOTH, 8, _mandate),
    Rule("r08_coupon", Side.BOTH, 8, _coupon),
    Rule("r09_documents", Side.BOTH, 3, _documents),
    Rule("r10_absent", Side.BOTH, 5, _absent),
    Rule("r11_deposit", Side.ADVERTISER, 5, _deposit),
    Rule("r12_animal_fees", Side.ADVERTISER, 5, _animal),
    Rule("r13_reservation", Side.ADVERTISER, 4, _reservation),
    Rule("r14_premium_call", Side.BOTH, 6, _premium_call),
    Rule("r15_call_centre", Side.BUYER, 3, _call_centre),
    Rule("r16_parcel_mule", Side.ADVERTISER, 6, _parcel_mule),
    Rule("r17_money_mule", Side.BOTH, 6, _money_mule),
    Rule("r18_copied_run", Side.BUYER, 6, _copied),
    Rule("r19_advance_fee", Side.BOTH, 6, _advance_fee),
    Rule("r20_hidden_words", Side.BOTH, 4, _hidden_words),
    Rule("r21_harvest", Side.BUYER, 5, _harvest),
    Rule("r22_adult", Side.BOTH, 8, _adult),
)
