"""Numbers told in roundabout ways, and figures that look like one in the same shape."""

import pytest

from relay.masking import find_numbers, gaps
from relay.masking.words import vocabulary

NUMBER = "+33639981247"
TOLD = {
    "stars for letters": "z*ro s*x tr*nte-n*uf quatre-v*ngt-d*x-huit d*uze quarante-s*pt",
    "signs for letters": "z€ro s!x tr€nte n€uf 98 12 47",
    "a star for a digit": "mettez un 9 à la place des étoiles : 06 3* *8 12 47",
    "a letter for a digit": "06 3X X8 12 47, avec X = 9",
    "brackets for a zero": "()6 39 98 12 47",
    "the end first": "La fin d'abord : 98 12 47. Et le début ensuite : 06 39.",
    "groups backwards": "en partant de la fin : 47 12 98 39 06",
    "figures backwards": "de la fin au début : 7-4-2-1-8-9-9-3-6-0",
    "groups said again": "06 [zéro six], 39 (trente-neuf), 98 [pas 99], 12, 47",
    "digits counted": "les 4 premiers 0639 les 3 du milieu 981 et les 3 derniers 247",
    "pauses": "06... attends... 39... bon... 98... 12... 47",
    "tens in words, units in figures": "zéro 6, trente 9, quatre-vingt 18, 12, quarante-7",
    "between two words": "telephone0639981247apres18h",
    "counted steps": "étape 1 : 06, étape 2 : 39, étape 3 : 98, étape 4 : 12, étape 5 : 47",
    "counted digits": "1er chiffre 0, 2e 6, 3e 3, 4e 9, 5e 9, 6e 8, 7e 1, 8e 2, 9e 4, 10e 7",
    "counts out of order": "3e paire 98, 1re paire 06, 5e paire 47, 2e paire 39, 4e paire 12",
    "counts in letters": "A. 06 B. 39 C. 98 D. 12 E. 47",
    "counts in words": "Lot un : 06. Lot deux : 39. Lot trois : 98. Lot quatre : 12 47",
    "a table": "| 1 | 06 |\n| 2 | 39 |\n| 3 | 98 |\n| 4 | 12 |\n| 5 | 47 |",
    "one filler": "06 hop 39 hop 98 hop 12 hop 47",
    "one word after another": "zéro puis six puis 3 puis neuf puis neuf puis huit puis un puis 247",
    "a comparison each": "06 comme Nice, 39 comme le Jura, 98 comme la coupe, 12, 47",
    "two letters for digits": "j'écris Z pour zéro et B pour 8 : Z6 39 9B 12 47",
    "a word for a digit": "le mot chien vaut 9 : 06 3chien chien8 12 47",
    "a dash for a digit": "un tiret à la place du 9 : 06 3- -8 12 47",
    "keys without shift": "mon tel à-\"çç_&é'è",
    "Roman groups": "tel : 0 VI XXXIX XCVIII XII XLVII",
    "pairs turned": "chaque paire à l'envers : 60 93 89 21 74",
    "cells": "<table><tr><td>1</td><td>06</td></tr><tr><td>2</td><td>39</td></tr><tr><td>3</td>"
    "<td>98</td></tr><tr><td>4</td><td>12</td></tr><tr><td>5</td><td>47</td></tr></table>",
    "sums": "mon numéro 06 39 98 (10+2) 47",
    "words cut in halves": "tél zé ro six tren te neuf 98 dou ze 47",
    "a figure for a first letter": "zéro 6ix 3rois neuf neuf 8uit 1 deux quatre 7ept",
    "the name of a file": "photo_06-39-98-12-47.jpg regardez bien",
    "the rest in a quoted message": "06 39 le début\n\nLuc a écrit :\n> la suite 98 12 47",
    "written in reverse gear": "Mon portable écrit en marche arrière : 74.21.89.93.60",
    "escapes": "mon numéro 06=2039=2098=2012=2047",
    "glued to words on both sides": "sms au0639 98 12 47et j'arrive",
    "the same unit after each pair": "06 cm 39 cm 98 cm 12 cm 47 cm",
    "a country code without its plus": "je suis à l'étranger : 33 6 39 98 12 47. Merci",
    "misspelt from the first word on": "zreo sxi / trente neuf / quatre vingt dix huit / 12 / 47",
    "a remark that counts": "tél : 06 (zéro six) 39 98 (les 2 cocottes) 12 (l'âge du chat) 47",
    "words between in one token": "mobile's ok06call39me98any12time47, cheers",
    "entities escaped twice": "<p>prévenir le &amp;#48;&amp;#54; 39 98 12 47</p>",
}
LEFT = {
    "times": "ligne 38 : 06.12 06.27 06.42 06.57 07.12",
    "times with platforms": "Treno delle 06.29, binario 15, arrivo 10.37",
    "times without points": "tram 1 à 06 24, retour bus 27 vers 18 35",
    "spare part": "La pièce Bosch 0 986 494 723 remplace la 0 986 424 815",
    "network card": "adresse MAC 06:48:29:17:35:AC",
    "issues": "numéros 06, 14, 27, 29 et 48 disponibles",
    "lottery": "Loto du samedi 03 12 19 28 44 chance 5",
    "an equation": "clé x = 9 donc 3x + 4x = 63 et 12x = 108",
    "Spanish floor": "Calle Mayor 64, 2º izda, 29015 Málaga, portal 7, el telefonillo va mal",
    "opening hours": "Mo 08-12 14-18, Di 08-12, Do 14-20, Sa 09-13",
    "times in a row": "bus 27 : 06 05, 06 25, 06 45, 07 05, 07 25",
    "a part in one row": "Injecteur 0445110259 échange standard, consigne 60 €",
    "more issues": "One Piece 1 à 60 + 62, 64, 65, 71, 72, 80",
    "goods counted": "Switch 64 Go, 06 jeux, 02 manettes, facture du 12 12 23",
    "a release": "Firmware 06.31.84.12, Android 13",
    "sizes": "godets 06 - 08 - 10 - 12 - 16",
    "steps counted": "étape 1 : 06 km, étape 2 : 39 km, étape 3 : 98 km, étape 4 : 12 km",
    "seats": "canapé 3+2 places, 5+1 coussins, 2 poufs, 98 cm",
    "clothes": "06 XL, 12 L, 39 M, 04 S",
    "keys of a keyboard": "touches cassées : & puis é puis à ç è _ - manquantes",
    "ranges": "joignable du 06 au 12, puis du 18 au 24, puis du 30 au 31",
    "hours": "il a appelé 6 fois à 9 h, 10 h, 11 h, 12 h, 14 h et 18 h",
    "a network key": "clé wifi : 0a6b4c1d8e3f7a2b9c5d",
    "table tennis": "Ping-pong : 11-8 9-11 11-7 8-11 12-10, table vendue 95 €",
    "marks of a school": "Notes de maths : 06, 12, 08, 14, 11 puis 18 ce trimestre",
    "days from and to": "restent : 05-12/07, 19-26/07, 02-09/08 et 23-30/08",
    "a parcel": "Numéro de colis 06 1240 9953 chez le transporteur",
    "an order": "Le numéro de commande est bien le 0647120938, merci",
    "when messages were sent": "[06/02/26 09:11:51] Inès :\nRobe disponible en 34 36 38 40",
    "départements served": "depts desservis 06 83 13 84 30 34, en plus 05 et 04",
    "clothes by age": "culottes 06 08 10 12 14 ans, une de chaque, 3 € pièce ou 12 le lot",
    "an invoice": "NIP 852-304-56-34, faktura 427/03/2024",
    "a tax number": "Amtsgericht Mainz, USt-IdNr. DE969105253",
    "Dutch street": "Keizersgracht 648-II, 1017 EW Amsterdam, bel 15 werkt niet",
}


