"""How servers say no: the reasons, and the tables that recognise them.

Sources: RFC 5321 4.2, RFC 3463, RFC 7372, RFC 7504, the IANA registry of enhanced status
codes, and the postmaster pages of Orange, La Poste, Free, SFR, Google, Microsoft and Yahoo.
"""

import re
from enum import StrEnum


class Reason(StrEnum):
    """Why a mail did not simply arrive; each has a sentence in ``locale/*/replies.toml``."""

    DELIVERED = "delivered"
    MAILBOX_UNKNOWN = "mailbox_unknown"
    MAILBOX_DISABLED = "mailbox_disabled"
    MAILBOX_FULL = "mailbox_full"
    DOMAIN_UNKNOWN = "domain_unknown"
    ADDRESS_SYNTAX = "address_syntax"
    MESSAGE_TOO_LARGE = "message_too_large"
    CONTENT_REFUSED = "content_refused"
    SPAM = "spam"
    POLICY = "policy"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"
    SENDER_REFUSED = "sender_refused"
    RELAYING_DENIED = "relaying_denied"
    GREYLISTED = "greylisted"
    RATE_LIMITED = "rate_limited"
    SERVER_BUSY = "server_busy"
    LOGIN_REFUSED = "login_refused"
    LOGIN_UNAVAILABLE = "login_unavailable"
    TLS_REQUIRED = "tls_required"
    TLS_UNAVAILABLE = "tls_unavailable"
    ROUTING_LOOP = "routing_loop"
    PROTOCOL = "protocol"
    OTHER = "other"
    # What the network or the relay itself says, no reply code involved.
    DNS_FAILED = "dns_failed"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_LOST = "connection_lost"
    TIMEOUT = "timeout"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    EGRESS = "egress"
    RENDERING = "rendering"


Patterns = tuple[tuple[re.Pattern[str], Reason], ...]


def _table(*rows: tuple[Reason, str]) -> Patterns:
    return tuple((re.compile(pattern, re.IGNORECASE), reason) for reason, pattern in rows)


# The tables are held against text without accents: many servers write none.
# Orange (OFR), La Poste (LPN) and their kin write the same numbers after a letter code.
_OFR = r"\b(?:OFR|LPN|OUK)\d*[ _-]?"

# A provider's own codes and wordings, more exact than the status code beside them.
BY_PROVIDER = _table(
    (Reason.MAILBOX_UNKNOWN, _OFR + r"(?:416|418)\b"),
    (Reason.MAILBOX_FULL, _OFR + r"417\b"),
    (Reason.MAILBOX_DISABLED, _OFR + r"420\b"),
    (Reason.MESSAGE_TOO_LARGE, _OFR + r"514\b"),
    (Reason.SENDER_REFUSED, _OFR + r"(?:403|405|415|421)\b"),
    (Reason.LOGIN_REFUSED, _OFR + r"(?:305|402)\b"),
    (Reason.AUTHENTICATION, _OFR + r"401\b"),
    (Reason.SPAM, _OFR + r"(?:506|513|515)\b"),
    (Reason.RATE_LIMITED, _OFR + r"104\b"),
    (Reason.REPUTATION, _OFR + r"(?:10[2359]|108|201|302|42[34]|505|510|999)\b"),
    (Reason.RATE_LIMITED, r"\bSFR_IN_\d05\b"),
    (Reason.REPUTATION, r"\bSFR_IN_\d{3}\b"),
    (Reason.REPUTATION, r"spams? from your ip|postmaster\.free\.fr"),
    (Reason.MAILBOX_DISABLED, r"blocked due to inactivity"),
    (Reason.RATE_LIMITED, r"\[TSS0[1-7]\]|\bRP-00[1-3]\b|receiving mail (?:too quickly|at a rate)"),
    (Reason.REPUTATION, r"\[TSS\d\d\]|\bS(?:3\d{3}|77\d)\b|\b(?:OU|SC|DY)-00\d\b"),
    (Reason.MAILBOX_UNKNOWN, r"5\.4\.1 .{0,80}recipient address rejected: access denied"),
    (Reason.MAILBOX_UNKNOWN, r"user doesn.t have an? \S+ account|RecipientNotFound"),
)

