"""Words by which a program shows itself, in French, English, German, Spanish, Italian, Dutch.

Each pattern is narrow on purpose: gearboxes are automatic too, people are absent, and shops
write «nous avons bien reçu votre message» by hand.
"""

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


MACHINE_ADDRESS = re.compile(
    r"(?:mailer-daemon|postmaster|(?:do-?)?no-?(?:t-?)?reply|ne-?pas-?repondre|no-?reponse"
    r"|auto-?(?:reply|respon(?:d|der|se))|vacation|nicht-?antworten|no-?responder|no-?contestar)"
    r"(?:[-_.+][\w\-.+]*)?@.*",
    re.IGNORECASE,
)
# At the start of a title: a person's answer to such a mail begins with "Re:" instead.
SOFTWARE_TITLE = _any(
    r"r[ée]ponse automatique\b",
    r"\[?auto(?:matic|mated)?[ \-_.]?(?:reply|response|respond)",
    r"automatische (?:antwort|beantwoording)|automatisch antwoord|autoantwort",
    r"respuesta autom[áa]tica|risposta automatica|resposta autom[áa]tica",
    r"(?:out[ \-]of[ \-](?:the[ \-])?office|away from (?:the|my) (?:office|mail))"
    r"(?: (?:auto(?:matic)?[ \-]?reply|notification|message|response))?(?:[:(]| ?$| re\b| [-–])",
    r"(?:absence|absente?) du bureau(?: ?[:(]| ?$)|(?:message|notification|avis) d'absence"
    r"(?: ?[:(]| ?$)",
    r"abwesenheits(?:notiz|nachricht|benachrichtigung|meldung|assistent)|außer haus ?:",
    r"(?:ausente|fuera) de (?:la )?oficina(?: ?[:(]| ?$)|(?:mensaje|aviso) de ausencia",
    r"afwezigheids(?:bericht|assistent|melding)|niet aanwezig ?:|fuori (?:sede|ufficio) ?:",
    r"vacation (?:reply|message|notice|autoreply)|accus[ée] de r[ée]ception automatique",
    r"\[(?:ticket|demande|case|request|incident|dossier|#)[ :]*(?:n[°º]? ?)?#?[\w\-]*\d[\w\-]*\]"
    r".{0,80}(?:re[çc]ue?|received|enregistr|prise? en compte|cré[ée]|created|opened|eingegangen"
    r"|recibid|registr)",
    r"(?:votre|your) (?:demande|ticket|request|support request) .{0,40}"
    r"(?:a (?:bien )?été (?:enregistrée?|prise? en compte|re[çc]ue?|créée?)"
    r"|has been (?:received|created|opened|registered|logged))",
)
# At the start of a title; counts only when the text goes with it.
DESK_TITLE = _any(
    r"thank you for (?:contacting|your (?:message|request|enquiry|inquiry|e-?mail))",
    r"merci (?:de nous avoir contactés?|pour votre (?:message|demande))",
    r"gracias por contactar|danke für ihre (?:anfrage|nachricht)",
    r"(?:we (?:have )?received|nous avons bien re[çc]u|hemos recibido|ihre (?:anfrage|nachricht))",
    r"(?:accus[ée] de r[ée]ception|eingangsbestätigung|acuse de recibo|ticket)\b",
)
ABSENCE_TITLE = _any(
    r"(?:absente?|absence|cong[ée]s?|vacances|en cong[ée]s?|ausente|ausencia|urlaub|abwesen\w*"
    r"|afwezig\w*|vakantie|assente|ferie|on (?:leave|holiday|vacation)|away|out of office)\b",
)
# At the start of a sentence, where a text speaks of itself.
_MAIL_FR = r"(?:message|e-?mail|mail|mél|courriel|courrier)"
CALLS_ITSELF = _any(
    rf"(?:ceci|cet?|ce {_MAIL_FR}|cet {_MAIL_FR}|il s'agit) (?:est |d)(?:un|'un|'une|une)e? "
    rf"(?:réponse|notification|accusé de réception|{_MAIL_FR})(?: d'absence)? automatique",
    rf"cet? (?:{_MAIL_FR}|réponse|notification) (?:est|a été|vous (?:est|a été)) "
    r"(?:générée?|envoyée?|émise?|adressée?|transmise?)(?: et envoyée?)? "
    r"(?:automatiquement|de (?:manière|façon) automatique|par un automate)"
    r"(?:$|[.!,]? *$|,? (?:merci|veuillez|prière|ne pas|par (?:notre|un|le) |suite à votre))",
    rf"(?:réponse|{_MAIL_FR}) (?:automatique|d'absence)"
    r"(?: ?[:.\-–—]|$| de (?:la )?(?:messagerie|boîte))",
    r"this (?:(?:e-?mail|message|reply|response) )?(?:is|was|has been) (?:an? )?"
    r"(?:(?:automat(?:ed|ic)|auto)[ \-]?(?:reply|response|e-?mail|message|notification"
    r"|acknowledge?ment)|auto(?:matically)?[ \-](?:generated|created)"
    r"|automatically sent(?: by|\.|$))",
    r"(?:automatic|automated|auto)[ \-]?(?:reply|response)(?: ?[:.\-–—]|$)",
    r"(?:dies|dieses|das|hierbei handelt es sich um|diese (?:e-?mail|nachricht|antwort))"
    r"[^.!?\n]{0,12} (?:ist|wurde|wird|um)(?: eine?)? automatisch"
    r"(?:e[rns]?)? (?:generierte |erzeugte |erstellte |versendete )?"
    r"(?:antwort|e-?mail|nachricht|benachrichtigung|generiert|erzeugt|erstellt|versendet|versandt)",
    r"hierbei handelt es sich um eine automatisch",
    r"automatische (?:antwort|abwesenheitsnotiz)(?: ?[:.]|$)",
    r"(?:este|esta|esto)(?: (?:mensaje|correo|e-?mail|respuesta))? (?:es|ha sido|fue) "
    r"(?:(?:una? )?(?:respuesta|mensaje|correo|e-?mail) (?:automátic|generad[oa] automática)"
    r"|(?:generad|enviad)[oa] (?:automáticamente|de forma automática))",
    r"respuesta automática(?: ?[:.]|$)",
    r"quest[oa](?: (?:messaggio|e-?mail|risposta))? (?:è|è stat[oa]) (?:un[oa']? ?)?"
    r"(?:(?:risposta|messaggio|e-?mail) automatic|(?:generat|inviat)[oa] automaticamente)",
    r"(?:dit|deze)(?: (?:bericht|e-?mail|antwoord))? (?:is|werd) (?:een )?"
    r"(?:automatisch (?:antwoord|bericht|gegenereerd|verzonden|verstuurd)|automatische reactie)",
)
# Receipt, and what only a desk's program adds to it.
RECEIPT = _any(
    r"(?:nous (?:avons|accusons)|a) (?:bien )?(?:été )?(?:re[çc]ue?|prise? en compte|réception)",
    r"(?:we have|we've|has been|was) (?:successfully )?(?:received|created|registered|logged)",
    r"(?:wir haben|haben wir|wurde|ist)[^.!?\n]{0,40}(?:erhalten|eingegangen|registriert)",
    r"(?:hemos|ha sido|se ha) (?:recibido|registrado|recibida|registrada)",
    r"abbiamo ricevuto|(?:hebben|is)[^.!?\n]{0,40} ontvangen",
)
DESK = (
    _any(
        r"(?:merci de|prière de|veuillez) ne pas (?:y )?répondre",
        r"ne répondez pas à ce (?:message|mail|courriel)",
        r"(?:please )?do not (?:reply|respond) to this|nicht auf diese (?:e-?mail|nachricht)",
        r"no responda a este|non rispondere a quest|niet (?:te )?(?:be)?antwoorden",
    ),
    _any(
        r"(?:ticket|dossier|demande|request|reference|case|vorgang|anfrage|solicitud|caso"
        r"|référence)(?: (?:number|id|nummer|numéro|número|no|porte le numéro))? ?"
        r"(?:is|est|ist|es|:|n[°ºo]\.?|#|nr\.?) ?(?:le |: )?[\[#(]*[a-z]{0,6}-?\d{3,}",
        r"(?:ticketnummer|vorgangsnummer|numéro de (?:ticket|dossier|demande|suivi))",
    ),
    _any(
        r"(?:sous|within|innerhalb von|dentro de|binnen|entro) (?:les |un délai de )?\d{1,2} ?"
        r"(?:h\b|heures|hours|stunden|horas|ore|uur|jours|(?:business |working )?days|werktag)",
        r"dans les (?:meilleurs|plus brefs) délais|as soon as possible|schnellstmöglich"
        r"|lo antes posible|il prima possibile",
    ),
)
ABSENT = _any(
    r"je suis (?:actuellement |en |à l'heure actuelle )*(?:absente?|congés?|vacances|déplacement)",
    r"(?:i am|i'm|i will be) (?:currently )?(?:out of (?:the )?office|away|on (?:annual )?leave"
    r"|on (?:holiday|vacation))",
    r"(?:ich bin|ich befinde mich) (?:\d\.|[^.!?\n]){0,40}"
    r"(?:nicht im büro|abwesend|urlaub|außer haus)",
    r"(?:estoy|estaré|me encuentro) [^.!?\n]{0,30}(?:fuera|ausente|vacaciones)",
    r"(?:sono|sarò) [^.!?\n]{0,30}(?:assente|ferie|fuori)",
    r"(?:ik ben|ben ik) [^.!?\n]{0,40}(?:afwezig|vakantie|niet aanwezig|niet op kantoor)",
)
STAND_IN = _any(
    r"en cas d'urgence|pour toute urgence|en mon absence|dès mon retour|à mon retour",
    r"(?:pas|limité) (?:d')?accès à (?:ma|mes)|limited access to (?:my )?e-?mail",
    r"(?:in|for) urgent (?:cases|matters)|if (?:it is|this is|your \w+ is) urgent|upon my return"
    r"|when i (?:return|am back)",
    r"in dringenden (?:fällen|angelegenheiten)|nach meiner rückkehr",
    r"en caso de urgencia|a mi (?:regreso|vuelta)|in caso di urgenza|al mio rientro"
    r"|bij (?:spoed|dringende)|na mijn terugkomst",
)
