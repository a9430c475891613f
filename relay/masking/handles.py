"""Find messenger handles and chat links: mon insta c'est jo_92, t.me/jo."""

import re

from relay.masking.signs import Reading

_LINK = re.compile(
    r"(?:https?://)?(?:www\.|chat\.|api\.|m\.)?(?:wa\.me|whatsapp\.com|t\.me|telegram\.(?:me|org|"
    r"dog)|m\.me|"
    r"signal\.(?:me|group)|instagram\.com|instagr\.am|ig\.me|facebook\.com|fb\.(?:me|com)|"
    r"messenger\.com|snapchat\.com|"
    r"discord\.(?:gg|com)|discordapp\.com|tiktok\.com|line\.me|viber\.(?:com|me)|skype\.com|"
    r"linktr\.ee|twitter\.com|x\.com|threads\.net|bsky\.app)/[^\s<>\"']+"
    r"|(?:tg|viber|skype|whatsapp|signal|fb-messenger|snapchat|facetime):(?://)?[^\s<>\"']+"
)
_PLATFORM = (
    r"insta(?:gram)?|ig|snap(?:chat)?|telegram|tele?g|tg|whats?app|discord|messenger|facebook|fb|"
    r"signal|viber|"
    r"skype|tiktok|tik tok|wechat|line|kik|twitter|threads|bluesky|steam|twitch|pseudo insta"
)
_FILLER = (
    r"c['e ]?est|c|est|is|it's|its|es|e|ist|moi|me|mon|ma|my|mi|meu|mein|mijn|pseudo|compte|"
    r"account|user|username|nom|name|id|"
    r"sur|on|at|au|auf|op|en|em|su|ajoute[rz]?|add|cherche[rz]?|tape[rz]?|search|follow|"
    r"contacte[rz]?|ecri[rstvez]*|dm|mp|@|:|=|-|>|,|→"
)
_HANDLE = r"@?[a-z0-9][\w.]{2,31}(?:#\d{4})?"
_SAID = re.compile(
    rf"\b(?:{_PLATFORM})\b(?P<between>(?:\s*(?:{_FILLER})(?!\w)){{0,5}})\s*[\"'(]?(?P<handle>{_HANDLE})"
)
_AT_FIRST = re.compile(
    rf"(?<![\w.])(?P<handle>@[a-z0-9_][\w.]{{2,31}})(?P<between>[ ,]{{0,2}}(?:sur|on|auf|op|en|su|"
    rf"\()\s?(?:mon |my )?)(?:{_PLATFORM})\b"
)
_TELLING = re.compile(
    r"[@:=]|c['e ]?est|\bc\b|\bis\b|\bit'?s\b|\bes\b|\bist\b|\be\b|pseudo|user|ajout|add|cherch|"
    r"tape"
)
_MARKED = re.compile(r"@|\d|_|\.\w|#")
_COMMON = frozenset(
    "pas plus bien mieux aussi svp merci dispo disponible possible uniquement seulement only "
    "please thanks "
    "pour avec sans dans mais donc vous nous elle tout rien oui non ici la le les une des not "
    "available".split()
)


def find_handles(view: Reading) -> list[tuple[int, int]]:
    """Return start and end, in the original, of each chat link and messenger handle."""
    text = view.text
    found = [view.span(*hit.span()) for hit in _LINK.finditer(text)]
    for pattern in (_SAID, _AT_FIRST):
        for hit in pattern.finditer(text):
            if _is_handle(hit.group("handle"), hit.group("between")):
                start, end = hit.span("handle")
                found.append(view.span(start, start + len(text[start:end].rstrip("."))))
    return sorted(found)


def _is_handle(handle: str, between: str) -> bool:
    """Tell a handle from the next word: it is marked like one, or the sentence gives one."""
    plain = handle.lstrip("@").rstrip(".")
    if plain in _COMMON or re.fullmatch(rf"(?:{_FILLER}|{_PLATFORM})", plain):
        return False
    return bool(_MARKED.search(handle.rstrip("."))) or bool(_TELLING.search(between))
