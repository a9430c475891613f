"""Write ``extra.jsonl``: tricks to get a number through, and figures that must survive.

Made apart from the development corpus, with other sentences, other signs and more
languages; measured before anything was tuned to it (figures in docs/masking.md).
Run ``python tests/data/masking/make_extra.py``; the seed is fixed. Numbers are drawn
from valid ranges at random: never dial them.
"""

import json
import random
from pathlib import Path

RANDOM = random.Random(20270314)
Piece = tuple[str, str]  # what is written, the digits it carries ("" for none)
MOBILE = {
    "FR": ("33", "0", ("6", "7"), 9), "BE": ("32", "0", ("47", "48", "49"), 9),
    "CH": ("41", "0", ("76", "78", "79"), 9), "DE": ("49", "0", ("151", "171", "176"), 11),
    "ES": ("34", "", ("61", "63", "65"), 9), "IT": ("39", "", ("333", "347", "338"), 10),
    "GB": ("44", "0", ("7400", "7700", "7911"), 10), "NL": ("31", "0", ("61", "62"), 9),
    "PT": ("351", "", ("91", "93", "96"), 9), "MA": ("212", "0", ("61", "66"), 9),
}  # fmt: skip


def number(region: str = "FR") -> tuple[str, str]:
    """Return the national number with trunk prefix, and E.164."""
    import phonenumbers

    code, trunk, starts, length = MOBILE[region]
    while True:
        head = RANDOM.choice(starts)
        if region == "FR":
            head = RANDOM.choice(("61", "62", "64", "66", "68", "75", "76", "78", "1", "4", "24"))
        nsn = head + "".join(RANDOM.choice("0123456789") for _ in range(length - len(head)))
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+{code}{nsn}")):
            return trunk + nsn, f"+{code}{nsn}"


def grouped(digits: str, sizes: tuple[int, ...]) -> list[str]:
    """Cut *digits* into groups, pairs at the end."""
    groups, at = [], 0
    for size in sizes:
        groups.append(digits[at : at + size])
        at += size
    groups += [digits[k : k + 2] for k in range(at, len(digits), 2)]
    return [group for group in groups if group]


def joined(groups: list[str], separator: str) -> list[Piece]:
    """Write *groups* with one separator."""
    pieces: list[Piece] = []
    for k, group in enumerate(groups):
        if k:
            pieces.append((separator, ""))
        pieces.append((group, group))
    return pieces


FR = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf".split()
)
TENS = {
    "fr": "vingt trente quarante cinquante soixante".split(),
    "en": "twenty thirty forty fifty sixty seventy eighty ninety".split(),
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split(),
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa".split(),
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig".split(),
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split(),
}  # fmt: skip
UNITS = {
    "fr": FR[:10],
    "en": "zero one two three four five six seven eight nine".split(),
    "it": "zero uno due tre quattro cinque sei sette otto nove".split(),
    "pt": "zero um dois três quatro cinco seis sete oito nove".split(),
    "nl": "nul een twee drie vier vijf zes zeven acht negen".split(),
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve".split(),
    "de": "null eins zwei drei vier fünf sechs sieben acht neun".split(),
    "ar": "صفر واحد اثنين ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة".split(),
    "darija": "sifr wahed jouj tlata rb3a khamsa setta seb3a tmenya tes3oud".split(),
    "sms": "zero 1 de troi katr sink sis set uit nef".split(),
    "meia": "zero um dois três quatro cinco meia sete oito nove".split(),
}  # fmt: skip
TEENS = {
    "it": "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
    "pt": "dez onze doze treze catorze quinze dezasseis dezassete dezoito dezanove",
    "nl": "tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
    "en": "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "es": "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
}


