"""What looks like a quote or a signature and is neither: an author's words are never cut."""

import pytest

from tests.unit.test_mail_replies import PLAIN, read

HEAD = "Le 3 mars 2025 à 10:02, Camille <r-abc@relais.example> a écrit :"

KEPT = {
    "begins with Le": "Le vélo est vendu.\nLe 3 mars je serai à Rennes, le 4 aussi.",
    "reported speech": "Le 3 mars à 10:30, votre ami m’a écrit :\nil prend le vélo.",
    "a story": "Le 3 mars je suis passé à 10:30 vous voir. Mon voisin dit que Paul a écrit :\nok.",
    "a list of fields": "De : Rennes\nÀ : Nantes\nDate : samedi à 10:30\n\nCela vous va ?",
    "one field": "Objet : le vélo rouge\n\nIl est vendu.",
    "two dashes": "Deux choses\n--\nje ne livre pas et je ne prends pas de chèque.",
    "dashes within": "Je passe demain -- enfin, si vous êtes là -- vers midi.",
    "a sentence with Envoyé": "Envoyé hier par la poste, vous l’aurez demain.",
    "sent from somewhere": "Envoyé depuis mon téléphone hier soir, le message a dû se perdre.",
    "more than": "Il me faut\n> 100 € pour le tout\nsinon je garde.",
    "a number asked for": "Voici mon numéro :\n01 99 00 12 34",
    "only a number": "01 99 00 12 34",
    "a number in a sentence": "Appelez-moi au 01 99 00 12 34 après 18 h.",
    "an address announced": "On se retrouve ici :\n12 rue des Lilas\n35000 Rennes",
    "a name alone": "Oui.\n\nCordialement,\nMarc",
    "a rule": "Premier point\n----------\nSecond point",
    "one sentence on secrecy": "Ce message est confidentiel, gardez-le pour vous.",
    "an English story": "On Monday at 10:30 I am free. On Tuesday I wrote:\nno.",
    "short lines": "Oui\nSamedi\nDimanche\nChez moi",
    "a link at the end": "Voici la vidéo.\n\nMerci\nhttps://videos.example/velo/3",
    "a meeting point": "Rendez-vous samedi.\n\nMerci\n12 rue des Lilas",
    "a quotation": "« Le prix est ferme », a écrit votre ami :\nnous sommes d’accord.",
}


@pytest.mark.parametrize("said", KEPT.values(), ids=KEPT.keys())
def test_words_of_an_author_are_not_cut(said: str) -> None:
    """R13: what only looks like a quote or a signature comes back to the letter."""
    assert read((PLAIN + said).encode()).text == said


@pytest.mark.parametrize("said", KEPT.values(), ids=KEPT.keys())
def test_words_above_a_quote_are_not_cut(said: str) -> None:
    """R13: neither are they when an earlier mail is quoted below."""
    assert read((PLAIN + said + f"\n\n{HEAD}\n\n> Bonjour\n").encode()).text == said


def test_words_below_the_mark_of_a_signature_are_kept_in_doubt() -> None:
    """R13: a sentence below "-- " is neither passed on nor thrown away."""
    reply = read((PLAIN + "Oui.\n-- \nP.-S. : je garde le panier, il est à ma sœur.").encode())
    assert (reply.text, "je garde le panier" in reply.doubtful) == ("Oui.", True)


def test_answers_between_quotes_stay_in_order() -> None:
    """R13: bottom posting and answers between quotes are the author's, in the mail's order."""
    mail = f"{HEAD}\n> Est-il disponible ?\n\nOui.\n\n> Le prix ?\n\n120 €.\n"
    assert read((PLAIN + mail).encode()).text == "Oui.\n\n120 €."


def test_words_below_an_unmarked_quote_are_kept_in_doubt() -> None:
    """R13: below our own last sentence in Outlook's unmarked quote somebody may have answered."""
    mail = (
        "Oui, voyez en bas.\n\nDe : Camille <r-abc@relais.example>\nEnvoyé : 3 mars 2025 10:02\n"
        "À : marc@fournisseur.example\nObjet : vélo\n\nBonjour ?\nSupprimé le 14/03/2026.\n\n"
        "Je réponds ici.\n"
    )
    reply = read((PLAIN + mail).encode())
    assert (reply.text, reply.doubtful) == ("Oui, voyez en bas.", "Je réponds ici.")


def test_an_empty_answer_is_empty() -> None:
    """A mail that only quotes ours has no words of its author."""
    reply = read((PLAIN + f"Envoyé de mon iPhone\n\n> {HEAD}\n> Bonjour\n").encode())
    assert (reply.text, reply.doubtful) == ("", "")


def test_doubt_speaks_when_nothing_else_does() -> None:
    """R13: when no word is surely the author's, the doubtful ones are passed on."""
    reply = read((PLAIN + "-- \nJe vous le garde jusqu’à lundi, promis.").encode())
    assert "jusqu’à lundi" in reply.text


def test_a_wrapped_attribution_is_a_quote() -> None:
    """R13: an attribution wrapped over three lines, the last with a mark, is no word of anybody."""
    mail = (
        "Oui.\n\nLe lun. 3 mars 2025 à 10:02, Camille via Exemple Annonces de la région <\n"
        "r-k3v7q2xwd5mzt7ah4n6jr6cyk3@relais.example\n> a écrit :\n\n> Bonjour\n"
    )
    assert read((PLAIN + mail).encode()).text == "Oui."


def test_our_own_mail_is_known_without_any_mark() -> None:
    """R18: our mail copied below without a sign of quoting is not passed back."""
    mail = (
        "Oui.\n\nExemple Annonces · annonce n° 48213\nCamille vous écrit au sujet de « Vélo »\n"
        "▌ Bonjour ?\nNous ne demandons jamais de paiement. Supprimé le 14/03/2026.\n"
    )
    assert read((PLAIN + mail).encode()).text == "Oui."


@pytest.mark.parametrize(
    "head",
    [
        "W dniu 3 mar 2025 o 10:02 C. <r-k3v7q2xwd5mzt7ah4n6jr6cyk3@relais.example> napisał(a):",
        "ma. 3. mars kl. 10:02 skrev C. <\nr-k3v7q2xwd5mzt7ah4n6jr6cyk3@relais.example>:",
        "Fra: Camille <r-k3v7q2xwd5mzt7ah4n6jr6cyk3@relais.example>\nSendt: 3. marts 2025 10:02",
    ],
)
def test_a_head_in_another_language_is_known_by_the_alias(head: str) -> None:
    """R1: whatever the language of the mail program, our alias above a quote gives it away."""
    assert read((PLAIN + f"Oui.\n\n{head}\n\nBonjour ?\n").encode()).text == "Oui."


def test_an_alias_an_author_writes_of_cuts_nothing() -> None:
    """R13: somebody may speak of the address they answer to."""
    said = "Contact: r-k3v7q2xwd5mzt7ah4n6jr6cyk3@relais.example\n\nEst-ce la bonne adresse ?"
    assert read((PLAIN + said).encode()).text == said


def test_answers_announced_below_are_kept_in_doubt() -> None:
    """R13: who answers in red within an unmarked quote says so; no word of theirs is lost."""
    mail = (
        "Je vous réponds en rouge ci-dessous.\n\nDe : Camille <r-abc@relais.example>\n"
        "Envoyé : 3 mars 2025 10:02\nÀ : marc@fournisseur.example\nObjet : vélo\n\n"
        "Est-il disponible ?\nOui.\n"
    )
    assert read((PLAIN + mail).encode()).doubtful == "Est-il disponible ?\nOui."