@pytest.mark.parametrize("trick", TOLD)
def test_a_number_told_in_a_roundabout_way_is_found(trick: str) -> None:
    """Whatever the trick, the number is read, and read right."""
    assert [number for _, _, number in find_numbers(TOLD[trick])] == [NUMBER]


@pytest.mark.parametrize("kind", LEFT)
def test_figures_in_the_shape_of_a_number_are_left_alone(kind: str) -> None:
    """Times, parts, addresses and draws stay readable."""
    assert find_numbers(LEFT[kind]) == []


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("trentatré - settantanove - trentuno - settantanove - novantadue", "IT", "+393379317992"),
        ("¿Cuándo se puede? 6 - dos veces el 2 - 9 - 0 - 8 - 4 - 6 - 1", "ES", "+34622908461"),
        ("sechs/sechs/eent/fënnef/dräi/véier/aacht/eent/zwee", "LU", "+352661534812"),
        ("Siret sur demande : 0639981247", "FR", "+33639981247"),
        ("pour ma commande je suis au 0639981247", "FR", "+33639981247"),
        ("Amaliegade 9, tlf ⭕6 68 3⭕ 97 ⭕2", "FR", "+33668309702"),
    ],
)
def test_a_number_told_elsewhere_is_found(text: str, region: str, number: str) -> None:
    """Words written as one, a word for twice, Luxembourgish words and discs give the number;
    words of a code that something else follows take nothing from it.
    """
    assert [found for _, _, found in find_numbers(text, region)] == [number]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("NIP 852-304-56-34, REGON 719266192, faktura 906/06/2025", "PL"),
        ("رقم الإعلان 16071960 بتاريخ 08/07/2026", "DZ"),
        ("Numer zamówienia to 602 118 447, paczkomat KRA14M", "PL"),
        ("Die Kundennummer lautet 0171 448 2093, die Vertragsnummer 88 410 227", "DE"),
        ("Sipariş numaranız 0532 441 87 20 olarak görünüyor", "TR"),
    ],
)
def test_the_number_of_a_thing_is_left_alone(text: str, region: str) -> None:
    """A number that its words give to a company, an order or a customer is no phone number."""
    assert find_numbers(text, region) == []