def french(value: int) -> str:
    """Say 0 to 99 as in France."""
    if value < 20:
        return FR[value]
    if value < 70:
        ten, unit = divmod(value, 10)
        name = TENS["fr"][ten - 2]
        return name if not unit else name + (" et un" if unit == 1 else "-" + FR[unit])
    if value < 80:
        return "soixante et onze" if value == 71 else "soixante-" + FR[value - 60]
    return "quatre-vingts" if value == 80 else "quatre-vingt-" + FR[value - 80]


def say_pair(pair: str, language: str) -> str:
    """Say two digits in *language*."""
    units = UNITS[language]
    if pair[0] == "0" or len(pair) == 1:
        return " ".join(units[int(d)] for d in pair)
    value = int(pair)
    if language == "fr":
        return french(value)
    if value < 20:
        return TEENS[language].split()[value - 10]
    ten, unit = divmod(value, 10)
    name = TENS[language][ten - 2]
    if not unit:
        return name
    if language == "nl":
        return units[unit] + ("ën" if units[unit].endswith("e") else "en") + name
    if language == "it":
        return (name[:-1] if unit in (1, 8) else name) + units[unit]
    joint = {"pt": " e ", "es": " y ", "en": "-"}[language]
    return name + joint + units[unit]


def spoken(digits: str, language: str, separator: str = " ") -> list[Piece]:
    """Say a number by pairs (by digits where no tens are given)."""
    if language in TENS:
        groups = [digits[:2], *grouped(digits[2:], ())] if len(digits) % 2 == 0 else list(digits)
    else:
        groups = list(digits)
    pieces: list[Piece] = []
    for k, group in enumerate(groups):
        if k:
            pieces.append((separator, ""))
        pieces.append((say_pair(group, language), group))
    return pieces


def mapped(digits: str, signs: str | list[str], separator: str = "") -> list[Piece]:
    """Write each digit by the sign at its place."""
    pieces: list[Piece] = []
    for k, digit in enumerate(digits):
        if k and separator:
            pieces.append((separator, ""))
        pieces.append((signs[int(digit)], digit))
    return pieces


def paired(pieces: list[Piece], separator: str) -> list[Piece]:
    """Put *separator* after each second piece."""
    out: list[Piece] = []
    for k, piece in enumerate(pieces):
        if k and k % 2 == 0:
            out.append((separator, ""))
        out.append(piece)
    return out


CUES = (
    "Mon tel {}", "appelle moi au {} ce soir", "Dispo sur whatsapp {} merci", "Marc {}",
    "vous pouvez me joindre ici : {} (après 18h)", "Bonjour, 250 € c'est ok, {} pour le rdv",
    "Salut ! Je passe prendre le canapé demain, mon portable {}.", "{}", "num perso {} bisous",
    "Le vélo m'intéresse. Contactez-moi : {}. Je suis à Rennes (35000).",
    "call or text me on {} please", "je laisse mon 06 si besoin {}", "mi teléfono es {} gracias",
    "il mio cellulare è {} grazie", "o meu número é {} obrigado", "mijn nummer is {} groetjes",
    "meine Nummer ist {} danke", "رقمي {} شكرا", "Cordialement,\nSophie Lambert\n{}",
    "Annonce vue hier, ref 48213, {} à toute heure", "sms only: {}",
)  # fmt: skip


def simple() -> list[tuple[str, str, str, list[Piece]]]:
    """Return (class, kind, region, pieces) of each light trick."""
    out = []
    for region in MOBILE:
        for style in range(5):
            digits, e164 = number(region)
            code, trunk, _, _ = MOBILE[region]
            nsn = digits[len(trunk) :]
            intl: list[Piece] = [("+", ""), (code, "")]
            body = {
                0: joined(grouped(digits, (3 if trunk else 3, 3)), " "),
                1: [(digits, digits)],
                2: [*intl, (" ", ""), *joined(grouped(nsn, (1, 2) if region == "FR" else (3,)), " ")],
                3: [*intl, (" (0)" if trunk else " ", ""), (nsn, nsn)],
                4: joined(grouped(digits, (2, 2) if region == "FR" else (4,)), "."),
            }[style]
            out.append(("plain", f"plain_{region}", region, e164, body))
    return out


