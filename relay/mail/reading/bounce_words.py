"""The words of bounces that keep to no standard, in the languages providers write in."""

import re
from enum import Enum, auto

from relay.mail.reading.mailboxes import same

_NEAR = 8  # lines around a telling sentence in which the recipient stands
_ADDRESS = re.compile(r"[^\s<>;,()\"'«»:=\[\]]{1,64}@[^\s<>;,()\"'«»:=@\[\]]{1,253}")


class Sign(Enum):
    """What a text says of a mail."""

    FAILED = auto()
    DELAYED = auto()


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_DAEMON = _any(
    r"\b(?:mailer|mail)[-._ ]?da?emon\b",
    r"\bpost-?master\b",
    r"\bmdaemon\b",
    r"\bmail[-._ ](?:delivery|administrat)",
    r"\bdelivery[-._ ](?:sub)?system\b",
    r"\bsyst[eè]me de (?:messagerie|distribution)",
    r"microsoftexchange[0-9a-f]{16}",
    r"\bsystem administrator\b|\banti-?virus\b|_antivirus_|_mail_service@",
    r"^<>$",
)
# Only at the very start: a person's answer begins with "Re:", "TR:", "Fwd:".
_DELAYED_TITLE = _any(
    r"(?:delivery status notification|dsn|avis de remise|notification d'état de remise)"
    r"[ :]*\(? ?(?:delay|retard)",
    r"delayed mail",
    r"(?:delivery|mail|message) delayed",
    r"warning: (?:message|could not send|e?-?mail)",
    r"mail delivery warning",
    r"delivery delay",
    r"(?:message|mail|courriel|remise) (?:retardée?|différée?|en attente)",
    r"retard (?:de|dans la) (?:remise|livraison|distribution)",
    r"(?:remise|livraison|distribution) (?:retardée|différée)",
    r"zustellung verzögert|verzögerte zustellung",
    r"(?:entrega|mensaje) (?:retrasad[oa]|demorad[oa])",
    r"consegna ritardata|vertraagde bezorging",
)
_FAILED_TITLE = _any(
    r"(?:\*+ ?)?undeliver(?:able|ed)\b",
    r"(?:mail |message |e-?mail )?delivery (?:status notification|failure|failed|error|problem)",
    r"(?:\[\w+\] )?e?-?mail (?:system error|delivery fail|could not be delivered|not delivered)",
    r"returned mail\b",
    r"failure (?:notice|delivery)\b",
    r"mail failed, returning",
    r"(?:permanent )?delivery (?:failure|report)",
    r"non-?delivery",
    r"(?:message|mail) (?:undeliverable|not delivered|delivery failed|rejected|failure)",
    r"processing error\b",
    r"automatically rejected mail",
    r"failed mail\b",
    r"warning: .{3,80} - user unknown",
    r"your message to .{3,100} could not be delivered",
    r"mail could not be delivered",
    r"message delivery failure",
    r"non[- ]remis\b|non remis[ :]",
    r"(?:avis|rapport|notification|message) d[e'’] ?(?:non[- ]?(?:remise|livraison|distribution)"
    r"|échec (?:de|d'envoi)|erreur de (?:remise|livraison|distribution))",
    r"(?:échec|erreur)s? (?:de la|de|d'|d’|à la|lors de la|lors de l'|dans la) ?"
    r"(?:remise|livraison|distribution|envoi|transmission)",
    r"(?:message|courriel|mail|e-mail) non (?:remis|distribué|délivré|livré)",
    r"(?:votre |le )?(?:message|courriel|mail|e-mail) n['’](?:a|est)[ a-zéê]{0,20}"
    r"(?:pu|pas) [a-zêé ]{0,12}(?:remis|distribué|délivré|livré|transmis)",
    r"remise impossible|impossible de (?:remettre|délivrer|distribuer)",
    r"utilisateur (?:inconnu|non recensé)",
    r"courrier en erreur|retour de courrier|courrier retourné",
    r"unzustellbar|nicht zustellbar|zustellung (?:fehlgeschlagen|nicht möglich)|zustellfehler",
    r"(?:fehler bei der|fehlgeschlagene) zustellung",
    r"no se (?:puede|pudo|ha podido) entregar|no entregado|devuelto|error (?:en la|de) entrega",
    r"mancata consegna|impossibile recapitare|non recapitabile|messaggio non consegnato",
    r"onbestelbaar|niet afgeleverd|niet bezorgd",
    r"não entregue|недоставленное сообщение|ваше сообщение не доставлено",
)
_DELAYED_TEXT = _any(
    r"\b(?:has|have) (?:been delayed|not yet been delivered)",
    r"not yet been delivered",
    r"delivery .{0,40}(?:delayed|has been deferred)",
    r"will (?:be retried|retry|continue to (?:try|be retried))",
    r"(?:we|i)['’ ]?(?:wi)?ll keep trying|still being retried",
    r"n['’](?:a|est|ont) (?:toujours )?pas encore (?:été|pu être) (?:remis|livré|distribué)",
    r"(?:remise|livraison|distribution) .{0,40}(?:retardée|différée)",
    r"(?:de )?nouvelles? tentatives? (?:seront|sera|de remise|d'envoi|aura|auront)",
    r"(?:inutile|pas besoin) de (?:le )?renvoyer (?:le|ce|votre)? ?message",
    r"noch nicht zugestellt|zustellung .{0,30}verzögert|weitere zustellversuche",
    r"todavía no (?:se )?ha (?:sido|podido)|aún no se ha entregado|se seguirá intentando",
    r"nog niet (?:afgeleverd|bezorgd)|non è stato ancora consegnato",
)
_FAILED_TEXT = _any(
    r"(?:could|can) ?not be (?:delivered|sent|reached|forwarded)",
    r"(?:wasn't|was not|not been|were not|isn't|hasn't been) (?:able to be )?delivered",
    r"(?:unable|failed|not possible|wasn't able|was unable|couldn't be able) to deliver",
    r"couldn['’]t (?:be delivered|deliver)|delivery (?:to .{0,80})?(?:has )?failed",
    r"undeliverable|permanent(?:ly)? (?:fatal )?(?:error|fail)|not (?:be )?deliverable",
    r"did not reach the following|has been rejected|was rejected|returned to sender",
    r"(?:address|recipient|mailbox|user|account) (?:not found|unknown|rejected|unavailable"
    r"|does(?:n't| not) exist|couldn't be found|is (?:full|disabled|inactive))",
    r"n['’](?:a|ont|est|as|avons) (?:pas |pu |été |être |lui )*"
    r"(?:remis|livré|distribué|délivré|envoyé|transmis|acheminé|remettre|délivrer|distribuer)",
    r"ne (?:peut|peuvent|pouvait|pouvons) (?:pas |être |vous |lui )*(?:remis|livré|distribué"
    r"|délivré|remettre|distribuer|délivrer|recevoir)",
    r"(?:échec|erreur) (?:de|d'|d’|lors|permanente|définitive)|impossible de (?:remettre|délivrer"
    r"|livrer|distribuer|joindre|trouver)|n['’]existe pas|inconnue? (?:sur|à|chez|du)",
    r"(?:adresse|destinataire|utilisateur|boîte|compte)[^.\n]{0,40}"
    r"(?:inconnue?|inexistante?|introuvable|pleine|saturée|désactivée?|fermée?|erronée?|refusée?)",
    r"quota [^.\n]{0,40}(?:dépassé|atteint)|a été (?:rejeté|refusé|retourné)",
    r"(?:nicht|konnte nicht) (?:zugestellt|übermittelt|erreicht)|unzustellbar|empfänger unbekannt",
    r"no (?:se )?(?:ha podido|pudo|puede|pudimos|fue posible) (?:ser )?entreg|no existe"
    r"|buzón (?:lleno|de correo)",
    r"(?:impossibile|non (?:è stato|è) (?:possibile|stato)) (?:recapitare|consegna|recapitato)"
    r"|casella [^.\n]{0,20}piena|(?:niet|kon niet) (?:worden )?(?:afgeleverd|bezorgd)"
    r"|no pudo ser entregad|não (?:foi|pôde ser) entregue",
)
# Words that say it in no form foreseen above: they count only in the mail of a mail system.
_DELAYED_HINT = _any(
    r"\bretard|en attente|\bdifféré|\b(?:ré)?essai|nouvelle tentative|autres tentatives",
    r"problème temporaire|erreur temporaire|provisoire|simple avertissement",
    r"\bdelay|\bdeferred|\bretr(?:y|ied)|temporar|verzögert|vorübergehend|retrasad|temporal",
    r"ritard|temporane|vertraagd|tijdelijk",
)
_FAILED_HINT = _any(
    r"\béch(?:ec|ou)|\berreur|impossible|\brefus|\brejet|\bbloqu|\bretour|\bannul|\babandon",
    r"\b(?:n['’]\w+|ne \w+)\b.{0,40}\b(?:pas|plus|pu|aucun)",
    r"\b(?:satur|plein|dépass|épuis|inconnu|introuvable|inexist|ferm|clôtur|désactiv|inacti)",
    r"\b(?:supprim|résili|invalide|incorrect|erron|expir|volumineu)|pas (?:répertori|connu|valid)",
    r"\bfail|\berror|\bunable|\breject|\brefus|\bbounce|\binvalid|\bunknown|\bexceed|not found",
    r"fehl|abgelehnt|unbekannt|ungültig|rechazad|desconocid|inválid|rifiutat|sconosciut",
    r"mislukt|geweigerd|onbekend",
)
_CUT = re.compile(
    r"^(?:[-=_*]{2,}.*(?:original|copy|copie|below|header|returned|en-t[eê]te|forwarded|nachricht"
    r"|mensaje|messaggio|bericht|included|follows)|return-path:|received:|dkim-signature:"
    r"|arc-seal:|(?:original|returned) message(?: follows| headers?)?[:.]?\s*$"
    r"|en-t[eê]tes? (?:de messages? |du message )?(?:d['’])?origin)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:mailer-?daemon|post-?master|abuse|support|help(?:desk)?|contact|noreply|no-reply|mdaemon"
    r"|webmaster|hostmaster|info|assistance|sav|aide)@.*",
    re.IGNORECASE,
)