# Words that outweigh the status code: a block dressed as 5.1.1 kills no address (R7).
BY_STRONG_WORDS = _table(
    (Reason.TLS_REQUIRED, r"issue a starttls|(?:starttls|tls|encryption) (?:is )?required"),
    (Reason.GREYLISTED, r"gr[ea]y-?list|postgrey"),
    (Reason.AUTHENTICATION, r"\bdmarc\b|\bspf\b.{0,60}(?:fail|not allowed|reject)|unauthenticated"),
    (Reason.REPUTATION, r"spamhaus|spamcop|\bdnsbl\b|\brbl\b|(?:black|block)-?list|reputation"),
    (Reason.REPUTATION, r"blocked using|client host blocked|adresse ip source bloquee"),
    (Reason.SPAM, r"spam (?:detected|content|message)|unsolicited|virus|malware|phishing"),
    (Reason.SPAM, r"(?:as|like|likely|considered) (?:spam|suspicious|bulk)"),
    (
        Reason.RELAYING_DENIED,
        r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohib)|unable to relay",
    ),
    (Reason.RATE_LIMITED, r"too many (?:conn|mess|recip|err|e?-?mail|login)|rate.?limit|throttl"),
    (Reason.RATE_LIMITED, r"slow down|sending (?:limit|quota)|hourly limit"),
    (Reason.GREYLISTED, r"liste grise"),
    (Reason.MAILBOX_FULL, r"\bboite\b.{0,40}\b(?:pleine|saturee)"),
    (
        Reason.REPUTATION,
        r"liste (?:noire|de blocage|d.exclusion)|adresse ip .{0,40}bloqu|mauvaise reputation",
    ),
    (
        Reason.SPAM,
        (
            r"(?:considere|identifie|detecte|marque|classe|reconnu|qualifie)\w* .{0,20}"
            r"(?:spam|indesirable|pourriel|publicit|suspect)"
            r"|contenu (?:juge )?(?:indesirable|suspect)|virus .{0,20}detecte|contient un virus"
        ),
    ),
    (Reason.RELAYING_DENIED, r"relais .{0,20}(?:refuse|interdit|autorise)|refuse de relayer"),
    (
        Reason.RATE_LIMITED,
        (
            r"trop (?:de |d.)(?:messages?|courriels?|e-?mails?|mails?|connexions?|envois?)\b"
            r"|quota (?:horaire|journalier|quotidien|d.envoi)|(?:limite|debit|plafond) d.envoi"
        ),
    ),
)

# The second and third figure; 1.0, 2.0, 5.x and 7.0 to 7.1 say too little and are left out.
BY_ENHANCED = {
    "1.1": Reason.MAILBOX_UNKNOWN,
    "1.2": Reason.DOMAIN_UNKNOWN,
    "1.3": Reason.ADDRESS_SYNTAX,
    "1.6": Reason.MAILBOX_UNKNOWN,
    "1.7": Reason.SENDER_REFUSED,
    "1.8": Reason.SENDER_REFUSED,
    "1.10": Reason.DOMAIN_UNKNOWN,
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.MESSAGE_TOO_LARGE,
    "3.1": Reason.SERVER_BUSY,
    "3.2": Reason.SERVER_BUSY,
    "3.4": Reason.MESSAGE_TOO_LARGE,
    "4.3": Reason.DNS_FAILED,
    "4.4": Reason.DOMAIN_UNKNOWN,
    "4.5": Reason.RATE_LIMITED,
    "4.6": Reason.ROUTING_LOOP,
    "6.0": Reason.CONTENT_REFUSED,
    "6.1": Reason.CONTENT_REFUSED,
    "6.3": Reason.CONTENT_REFUSED,
    "7.10": Reason.TLS_REQUIRED,
    "7.13": Reason.MAILBOX_DISABLED,
    "7.17": Reason.MAILBOX_UNKNOWN,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.REPUTATION,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER_REFUSED,
    "7.28": Reason.RATE_LIMITED,
    "7.500": Reason.SERVER_BUSY,
    "7.511": Reason.REPUTATION,
    "7.515": Reason.AUTHENTICATION,
    "7.606": Reason.REPUTATION,
    "7.650": Reason.RATE_LIMITED,
}