ODD = (" ~ ", "\\", " <3 ", "_", "|", " ; ", "\t", "\u2009", "\u3000", " >> ", "=", "♥", "*", " 🌸 ", ".-.", "\n\n", "¤", "^", "'", " · ")
SCRIPTS = {
    "devanagari": "०१२३४५६७८९", "thai": "๐๑๒๓๔๕๖๗๘๙", "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "mono": "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿",
    "circled": "⓪①②③④⑤⑥⑦⑧⑨", "super": "⁰¹²³⁴⁵⁶⁷⁸⁹", "sub": "₀₁₂₃₄₅₆₇₈₉", "black": "⓿❶❷❸❹❺❻❼❽❾",
    "bengali": "০১২৩৪৫৬৭৮৯", "persian": "۰۱۲۳۴۵۶۷۸۹", "chinese": "〇一二三四五六七八九", "segment": "🯰🯱🯲🯳🯴🯵🯶🯷🯸🯹",
    "greek_look": ["Ο", "1", "2", "З", "4", "Ƽ", "б", "7", "Ȣ", "9"],
    "leet2": ["O", "l", "Z", "3", "4", "S", "G", "7", "B", "q"],
}  # fmt: skip


def obscure() -> list[tuple[str, str, str, str, list[Piece]]]:
    """Return the harder tricks: scripts, words, fillers, splits, markup."""
    out = []

    def add(cls: str, kind: str, region: str, e164: str, body: list[Piece]) -> None:
        out.append((cls, kind, region, e164, body))

    for separator in ODD:
        digits, e164 = number()
        add("obf1", "odd_separator", "FR", e164, joined(grouped(digits, ()), separator))
    for sizes in ((4, 2), (2, 4), (5, 5), (1, 3, 3, 3), (3, 3, 4), (2, 3, 3), (6, 4), (1, 1, 4)):
        digits, e164 = number()
        separator = RANDOM.choice((" ", ".", "-"))
        add("obf1", "regrouped", "FR", e164, joined(grouped(digits, sizes), separator))
    for text in ("/", ".", "-", " "):
        digits, e164 = number()
        nsn = digits[1:]
        head = [("+33", ""), (text, ""), (f"({nsn[0]})", nsn[0]), (text, "")]
        add("obf1", "odd_international", "FR", e164, head + joined(grouped(nsn[1:], ()), text))
        digits, e164 = number()
        body = [("33 ", ""), *joined(grouped(digits[1:], (1,)), text)]
        add("obf1", "code_without_plus", "FR", e164, body)
        digits, e164 = number()
        body = [("00 33 ", ""), *joined(grouped(digits[1:], (1,)), text)]
        add("obf1", "exit_code", "FR", e164, body)
    for filler in ("x", "h", "a", "z", "et", "ou", "m", "€", "kg", "%"):
        digits, e164 = number()
        add("obf2", "filler_letters", "FR", e164, joined(grouped(digits, ()), filler))
    for name, signs in SCRIPTS.items():
        for style in range(3):
            digits, e164 = number()
            pieces = mapped(digits, signs)
            body = pieces if style == 0 else paired(pieces, (" ", ".")[style - 1])
            add("obf2", f"script_{name}", "FR", e164, body)
    for mark in ("\u0336", "\u0332", "\u20e3", "\u200b", "\u2062", "\u0489", "\u202c"):
        digits, e164 = number()
        body = [piece for d in digits for piece in ((d, d), (mark, ""))]
        add("obf2", "marks", "FR", e164, body)
    for language in ("fr", "en", "it", "pt", "nl", "es"):
        for separator in (" ", ", ", " - ", ".", " / "):
            digits, e164 = number()
            add("obf2", f"words_{language}", "FR", e164, spoken(digits, language, separator))
    for language in ("de", "ar", "darija", "sms", "meia"):
        for separator in (" ", "-", ", "):
            digits, e164 = number()
            add("obf2", f"words_{language}", "FR", e164, spoken(digits, language, separator))
    for region, language in (("ES", "es"), ("IT", "it"), ("PT", "pt"), ("GB", "en"), ("NL", "nl"), ("DE", "de"), ("MA", "ar")):
        for _ in range(2):
            digits, e164 = number(region)
            body = [(say_pair(d, language), d) for d in digits]
            body = [p for k, b in enumerate(body) for p in (((" ", ""), b) if k else (b,))]
            add("obf2", "words_at_home", region, e164, body)
    for _ in range(10):  # two languages in one number
        digits, e164 = number()
        languages = RANDOM.sample(("fr", "en", "es", "it"), 2)
        body = []
        for k, group in enumerate(grouped(digits, ())):
            body += [((" ", ""))] if k else []
            body.append((say_pair(group, languages[k % 2]), group))
        add("obf2", "mixed_languages", "FR", e164, body)
    for _ in range(8):  # the tens in words, the unit as a figure
        digits, e164 = number()
        body = [(digits[:2], digits[:2])]
        for group in grouped(digits[2:], ()):
            body.append((" ", ""))
            value = int(group)
            said = group if value < 20 or value >= 70 else f"{TENS['fr'][value // 10 - 2]} {value % 10}"
            body.append((said if value % 10 else group, group))
        add("obf2", "words_and_unit", "FR", e164, body)
    for word in ("double", "triple"):
        digit = RANDOM.choice("4578")
        count = 2 if word == "double" else 3
        rest = "".join(RANDOM.choice("13579") for _ in range(8 - count))
        digits = "06" + digit * count + rest
        body = [("zero six ", "06"), (f"{word} {UNITS['en'][int(digit)]}", digit * count)]
        body += [p for d in rest for p in ((" ", ""), (UNITS["en"][int(d)], d))]
        add("obf2", "double", "FR", "+33" + digits[1:], body)
    for _ in range(8):  # one typo in each second word
        digits, e164 = number()
        body = []
        for k, (said, value) in enumerate(spoken(digits, "fr", " ")):
            if value and len(said) > 4 and k % 4 == 0:
                at = RANDOM.randrange(1, len(said) - 2)
                said = said[:at] + said[at + 1] + said[at] + said[at + 2 :]
            body.append((said, value))
        add("obf2", "typos", "FR", e164, body)
    for style in range(10):  # glued and dressed
        digits, e164 = number()
        body = [(french(int(g)) if g[0] != "0" else "zéro " + FR[int(g[1])], g) for g in grouped(digits, ())]
        clean = [("".join(part.capitalize() if style % 2 else part for part in said.replace("-", " ").split()), g) for said, g in body]
        prefix = [("moncest", "")] if style > 6 else []
        add("obf3", "glued", "FR", e164, prefix + clean)
    for _ in range(8):
        digits, e164 = number()
        table = str.maketrans({"e": "3", "o": "0", "i": "1", "a": "4"})
        body = [(said.translate(table) if value else said, value) for said, value in spoken(digits, "en", " ")]
        add("obf3", "leet_en", "FR", e164, body)
    return out


