"""The vocabulary of the rules, in plain letters: lower case, no accents (pure)."""

import re

from relay.rules.rule import words

PAYMENT = words(
    "paiement…", "payement…", "argent", "fonds", "virement…", "versement…", "somme",
    "transaction", "reglement", "montant",
)  # fmt: skip
CASH = words(
    "especes?", "enveloppe…", "cash", "liquide", "argent", "paiement", "somme", "frais",
    "billets", "mandat", "reglement",
)  # fmt: skip
RECEIVE = words(
    "recevoir", "recuperer", "encaisser", "reception…", "valide[rz]", "confirme[rz]",
    "accepte[rz]", "cliqu…", "debloqu…",
)  # fmt: skip
PAID = words(
    "paye", "deja paye", "regle", "effectue", "envoye", "commande", "achete", "bloque", "en attente"
)
BRANDS = re.compile(
    r"leboncoin|vinted|mondial-?relay|laposte|la-poste|colissimo|chronopost|paypal|vestiaire"
    r"|amazon|ebay|airbnb|booking|abritel|dhl|\bups\b|fedex|wallapop"
)
# The brands' own domains.
OFFICIAL = re.compile(
    r"(?:^|\.)(?:leboncoin\.fr|vinted\.(?:fr|com|be)|mondialrelay\.(?:fr|com)|laposte\.(?:fr|net)"
    r"|colissimo\.fr|chronopost\.fr|paypal\.(?:com|me|fr)|amazon\.(?:fr|com)|ebay\.(?:fr|com)"
    r"|airbnb\.(?:fr|com)|booking\.com|abritel\.fr|dhl\.(?:fr|com)|ups\.com|fedex\.com"
    r"|vestiairecollective\.com|wallapop\.com)$"
)
BAD_ENDING = re.compile(
    r"\.(?:top|icu|cyou|xyz|click|online|site|live|website|space|fun|life|buzz|sbs|cfd|tk|ml|ga|cf|gq|vip|pw|shop)$"
)
SHORTENERS = re.compile(
    r"^(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd|cutt\.ly|ow\.ly|rb\.gy|shorturl\.at|urlz\.fr"
    r"|urlr\.me|lc\.cx|s\.id|rebrand\.ly|tiny\.cc|buff\.ly|qrco\.de|me-qr\.com)$"
)
ASK_NUMBER = re.compile(
    r"\b(?:donne\w*|envo\w+|laiss\w+|communiqu\w+|transmet\w*|pass\w+|avoir|recevoir|quel est"
    r"|c'est quoi|besoin d[eu']|il me faut)\b.{0,25}"
    r"\b(?:numero(?! de (?:serie|suivi|chassis|commande|moteur|compte|carte|siret))|num\b|telephone"
    r"|portable|mobile|06\b)"
)
AGREES = words(
    "je (?:le |la |les )?(?:prends|achete)", "je suis (?:preneu[rs]e?|d'accord)", "preneur",
    "(?:prix|tarif) (?:me |qui )?convient", "d'accord (?:pour|avec|sur) (?:le|votre) prix",
    "sans (?:negocier|negociation|discuter)", "je confirme (?:l'achat|mon achat)",
)  # fmt: skip
CODE = re.compile(
    r"\bcode\b.{0,30}\b(?:sms|confirmation|verification|securite|recu|chiffres|leboncoin|google)\b"
    r"|\bsms\b.{0,30}\bcode\b"
)
ASK_MAIL = re.compile(
    r"\b(?:donne\w*|envo\w+|laiss\w+|communiqu\w+|transmet\w*|avoir|quel(?:le)? est|besoin d[eu']"
    r"|il me faut|me faudrait|indique\w*|fourni\w*)\b.{0,40}"
    r"\b(?:adresse (?:e-?mail|mail|electronique|paypal|gmail)|e-?mail|mail|gmail|courriel)\b"
)
BANKS = words(
    "paypal", "paiement", "virement", "payer", "regler", "ma banque", "banquier", "transfert",
    "transferer", "prelevement", "mandat", "fonds",
)  # fmt: skip
LEGAL_THREAT = words(
    "poursuites? (?:judiciaires?|penales?|en justice)", "poursuivi…", "porter plainte",
    "depos\\w+ (?:une )?plainte", "interpol", "europol", "fbi", "cybercrim…", "police",
    "gendarmerie", "justice", "tribunal", "avocat", "penal…",
)  # fmt: skip
SHIP = words(
    "expedi…", "colis", "envoi", "envoyer l'\\w+", "paiement", "virement", "fonds", "compte",
)  # fmt: skip
CHAT = re.compile(
    r"(?<![\w-])(?:w+h?at+['s]*[ .-]?a+p+s?|watt?s?a+pp?|wh?ats?ap|w[h4]?[a@4]ts?[a@4]p+"
    r"|wsp|wtsp|wtp|telegram+e?|viber|snap(?:chat)?|messenger|(?:sur|par|via) signal"
    r"|signal app|hangouts?|google chat|wechat|threema|skype|discord)(?!\w)"
)
CHAT_LINK = re.compile(r"(?:wa\.me|api\.whatsapp\.com|t\.me|telegram\.me|signal\.me|m\.me)\b")
CONTACT = re.compile(
    r"\b(?:contact\w*|ecri\w+|joign\w+|joindre|ajout\w+|continu\w+|parl\w+|discut\w+|repon\w+"
    r"|envoy\w+|passons|passer|rejoin\w+|message)\b"
)
_DIGIT = r"(?:zero|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|\d{1,2})"
SPELLED = re.compile(
    rf"\b(?:zero|o)\b[ .,/_*-]{{0,3}}\b(?:six|sept|6|7)\b(?:[ .,/_*-]{{0,3}}\b{_DIGIT}\b){{3,}}"
)
CARRIER = words(
    "transporteu[rs]e?", "livreu[rs]e?", "coursier", "convoyeur", "demenageurs?",
    "agent (?:de (?:livraison|transport)|dhl|ups|fedex)",
    "(?:societe|agence|service|entreprise) de (?:transport|livraison|demenagement)",
    "dhl", "ups", "fedex", "transitaire",
)  # fmt: skip
BRINGS = re.compile(
    r"\b(?:passe\w*|viend\w+|vien\w+|recuper\w+|apport\w+|remet\w+|collect\w+|charg\w+|enlev\w+"
    r"|se presente\w*|livre\w*)\b"
)
CHEQUE = words("cheques?(?: de banque| certifie…)?")
DIFFERENCE = re.compile(
    r"\b(?:rembours\w+|revers\w+|renvo\w+|reten\w+|retir\w+|transf\w+|remet\w+|virer\w*)\b.{0,60}"
    r"\b(?:difference|surplus|trop[- ]percu|excedent|reste|restant|demenageur\w*|transitaire"
    r"|transporteur)\b"
    r"|\b(?:difference|surplus|trop[- ]percu|excedent)\b.{0,60}"
    r"\b(?:rembours\w+|revers\w+|renvo\w+|mandat|western|moneygram)\b"
)
MANDATE = re.compile(r"\bmandats?[ -]?(?:cash|postal|postaux|express|international)\b")
COUPON = re.compile(
    r"\b(?:transcash|neosurf|toneo|money ?gram|western ?-?union|paysafe(?:card)?|cashlib|flexepin"
    r"|worldremit|sendwave"
    r"|(?:coupons?|recharges?|tickets?|codes?|cartes?|mastercard)(?: de recharge)? pcs"
    r"|pcs (?:mastercard|recharge)"
    r"|cartes? (?:cadeaux? )?(?:itunes|google play|steam|amazon))\b"
)
REFUSES = re.compile(
    r"\b(?:pas (?:d[e']|par|les?|l'|la|sur(?! place))|ni|jamais|sans|aucun|non|evite\w*|mefie\w*"
    r"|arnaque\w*|refuse\w*)\b[^.!?,]{0,45}$"
)
DOCUMENT = re.compile(
    r"\b(?:carte (?:nationale )?d'identite|piece d'identite|\bcni\b|passeport|permis de conduire"
    r"|rib|iban|bulletins? de (?:salaire|paie|paye)|fiches? de (?:paie|paye|salaire)"
    r"|avis d'imposition|cryptogramme|cvv|carte (?:bancaire|bleue|vitale)|releves? bancaires?"
    r"|justificatif de domicile|selfie)\b"
)
ASK_YOURS = re.compile(
    r"\b(?:envo(?:ye[rz]|yez|ie[sz]?)|transmett\w+|fourni\w*|donne[rz]?|communique[rz]?|scanne[rz]?"
    r"|photographi\w+|besoin d[e']|il me faut|me faudra\w*|photos? d[e'u])\b[^.!?]{0,50}"
    r"\b(?:votre|vos|ton|ta|tes|recto|une? (?:photo|copie|scan))\b"
)
SECRET = re.compile(r"\b(?:cvv|cryptogramme|3 (?:derniers )?chiffres|dos de la carte)\b")
ABSENT = re.compile(
    r"\b(?:je (?:suis|me trouve|vis|reside|travaille)|suis|actuellement|etant)\b[^.!?]{0,50}"
    r"\b(?:a l'etranger|en deplacement|en mission|en mer|hospitalise\w*|a l'hopital|en afrique"
    r"|cote d'ivoire|benin|cameroun|senegal|en voyage|militaire|plateforme|humanitaire|offshore"
    r"|malentendant\w*|sourde?|muette?|au canada|en angleterre|a londres|en suisse|en italie"
    r"|en espagne|en belgique|aux etats-unis|expatrie\w*)\b"
)
NO_VISIT = re.compile(
    r"\b(?:pas (?:de|possible de|faire de) visite|sans visite\w*|visite (?:est )?impossible"
    r"|cles?\b[^.!?]{0,40}\b(?:poste|courrier|dhl|ups|colis|fedex|transporteur|recommande)"
    r"|avant (?:la |toute |de )?visit\w+|acheter sans voir|acquerir sans|pour les formalites"
    r"|ne (?:peux|pourrai|peut|pourrais) (?:donc )?(?:pas|plus|malheureusement pas)"
    r"[^.!?]{0,20}(?:deplacer|presenter|faire visiter|assurer la visite|etre present\w*)"
    r"|mon (?:transporteur|agence|notaire|huissier|transitaire|mandataire|avocat|secretaire))\b"
)
DEPOSIT = re.compile(
    r"\b(?:caution|depot de garantie|acompte|arrhes|premier (?:mois|loyer)|un mois de loyer"
    r"|mois d'avance)\b"
)
BEFORE_VISIT = re.compile(
    r"\b(?:avant (?:la |toute |de )?visit\w+|pour (?:bloquer|reserver|garantir|confirmer)"
    r" (?:la visite|le logement|l'appartement|le studio|la maison|votre place)"
    r"|prouver (?:votre|que)|preuve (?:de )?(?:solvabilite|paiement|fonds))\b"
)
ANIMAL = words(
    "chiots?", "chatons?", "chienne?s?", "chattes?", "perroquets?", "bouledogues?", "yorkshire",
    "chihuahuas?", "maine coons?", "persans?", "spitz", "husky", "aras?", "singes?", "capucin",
    "lui et sa soeur", "elle et son frere", "adoption",
)  # fmt: skip
GIFT = re.compile(
    r"\b(?:donn(?:e|er|ons)|don|offr\w+|gratuit\w*|adopt\w+|contre bons soins|bonne famille)\b"
)
PET_FEES = re.compile(
    r"\b(?:frais|regl\w+|pay\w+|participation|avance\w*)\b[^.!?]{0,40}"
    r"\b(?:transport\w*|cage|vaccin\w*|puce|voyage|assurance|veterinaire|livraison|douane"
    r"|quarantaine)\b"
)
RESERVE = re.compile(r"\b(?:reserv\w+|bloqu\w+|acompte|arrhes|garder|mettre de cote)\b")
URGENT = re.compile(
    r"\b(?:(?:beaucoup|trop|enormement|plusieurs|tellement|plein) (?:de |d')?(?:demandes?"
    r"|personnes?|gens|interess\w+|contacts?|appels?|messages?|acheteurs?)"
    r"|premier (?:arrive|qui pa[yi]e)|rapidement|au plus vite|aujourd'hui meme|dans l'heure"
    r"|immediatement)\b"
)
TRANSFER = re.compile(
    r"\b(?:virement|paypal|lydia|paylib|wero|revolut|transcash|western union|mandat|pcs|rib|iban"
    r"|lien de paiement|carte bancaire)\b"
)
PREMIUM = re.compile(
    r"(?<![\d+])(?:\+33 ?(?:\(0\))?|0033 ?|0)[ .-]?8[ .-]?(?:[129]|3[ .-]?6)(?:[ .-]?\d){6,7}(?!\d)"
)
CALL_CODE = re.compile(
    r"\b(?:appel\w*|rappel\w*|compos\w+|tap\w+|telephon\w+)\b.{0,80}\b(?:code|poste|dossier)\b"
    r".{0,12}\b\d{3,6}\b"
)
PARCEL = words("colis", "paquets?", "marchandises?")
RESHIP = re.compile(
    r"\b(?:reexpedi\w+|re-?expedi\w+|renvoy\w+|reposte\w*|reception(?:ner|nez)|reetiquet\w+)\b"
)
EARN = re.compile(
    r"\b(?:remuner\w+|paye[es]?|salaire|gagn\w+|commission\w*|pourcentage|prime|revenu\w*"
    r"|\d+ ?(?:€|euros?) (?:par|la|le)|\d{1,2} ?%|complement de revenu\w*|garde[rz]?)(?!\w)"
)
ACCOUNT = re.compile(
    r"\b(?:votre|ton|un|vos|des|le) (?:compte\w*(?: bancaires?)?|rib|cheques?|carte bancaire)\b"
)
LEND = re.compile(
    r"\b(?:encaiss\w+|pret(?:er|ez|e)\b|utilis\w+|revers\w+|transf(?:er|ér)\w+|depos\w+"
    r"|faire transiter|recevoir des (?:fonds|virements|sommes)|retir\w+)"
)
LOAN = re.compile(
    r"\b(?:pret\w* (?:d'argent|entre particuliers?|personnel|rapide|sans banque)"
    r"|offres? de (?:pret|credit|financement)"
    r"|credit entre particuliers?|particulier a particulier|preteurs? particuliers?"
    r"|pret\w* (?:de |allant )?(?:de )?\d[\d .]* ?(?:€|euros))"
)
INHERIT = re.compile(
    r"\b(?:heritages?|succession|leguer|legs|heritier|beneficiaire|donation|faire don|fortune"
    r"|cancer|maladie (?:incurable|grave)|phase terminale)\b"
)
MONEY_MOVE = re.compile(
    r"\b(?:millions?|fonds|transf(?:er|ert)\w*|fortune|somme de|compte bloque|coffre"
    r"|frais de (?:dossier|notaire|transfert|mutation)|attestation)\b"
)
LOTS = re.compile(r"\b(?:millions?|fortune|somme de|fonds|coffre|transfert|taux|\d{1,2} ?%)(?!\w)")
QR = re.compile(
    r"\b(?:scann\w+|flash\w+)\b.{0,40}\b(?:qr|code|image)\b|\bqr ?-?codes?\b.{0,40}"
    r"\b(?:payer|paiement|recevoir|scann\w+|confirmer|valider)\b"
)
PUBLISH = re.compile(
    r"\b(?:publi\w+|diffus\w+|partag\w+|balanc\w+|envo\w+|montr\w+|divulgu\w+|poster)\b.{0,80}"
    r"\b(?:contacts|amis|famille|femme|mari|proches|facebook|reseaux|youtube|internet|collegues"
    r"|entourage|patron)\b"
)
INTIMATE = re.compile(
    r"\b(?:videos?|photos?|nus?|nue|nudes?|intimes?|masturb\w+|sexe|sexuel\w*|images?|webcam"
    r"|enregistr\w+|capture\w*)\b"
)
PAY_UP = re.compile(
    r"\b(?:pay\w+|argent|euros?|pcs|coupons?|transcash|neosurf|bitcoins?|btc|verse[rz]?|somme"
    r"|virement|western|\d+ ?€)(?!\w)"
)
LURE = re.compile(
    r"\b(?:cams?|webcams?|live cam|shows?|tchat (?:adulte|coquin|hot)|nudes?|sexe|coquin\w*|plan q"
    r"|plan cul|onlyfans|mym|libertin\w*|chaud\w*)\b"
)