# Where the status code is missing or says too little.
BY_WORDS = _table(
    (Reason.SENDER_REFUSED, r"sender (?:address )?(?:rejected|denied)|invalid sender|emetteur inv"),
    (
        Reason.MAILBOX_UNKNOWN,
        r"(?:user|recipient|mailbox|address)\S* (?:is )?unknown|unknown (?:user|rec|mailb|addr)",
    ),
    (
        Reason.MAILBOX_UNKNOWN,
        r"no such (?:user|mailbox|recip|addr|person)|no mailbox (?:here )?by that",
    ),
    (
        Reason.MAILBOX_UNKNOWN,
        r"does(?: not|n.t) exist|invalid (?:recipient|mailbox)|not a valid (?:mailb|recip)",
    ),
    (Reason.MAILBOX_UNKNOWN, r"(?:user|recipient|mailbox|address|account)\S* (?:was )?not found"),
    (
        Reason.MAILBOX_FULL,
        (
            r"\b(?:boite|messagerie|espace|quota|stockage|capacite)\b.{0,80}"
            r"\b(?:plein|satur|depasse|atteint|epuise|insuffisant)"
            r"|(?:depasse|atteint|epuise) (?:son|sa|le|la) (?:espace|quota|capacite)\b"
            r"|ne peut plus recevoir"
        ),
    ),
    (
        Reason.MESSAGE_TOO_LARGE,
        (
            r"\b(?:taille|volume|poids)\b.{0,60}(?:depasse|superieur|exce[sd]|trop|limite|maxim)"
            r"|trop (?:volumineu|gros|lourd|grand)"
        ),
    ),
    (
        Reason.DOMAIN_UNKNOWN,
        (
            r"\bdomaine\b.{0,40}(?:introuvable|inexistant|inconnu|n.existe (?:pas|plus)|errone)"
            r"|\bhote (?:\w+ )?(?:introuvable|inexistant|inconnu)"
            r"|(?:resolution|erreur|echec|requete) (?:de |du )?(?:noms? )?dns"
        ),
    ),
    (
        Reason.MAILBOX_DISABLED,
        (
            r"\b(?:compte|boite|adresse|messagerie|utilisateur|destinataire)\b.{0,80}"
            r"(?:desactiv|suspend|inacti|ferme|clotur|supprime|resili|bloque)"
        ),
    ),
    (
        Reason.MAILBOX_UNKNOWN,
        (
            r"\b(?:adresse|destinataire|utilisateur|boite|compte|correspondant)s?\b.{0,80}"
            r"(?:inconnu|inexistant|introuvable|errone|invalide|incorrect|(?:pas|plus|non) "
            r"(?:ete )?(?:repertorie|connu|valid|recense|reconnu|attribue|trouve|en service|actif))"
            r"|ne correspond a aucun|(?:plus|pas) en service"
            r"|n.a pas de compte|aucune? (?:boite|utilisateur|destinataire|compte)\b"
            r"|n.existe (?:pas|plus)|a quitte (?:la |l.|notre )"
        ),
    ),
    (
        Reason.MAILBOX_DISABLED,
        r"(?:account|mailbox|user|compte|bo.te)\b.{0,40}(?:disabled|inactive|suspend|deactiv)",
    ),
    (Reason.SERVER_BUSY, r"insufficient (?:system|disk)|out of memory|load too high|server busy"),
    (
        Reason.MAILBOX_FULL,
        r"over ?-?quota|(?:mailbox|inbox|quota|bo.te)\b.{0,40}(?:full|exceeded|pleine)",
    ),
    (Reason.MAILBOX_FULL, r"insufficient storage|storage (?:space|allocation)|out of storage"),
    (
        Reason.MESSAGE_TOO_LARGE,
        r"(?:message|size|mail)\b.{0,40}(?:too (?:large|big)|exceed)|size limit",
    ),
    (
        Reason.DOMAIN_UNKNOWN,
        r"(?:domain|host)\b.{0,20}not found|unrouteable|null ?mx|accepts no mail",
    ),
    (Reason.ROUTING_LOOP, r"mail loop|too many hops|loops back"),
    (Reason.POLICY, r"policy|polic[yi]|(?:not (?:allowed|authori[sz]ed|permitted))|administrative"),
    (Reason.POLICY, r"politique (?:de|du)|acces refuse|non autorise|regles? de securite"),
    (Reason.POLICY, r"access denied|reverse (?:dns|hostname)|\bptr\b|service refuse"),
)