COMMENTS = ("(oui)", "[patience]", "(j'arrive)", "*clin d'oeil*", "(c'est presque ça)", "{suite}", "(ha ha)", "(tu notes ?)")
JOINS = (
    (", ", " après ça ", ", puis ", " et on termine avec "), (" then ", " next ", " and then ", " finally "),
    (" luego ", " después ", " y ", " y por último "), (" poi ", " e poi ", " quindi ", " e infine "),
    (" dann ", " danach ", " und ", " zuletzt "), (" … ", " … ", " … ", " … "),
    (" tiret ", " tiret ", " tiret ", " tiret "), (" barre ", " barre ", " barre ", " barre "),
    (" hyphen ", " hyphen ", " hyphen ", " hyphen "), (" ponto ", " ponto ", " ponto ", " ponto "),
    (" trattino ", " trattino ", " trattino ", " trattino "), (" streepje ", " streepje ", " streepje ", " streepje "),
)  # fmt: skip
HALVES = (
    "d'abord {} ensuite {} voilà mon tel", "Le début de mon numéro c'est {} et le reste {}",
    "numéro partie 1 : {}\nnuméro partie 2 : {}", "my phone: first half {} second half {}",
    "les premiers chiffres de mon portable : {} ; les suivants : {}",
    "appelle le {} et tu rajoutes {} à la fin", "mi móvil: primero {} y luego {}",
    "Meine Handynummer: erst {} und am Ende {}", "begin van mijn nummer {} en het einde {}",
    "mon tel {} (je suis à Lyon au fait) {} voilà",
)  # fmt: skip
LINES = (
    "je peux venir quand vous voulez", "le prix me va", "merci de votre réponse", "photo sur demande",
    "je réserve", "sans faute", "bonne soirée", "à bientôt", "je suis sérieux", "paiement liquide",
)  # fmt: skip


