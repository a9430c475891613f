"""What a single line near the end of a mail is: a greeting, a name, a number, a device's mark."""

import re
from enum import Enum, auto


class Kind(Enum):
    """What a line is, as far as a signature goes."""

    BLANK = auto()
    CLOSING = auto()  # «Cordialement,»: the author's words
    CONTACT = auto()  # phone, mail or web address and nothing else
    NAME = auto()
    PLACE = auto()  # an address in a town, or of one page: the answer may be about it
    SHORT = auto()  # a role or a company, or a few words of the author's
    DEVICE = auto()  # «Envoyé de mon iPhone»
    RULE = auto()
    PROSE = auto()


_CLOSING = re.compile(
    r"(?:(?:bien |très |tres )?cordialement(?: votre| à vous)?|cdlt|cdt|crdt|bien à vous"
    r"|(?:(?:cordiales|sincères|meilleures|mes|respectueuses) )*salutations(?: distinguées)?"
    r"|à (?:bientôt|plus|plus tard|très vite|demain|samedi|dimanche)|a bientot|a\+|amicalement"
    r"|(?:bonne|belle|excellente) (?:journée|soirée|fin de (?:journée|semaine)|semaine|réception)"
    r"|bon (?:week-?end|dimanche)|(?:un grand |grand )?merci(?: d'avance| beaucoup| à vous"
    r"| bien)?"
    r"|respectueusement|sincèrement|bises|(?:kind|best|warm) regards|regards|best(?: wishes)?"
    r"|(?:many )?thanks|thank you|cheers|yours (?:sincerely|faithfully)|sincerely"
    r"|(?:mit |viele |liebe |beste |freundlichen? |schöne )*gr(?:ü|ue)(?:ß|ss)en?|mfg|lg|vg"
    r"|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|un saludo|atentamente|gracias"
    r"|(?:met |vriendelijke |hartelijke )*groet(?:en|jes)?|mvg|bedankt|alvast bedankt"
    r"|(?:cordiali |distinti )?saluti|grazie|atenciosamente|cumprimentos|obrigad[oa])[ ,.!;)-]*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?\(?\d(?:[ .()/-]{0,3}\d){7,16}")
