"""Numbers told in roundabout ways, and figures that look like one in the same shape."""

import pytest

from relay.masking import find_numbers

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


@pytest.mark.parametrize("text", ["(21) 99999-4321", "onze, nove oito meia cinco, 43 21 0"])
def test_a_national_number_of_brazil_needs_no_zero(text: str) -> None:
    """Where people leave the trunk prefix out, a number is whole without it."""
    assert len(find_numbers(text, "BR")) == 1
    assert find_numbers(text, "FR") == []