def sentences() -> list[tuple[str, str, str, str, list[Piece]]]:
    """Return the tricks that take a whole sentence."""
    out = []
    for _ in range(12):
        digits, e164 = number()
        groups = grouped(digits, ())
        body: list[Piece] = []
        for k, group in enumerate(groups):
            body.append((group, group))
            if k < len(groups) - 1:
                body.append((" " + (RANDOM.choice(COMMENTS) if k % 2 == 0 else ",") + " ", ""))
        out.append(("obf3", "comments", "FR", e164, [("notez mon tel ", ""), *body]))
    for joins in JOINS:
        digits, e164 = number()
        groups = grouped(digits, ())
        body = [(groups[0], groups[0])]
        for join, group in zip(joins, groups[1:], strict=True):
            body += [(join, ""), (group, group)]
        out.append(("obf2", "connectors", "FR", e164, [("tel ", ""), *body]))
    for template in HALVES * 3:
        digits, e164 = number()
        at = RANDOM.choice((2, 4, 6))
        before, middle, after = template.split("{}")
        left = joined(grouped(digits[:at], ()), RANDOM.choice((" ", ".", "")))
        right = joined(grouped(digits[at:], ()), RANDOM.choice((" ", ".", "-")))
        out.append(("obf3", "halves", "FR", e164, [(before, ""), *left, (middle, ""), *right, (after, "")]))
    for end in (False, True) * 8:
        digits, e164 = number()
        body = []
        for group in grouped(digits, ()):
            line = RANDOM.choice(LINES)
            body += [(line + " ", ""), (group, group), ("\n", "")] if end else [(group, group), (" " + line + "\n", "")]
        head = "lis la fin de chaque ligne\n" if end else "premier mot de chaque ligne = mon tel\n"
        out.append(("obf3", "acrostic_end" if end else "acrostic", "FR", e164, [(head, ""), *body]))
    for cue in ("écrit à l'envers : {}", "read it backwards: {}", "leelo al revés {}", "rückwärts gelesen {}", "numéro en miroir {}", "leggilo al contrario {}"):
        for style in range(2):
            digits, e164 = number()
            back = digits[::-1]
            before, after = cue.split("{}")
            body = [(d, d) for d in back]
            body = paired(body, " ") if style else body
            out.append(("obf3", "reversed", "FR", e164, [(before, ""), *body, (after, "")]))
    return out