def is_daemon(*origins: str) -> bool:
    """Tell whether a From or Return-Path is that of a mail system."""
    return any(_DAEMON.search(origin.strip()) for origin in origins)


def sign_of_subject(subject: str) -> Sign | None:
    """Return what a title only a mail system writes says, None for any other."""
    title = subject.strip().lstrip("!*[ ").replace("’", "'")
    if _DELAYED_TITLE.match(title):
        return Sign.DELAYED
    return Sign.FAILED if _FAILED_TITLE.match(title) else None


def sign_of_text(words: str) -> Sign | None:
    """Return what the explanation of a report says, in a mail system's usual sentences."""
    return _sign(words, _DELAYED_TEXT, _FAILED_TEXT)


def hint_of_text(words: str) -> Sign | None:
    """Return what single words of a mail system's mail hint at; a person may use them all."""
    return _sign(words, _DELAYED_HINT, _FAILED_HINT)


def _sign(words: str, delayed: re.Pattern[str], failed: re.Pattern[str]) -> Sign | None:
    told = " ".join(_own_lines(words)).replace("’", "'")
    if delayed.search(told):
        return Sign.DELAYED
    return Sign.FAILED if failed.search(told) else None


def find_failures(words: str) -> list[str]:
    """Return the addresses that stand near a sentence of failure or delay, in their order."""
    lines = _own_lines(words)
    telling = [number for number, line in enumerate(lines) if _tells(lines, number)]
    return _addresses(lines, {at for one in telling for at in range(one - 2, one + _NEAR)})


def find_addresses(words: str) -> list[str]:
    """Return the addresses of a report's own words, in their order."""
    lines = _own_lines(words)
    return _addresses(lines, set(range(len(lines))))


def _addresses(lines: list[str], near: set[int]) -> list[str]:
    found: dict[str, None] = {}
    for at in sorted(near):
        for address in _ADDRESS.findall(lines[at]) if 0 <= at < len(lines) else []:
            plain = same(address.strip(".'"))
            if plain and not _NOBODY.fullmatch(plain):
                found[plain] = None
    return list(found)


def _tells(lines: list[str], number: int) -> bool:
    """A sentence may be broken over two lines."""
    pair = " ".join(lines[number : number + 2]).replace("’", "'")
    return bool(_FAILED_TEXT.search(pair) or _DELAYED_TEXT.search(pair))


def _own_lines(words: str) -> list[str]:
    lines: list[str] = []
    for line in words.split("\n")[:200]:
        if _CUT.match(line):
            break
        lines.append(line)
    return lines