_MAIL = re.compile(r"<?(?:mailto:)?[^\s<>@|]{1,64}@[^\s<>@|]{1,190}>?")
_LINK = re.compile(
    r"<?(?:https?://|www\.)[^\s<>]{3,300}>?|\b[a-z0-9-]{2,60}\.(?:fr|com|net|org|example|de|es"
    r"|nl)\b\S{0,80}"
)
_PAGE = re.compile(r"<?(?:https?://)?[^\s<>/@]{3,100}/[^\s<>]{1,300}>?", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?:t[ée]l(?:[ée]phone|[ée]fono|efoon)?|mob(?:ile|iel)?|móvil|port(?:able)?|fixe|gsm|fax"
    r"|phone|cell"
    r"|telefon|handy|m|t|p|e|w|d|l|bureau|domicile|ligne directe|standard|mail|e-?mail|courriel"
    r"|web"
    r"|contact|site(?: web| internet)?|internet|whatsapp|tel\.?)\b\.?",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\d{1,4} ?(?:bis|ter)?,? (?:rue|av\.?|avenue|bd|boulevard|place|chemin|impasse|allées?"
    r"|route|quai"
    r"|cours|square|lieu-dit|résidence|\w+ (?:street|road|lane|st|rd))\b.{0,60}"
    r"|(?:(?:F|CH|B|L|D|A)-)?\d{4,5} [^\W\d_][\w' -]{1,40}|\d{4} ?[A-Z]{2} .{2,40}"
    r"|[\w. -]{2,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|straat|laan|plein) \d{1,4}\w?"
    r"|(?:calle|c/|avda\.?|avenida|plaza) .{2,60}",
    re.IGNORECASE,
)
_WORD = r"(?:[A-ZÀ-Þ][\w'.-]*|d'[A-ZÀ-Þ][\w'-]*)"
_NAME = re.compile(
    rf"{_WORD}(?: (?:de|du|des|la|le|van|von|der|den|da|dos|y|et|&|{_WORD})){{0,4}},?"
)
_NO_NAME = re.compile(
    r"(?:oui|non|ok|merci|bonjour|bonsoir|salut|coucou|désolé|desole|super|parfait|bien|reçu"
    r"|disponible"
    r"|vendu|réservé|d'accord|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain"
    r"|aujourd'hui"
    r"|appelez|rappelez|contactez|téléphonez|venez|voir|prix|yes|no|sorry|thanks|hello|hi|call"
    r"|monday"
    r"|tuesday|wednesday|thursday|friday|saturday|sunday|ja|nein|hallo|danke|sí|si|hola|nee"
    r"|dank)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:je|j'|tu|il|elle|on|nous|vous|ils|c'est|est|suis|sont|ai|a|avez|peux|pouvez|peut"
    r"|voici|voilà"
    r"|mais|donc|si|quand|pas|plus|toujours|sinon|avec plaisir|i|you|we|it|is|are|can|will|ich"
    r"|sie|wir"
    r"|ist|kann|nicht|yo|usted|es|está|puede|ik|u|wij|is|kan|niet)\b",
    re.IGNORECASE,
)
_SENT_FROM = (
    r"(?:(?:ce )?(?:message|e-?mail|mail|courriel) )?(?:a été |was )?envoy[ée]e?"
    r" (?:de|depuis|à partir d(?:[eu]|'une?)|par|avec|via|à l'aide de)"
    r"|s[ée]curisé avec|(?:sent|secured) (?:from|with|via|using)"
    r"|gesendet (?:von|mit|aus)|von meine[mr] (?=\S+.{0,30}gesendet)"
    r"|enviado (?:desde|con|do|pelo)|verstuurd vanaf|verzonden (?:vanaf|met|via)|inviato da"
    r"|provenance ?:|diese nachricht wurde von|cet e-mail a été envoyé (?:de|depuis)"
)
_MACHINE = (
    r"iphone|ipad|imac|mac(?:book)?|apple watch|android\S*|samsung|galaxy|huawei|xiaomi|redmi|poco"
    r"|oppo|realme|vivo|honor|pixel|oneplus|nokia|motorola|moto|fairphone|nothing phone|wiko"
    r"|crosscall|xperia|asus|alcatel|blackberry|smartphone|t[ée]l[ée]phone|mobile|portable|tablette"
    r"|ordinateur|appareil|device|handy|móvil|telefoon|gerät|tablet|chromebook"
)
_PROGRAM = (
    r"outlook|yahoo ?!?|proton(?: ?mail)?|laposte(?:\.net)?|la poste|sfr|free|bouygues|gmail"
    r"|thunderbird|k-9|courrier|mail|mailo|orange|windows|spark|bluemail|edison|canary|superhuman"
    r"|tuta(?:nota)?(?: mail)?|fairemail|zimbra|infomaniak|airmail|mailbird|em client"
)
_DEVICE = re.compile(
    rf"(?:{_SENT_FROM})(?: [\w'-]+){{0,5}}? ?(?:{_MACHINE}|{_PROGRAM})\b"
    r"(?:[ -](?:(?-i:[A-Z0-9])[\w+.-]*|mail|pour|sur|for|on|für|para|voor|avec|with|mit|ios"
    r"|smartphone|mobile|secure"
    r"|email|android|intelligent|de|chez|gesendet|mon|my|meinem|la|messagerie|sécurisée))*\.?"
    r"(?:, messagerie sécurisée|: https?://\S{1,100})?"
    r"(?:[ ,.(-]+(?:veuillez|merci d'|désolée?|pardon\w*|excuse[rz]\w*|please|sorry|bitte"
    r"|disculp\S*) ?\S.{0,80})?"
    r"|(?:t[ée]l[ée]charge[rz]?|obten(?:ir|ez|er)|get|scarica|obter o|hol dir|download) "
    r"(?:outlook|bluemail|aqua mail|proton mail) (?:pour|para|for|für|voor|per) \w+(?: \w+)?"
    r"|outlook (?:für|voor) \w+ (?:beziehen|herunterladen|downloaden)"
    r"|yahoo mail ?: .{0,80}",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"\[([^\[\]]{1,60})\]\(https?://[^\s()]{1,300}\)")
_TRAILING_LINK = re.compile(r" ?[<\[(]https?://[^\s<>]{1,300}[>\])]\.?$")
# What companies put below their address: no sentence to anybody.
_FOLLOW = re.compile(
    r"\b(?:suivez|retrouvez|rejoignez)-nous\b.{0,30}$|\b(?:follow|find) us on\b", re.IGNORECASE
)
_MOTTO = re.compile(r"[\"«“][^\"»”]{5,120}[\"»”](?: ?[-,(] ?.{2,40})?")
_REGISTERED = re.compile(
    r"(?:siret|siren|rcs|r\.c\.s\.|ape|naf|(?:n° ?)?tva)\b.{0,30}\d", re.IGNORECASE
)
_RULE = re.compile(r"[-_=*~#. ]{2,}|-- ?")
_HINT = re.compile(r"\d{2}|@|www\.|://|\.[a-z]{2}")  # of a contact line
_AROUND = " |.,:;/()[]-·•☎✆📞📱✉️🌐"
_BETWEEN = re.compile(r"[,|·•]| - ")
_BESIDE = frozenset({Kind.NAME, Kind.PLACE, Kind.SHORT})
_LONGEST_SHORT = 60
_LONGEST = 250


def kind_of(plain: str) -> Kind:
    """Return what a line is.

    Args:
        plain: The line as :func:`relay.mail.reading.lines.plain_form` makes it.
    """
    if not plain:
        return Kind.BLANK
    if len(plain) > _LONGEST:
        return Kind.PROSE
    if _is_device_mark(plain):
        return Kind.DEVICE
    if _PAGE.fullmatch(plain):
        return Kind.PLACE
    if _HINT.search(plain) and _is_contact(plain):
        return Kind.CONTACT
    return _kind_of_short(plain) if len(plain) <= _LONGEST_SHORT else Kind.PROSE


def _is_device_mark(plain: str) -> bool:
    bare = plain
    if plain[-1] in ">]).":
        bare = _TRAILING_LINK.sub("", _MARKDOWN.sub(r"\1", plain))
    return bare[:1].isupper() and _DEVICE.fullmatch(bare) is not None


def _is_contact(plain: str) -> bool:
    """A number or an address, with no word but its label, or the name it belongs to."""
    bare = _LINK.sub("|", _MAIL.sub("|", _NUMBER.sub("|", plain)))
    if "|" not in bare or bare == plain:
        return False
    left = _LABEL.sub("", bare).strip(_AROUND)
    if not left:
        return True
    first, *others = (piece.strip(_AROUND) for piece in _BETWEEN.split(left))
    named = " " in first and _is_name(first)
    return named and all(not one or _kind_of_short(one) in _BESIDE for one in others)


def _kind_of_short(plain: str) -> Kind:
    if _RULE.fullmatch(plain):
        return Kind.RULE
    if _CLOSING.fullmatch(plain) or _CLOSING.fullmatch("à" + plain[1:]):  # «A bientôt»
        return Kind.CLOSING
    if _PLACE.fullmatch(plain) or _REGISTERED.match(plain):
        return Kind.PLACE
    if _is_name(plain):
        return Kind.NAME
    if _FOLLOW.search(plain) or _MOTTO.fullmatch(plain):
        return Kind.SHORT
    unlike = plain[-1] in ".?!:;" or plain.startswith(("-", "•", ">")) or _SENTENCE.search(plain)
    return Kind.PROSE if unlike else Kind.SHORT


def _is_name(plain: str) -> bool:
    return _NAME.fullmatch(plain) is not None and _NO_NAME.match(plain) is None