@pytest.mark.parametrize("text", ["(21) 99999-4321", "onze, nove oito meia cinco, 43 21 0"])
def test_a_national_number_of_brazil_needs_no_zero(text: str) -> None:
    """Where people leave the trunk prefix out, a number is whole without it."""
    assert len(find_numbers(text, "BR")) == 1
    assert find_numbers(text, "FR") == []


@pytest.mark.parametrize("text", ["Tél 78 41 20", "appelez le 78.41.20"])
def test_six_digits_are_a_number_where_the_plan_has_no_more(text: str) -> None:
    """Where mobile numbers have six digits, they are read when a phone is named."""
    assert [number for *_, number in find_numbers(text, "NC")] == ["+687784120"]
    assert find_numbers(text, "FR") == []
    assert find_numbers("lot de 78 pièces, 41 et 20", "NC") == []


@pytest.mark.parametrize("text", ["06 B3D 12 34 B3D 56 78", "B3D 06 12 34 56 78"])
def test_a_joiner_that_holds_a_figure_breaks_nothing(text: str) -> None:
    """A joiner with a figure in it, in capitals, is no piece of a number, and ends no search."""
    assert [number for *_, number in find_numbers(text)] == ["+33612345678"]


def test_no_word_of_the_tables_ends_a_search() -> None:
    """Each word that means something here, in each case, beside and in a number, is harmless."""
    known = {*vocabulary().words, *vocabulary().joiners, *gaps._CONNECTORS}
    for word in sorted(known):
        for shown in (word, word.upper(), word.title()):
            find_numbers(f"{shown} 06 {shown} 12 34{shown} 56 78")


BESIDE = [
    "Il me manque une roue, {}", "appartement proche bus et métro, {}", "lit double en pin {}",
    "je vends l'album complet {} merci", "collection de timbres {}", "bonus déduit {}",
    "ligne de bus au pied, {}", "je suis dans le {}", "secteur {}", "mon entreprise n° {}",
    "pièce de rechange {}", "capteur c'est {}", "jusqu'au 12/26 {}", "{} 2 enfants",
]  # fmt: skip


@pytest.mark.parametrize("said", BESIDE)
def test_everyday_words_hide_no_plain_number(said: str) -> None:
    """What tells a look-alike elsewhere lets no plain number pass, even where its pairs rise."""
    for shown in ("06 12 34 56 78", "06.42.17.56.38"):
        assert find_numbers(said.format(shown)) != []


COUNTED = [
    "Il me manque les numéros 01 14 27 33 58 de la revue", "Panini : je cherche 06 14 23 37 45",
    "lignes de bus devant la maison : 02 05 11 27 38, et tram 4", "dans le 06, 83, 13, 84 et 04",
    "tirage 04 17 23 38 41, bonus 9", "entre 07 30 et 08 15 puis 18 45 à 20 30",
    "du 12 12 26 au 05 01 27, puis du 01 02 27 au 28 02 27", "06+71=77, 34-12=22, 8x9=72",
    "on gagne 6-4 3-6 7-6(5) 6-2", "il compte zéro six douze dix-huit vingt-quatre trente",
    "service at 12,034, 24,567, 36,890 and 61,200",
]  # fmt: skip


@pytest.mark.parametrize("text", COUNTED)
def test_what_is_counted_is_no_number(text: str) -> None:
    """Pieces of a collection, buses, hours, days, sums, sets and thousands stay readable."""
    assert find_numbers(text) == []