def markup() -> list[tuple[str, str, str, str, list[Piece]]]:
    """Return tricks in HTML source."""
    out = []
    styles = (
        "<b>{}</b>", "<i>{}</i>&zwj;", "<span class='a'>{}</span><!-- 9 -->", "<u>{}</u>&#8203;",
        '<span>{}</span><span style="display:none">7</span>', "<font color=red>{}</font>&nbsp;",
        '<em>{}</em><i hidden>42</i>', "<strong>{}</strong><wbr>", "<p>{}</p>", "<li>{}</li>\n",
    )  # fmt: skip
    for style in styles:
        for by in (1, 2):
            digits, e164 = number()
            before, after = style.split("{}")
            body: list[Piece] = [("<div>Mon numéro ", "")]
            for k in range(0, 10, by):
                body += [(before, ""), (digits[k : k + by], digits[k : k + by]), (after, "")]
            out.append(("obf2", "html_tags", "FR", e164, [*body, ("</div>", "")]))
    for pattern in ("&#{};", "&#x{:x};", "&#x{:04X};", "&#0{};"):
        digits, e164 = number()
        body = [(pattern.format(ord(d)), d) for d in digits]
        out.append(("obf2", "html_entities", "FR", e164, [("<p>joignable au ", ""), *body, ("</p>", "")]))
    links = (
        '<a href="tel:{}">ici</a>', '<a href="https://wa.me/{}">écris-moi</a>', '<a href="sms:{}">sms</a>',
        '<img src="x.png" alt="{}">', '<span title="{}">survole</span>',
        '<a href="https://api.whatsapp.com/send?phone={}">wa</a>',
    )  # fmt: skip
    for link in links * 2:
        digits, e164 = number()
        before, after = link.split("{}")
        body = [("<p>Bonjour ", ""), (before, ""), (e164[1:], e164[3:]), (after + "</p>", "")]
        out.append(("obf2", "html_links", "FR", e164, body))
    return out


def record(cls: str, kind: str, region: str, e164: str, body: list[Piece], number_: int) -> dict[str, object]:
    """Return one line of the corpus, offsets counted."""
    whole = cls in ("obf3",) and kind not in ("glued", "leet_en") or kind in ("connectors",)
    frame = "{}" if whole or kind.startswith("html") else RANDOM.choice(CUES)
    if kind in ("script_chinese", "filler_letters", "words_at_home", "code_without_plus", "typos"):
        frame = RANDOM.choice([c for c in CUES if c != "{}" and "Marc" not in c and "ref" not in c and "canapé" not in c])
    before, after = frame.split("{}")
    text, digits, at = before, [], len(before)
    nsn = e164[1:]
    code = next(c for c in ("351", "212", "33", "32", "41", "49", "34", "39", "44", "31") if nsn.startswith(c))
    for shown, value in body:
        if value:
            digits.append([at, at + len(shown), value])
        text += shown
        at += len(shown)
    text += after
    if kind != "reversed" and digits and digits[0][2].startswith("0"):
        rest = digits[0][2][1:]
        digits = ([[digits[0][0], digits[0][1], rest]] if rest else []) + digits[1:]
    span = [digits[0][0], digits[-1][1], e164]
    assert nsn.startswith(code)
    return {
        "id": f"extra-{number_:04}", "text": text, "lang": "fr", "class": cls, "kind": kind,
        "spans": [span], "digits": [digits], "place": "body", "region": region,
        "known": [{"e164": e164, "spans": [span], "why": "own"}, {"e164": number()[1], "spans": [], "why": "other"}],
    }  # fmt: skip


def main() -> None:
    """Write the file beside this one."""
    import extra_negatives

    records = []
    light = [(c, k, r, e, b) for _ in range(2) for c, k, r, e, b in simple()]
    for cls, kind, region, e164, body in light + obscure() + sentences() + markup() + obscure() + markup():
        records.append(record(cls, kind, region, e164, body, len(records)))
    for kind, text in extra_negatives.negatives(RANDOM):
        records.append({
            "id": f"extra-{len(records):04}", "text": text, "lang": "fr", "class": "negative",
            "kind": kind, "spans": [], "digits": [], "place": "body", "region": "FR",
            "known": [{"e164": number()[1], "spans": [], "why": "none"}],
        })  # fmt: skip
    target = Path(__file__).with_name("extra.jsonl")
    target.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")


if __name__ == "__main__":
    main()
