"""Figures and number words that are no phone number, written as their owners write them."""

import random
import uuid


def _luhn(body: str) -> str:
    total = 0
    for k, d in enumerate(reversed(body)):
        n = int(d) * (2 if k % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return body + str((10 - total % 10) % 10)


def negatives(rng: random.Random) -> list[tuple[str, str]]:
    """Return (kind, text) pairs."""
    out: list[tuple[str, str]] = []

    def d(n: int, first: str = "0123456789") -> str:
        return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(n - 1))

    def pick(*texts: str) -> str:
        return rng.choice(texts)

    makers = {
        "gps": lambda: pick(
            f"Point de rdv : 4{d(1)}.{d(6)}, 2.{d(6)}, vous verrez le portail vert",
            f"GPS N 4{d(1)}° {d(2, '12345')}' {d(2, '12345')}.{d(1)}\" E 2° {d(2, '12345')}' {d(2, '12345')}\"",
        ),
        "ip": lambda: f"mon routeur est en 192.168.{rng.randint(0, 254)}.{rng.randint(1, 254)} port {d(4, '89')}, ça marche chez vous ?",
        "nir": lambda: (lambda b: f"n° sécu {b[0]} {b[1:3]} {b[3:5]} {b[5:7]} {b[7:10]} {b[10:13]} {97 - int(b) % 97:02d} pour le contrat de location")(
            "2" + f"{rng.randint(50, 99)}{rng.randint(1, 12):02d}{rng.randint(10, 95)}{d(3)}{d(3)}"
        ),
        "imei": lambda: f"iPhone débloqué, IMEI {_luhn('35' + d(12))}, facture fournie",
        "mac": lambda: f"adresse mac 00:1A:{d(2)}:{d(2)}:{d(2)}:4F de la box",
        "uuid": lambda: f"transaction {uuid.UUID(int=rng.getrandbits(128))} validée",
        "parcel": lambda: pick(
            f"Colissimo 6A{d(11)} posté ce matin", f"suivi Chronopost XY{d(9)}FR", f"Mondial Relay colis {d(8)} point {d(5)}",
            f"your parcel DHL {d(10, '123456789')} is on its way",
        ),
        "order": lambda: pick(
            f"commande n° {d(9, '123456789')} du {rng.randint(1, 28)}/0{rng.randint(1, 9)}, jamais reçue",
            f"votre facture F-20{d(2)}-{d(6)} est réglée", f"Bestellnummer {d(10, '23456789')}, bitte prüfen",
            f"pedido {d(3)}-{d(7)}-{d(7)} de Amazon", f"numero ordine {d(8, '123456789')}",
        ),
        "score": lambda: f"on a gagné {d(1)}-{d(1)} {d(1)}-{d(1)} {d(1)}-{d(1)} au tennis, revanche dimanche ?",
        "recipe": lambda: f"{d(3, '123')} g de farine, {rng.randint(2, 6)} oeufs, {d(2, '123456789')} cl de lait, {d(2, '56789')} g de sucre, four à 180 pendant {d(2, '234')} min",
        "lotto": lambda: "tirage du loto : " + " ".join(str(n) for n in sorted(rng.sample(range(1, 49), 6))) + f" complémentaire {rng.randint(1, 9)}",
        "hours": lambda: pick(
            "ouvert lundi 9h-12h 14h-18h, mardi 9h-12h, samedi 10h-17h", "Open Mon-Fri 08:30-12:00 and 13:30-18:00, Sat 09:00-12:00",
            "Geöffnet Mo-Fr 08.30 - 12.00 und 13.30 - 18.00 Uhr", f"visites de 09h{d(1, '0')}0 à 11h30 puis 14h15 à 16h45 le 0{rng.randint(1, 9)}",
        ),
        "sizes": lambda: pick(
            "chaussures tailles 36 37 38 39 40 41 42 disponibles", "bodies 03 06 09 12 18 24 mois, le lot 20 €",
            f"pneus 205/55 R16 91V et 195/65 R15 {d(2, '89')}T", "vis 4x40 5x50 6x60 8x80 par boîtes de 100",
            "draps 90x190, 140x190 et 160x200, housses 220x240", f"écran {d(2, '2345')}\" 1920x1080, bras 75x75 ou 100x100",
        ),
        "paint": lambda: f"peinture RAL 70{d(2)} et RAL 90{d(2)}, {d(1, '2345')} pots de 2,5 l, réf {d(6)}",
        "departments": lambda: pick(
            "je livre dans le 01, 06, 13, 26, 38, 69 et 83", "départements 02 08 10 51 52 et 55 uniquement",
            "zone : 22 29 35 56, pas au-delà", "dispo 75 77 78 91 92 93 94 95",
        ),
        "postcodes": lambda: f"entre {d(5, '01234567')} Villeneuve et {d(5, '01234567')} Saint-Martin, ou {d(5, '01234567')} au pire",
        "trains": lambda: f"TGV {d(4, '689')} départ 07h{d(2, '12345')} voie {rng.randint(1, 20)}, voiture 0{d(1)} place {d(2, '1234567')}, arrivée 10h{d(2, '12345')}",
        "flights": lambda: f"vol AF{d(4, '123')} du 0{rng.randint(1, 9)}/1{rng.randint(0, 2)} à 06h45, retour AF{d(4, '123')} le 15",
        "iban": lambda: pick(
            f"IBAN BE{d(2)} {d(4)} {d(4)} {d(4)}", f"DE{d(2)} {d(4)} {d(4)} {d(4)} {d(4)} {d(2)} merci",
            f"ES{d(2)} {d(4)} {d(4)} {d(2)} {d(10)}", f"compte 3000{d(1)} 0{d(4)} {d(11)} clé {d(2)}",
        ),
        "card": lambda: (lambda n: f"je paie avec la carte {n[:4]} {n[4:8]} {n[8:12]} {n[12:]}")(_luhn("4" + d(14))),
        "isbn10": lambda: f"ISBN 2-07-{d(6)}-{d(1)}, édition de 19{d(2, '56789')}, bon état",
        "version": lambda: f"firmware {d(1)}.{d(2)}.{d(1)}.{d(4)}, Android 1{d(1, '01234')}, build {d(6)}.{d(3)}",
        "tech": lambda: f"RTX 30{d(1, '678')}0 12 Go, i5-1{d(1, '0123')}400F, 32 Go DDR4 3600, SSD 1 To, alim {d(3, '567')} W",
        "car": lambda: f"Golf 7 2.0 TDI 150, {d(3, '12')} {d(3)} km, CT 0{rng.randint(1, 9)}/2027, {d(2, '12')} {d(3)} €",
        "prices": lambda: pick(
            f"{d(2, '123456789')} € les 2, {d(2, '123456789')} € les 4, {d(3, '12')} € les 8", f"de 1 {d(3)} € à 0{d(1)} 900 €",
            f"acheté 1.{d(3)},00 EUR, vendu {d(3, '3456')},50 EUR", f"£{d(3, '123')}.00 or £{d(2, '56789')}.50 each",
            f"{d(1, '2345')} x {d(2, '123')} € + {d(1, '678')},90 € de port = {d(3, '12')} €", f"CHF {d(3, '123456')}.- oder {d(3, '123456')}.-",
            f"Precio: {d(2, '12')}.{d(3)} € o {d(3, '6789')} € al mes en {d(2, '123456')} cuotas", f"vendo a {d(3, '123456')} euro, {d(2, '123')} euro di spedizione",
        ),
        "dates": lambda: pick(
            f"du {rng.randint(10, 28)}.06.2026 au {rng.randint(10, 28)}.07.2026, puis le 0{d(1, '123456789')}.09.2026", f"né le 0{d(1, '123456789')}/12/19{d(2, '56789')} à 06h45",
            f"2026-0{rng.randint(1, 9)}-1{d(1)}T06:{d(2, '12345')}:{d(2, '12345')}Z", "les 06, 07, 13 et 14 juin sont pris, reste le 20 et 21",
            f"vom 0{rng.randint(1, 9)}.06. bis 1{d(1)}.06. oder ab 2{d(1)}.07.", "am 06.12. um 14.30 Uhr oder am 07.12. um 15.45 Uhr",
            "le six juin deux mille vingt-six à huit heures trente", "06-07-08 décembre, marché de 9 à 19",
        ),
        "rhyme": lambda: pick(
            "un deux trois nous irons au bois, quatre cinq six cueillir des cerises", "one two three four five, once I caught a fish alive",
            "uno dos tres, probando el micro", "un, deux, trois, quatre, cinq, six, sept : mes jours de repos", "eins zwei drei vier, alles ist vorbei",
        ),
        "word_counts": lambda: pick(
            "deux lits, quatre chaises, six verres, huit assiettes, douze fourchettes et vingt couteaux", "trois chambres, deux salles de bains, cinq fenêtres, dix minutes à pied",
            "two beds, four chairs, six plates and twelve glasses for seventy pounds", "due letti, quattro sedie, sei bicchieri e dieci piatti a novanta euro",
            "zwei Betten, vier Stühle, sechs Teller und zehn Gläser für achtzig Euro", "dos camas, cuatro sillas, seis platos y ocho vasos por cien euros",
            "zéro défaut, six mois d'usage, deux propriétaires, quatre pneus neufs, cinq portes", "zero rust, two owners, four new tyres, six months MOT, one key",
            "twee bedden, vier stoelen, zes borden en acht glazen voor zeventig euro", "duas camas, quatro cadeiras, seis pratos e oito copos por cem euros",
        ),
        "emergency": lambda: pick("en cas d'incendie faites le 18 ou le 112, le 15 pour le samu", "le 3615 n'existe plus, le 3639 non plus, alors on fait comment ?"),
        "talk": lambda: pick(
            "Je n'ai pas le téléphone, écrivez-moi ici", "appelez la mairie, ils ont dit entre 9 et 12, bureau 204, étage 3", "can you call me? I left you my number twice last week",
            "mon tel a 3 ans, batterie à 87 %, 128 Go, écran 6,1 pouces", "rappelle moi le 12 ou le 13 vers 18h30, je finis à 17h45",
            "forfait mobile 20 Go à 9,99 €, puis 15,99 € après 12 mois", "numéro 7 sur le maillot, taille 12 ans, saison 2019-2020",
        ),
        "hash": lambda: f"sha1 {''.join(rng.choice('0123456789abcdef') for _ in range(40))} du fichier",
        "wallet": lambda: f"bc1q{''.join(rng.choice('023456789acdefghjklmnpqrstuvwxyz') for _ in range(38))} pour le virement",
        "licence": lambda: "clé " + "-".join("".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(5)) for _ in range(5)),
        "url": lambda: pick(
            f"https://www.boutique.exemple/p/{d(10)}?id={d(8)}&ref={d(6)}", f"voir exemple.fr/annonce/0{d(9)}", f"https://youtu.be/a{d(3)}bC{d(4)}x",
            f"https://cdn.exemple.com/img/20260{d(2)}/{d(12)}.jpg",
        ),
        "files": lambda: f"photos IMG_2026061{d(1)}_1{d(5)}.jpg et DSC0{d(4)}.JPG, facture_{d(9)}.pdf",
        "bank_words": lambda: f"acompte de {d(3, '123')} puis {d(3, '123')} puis solde {d(4, '123')} à la remise des clés",
        "years": lambda: "millésimes 1996 1998 2000 2005 2009 2010 2015 et 2016, caisse bois",
        "html": lambda: pick(
            f'<table width="0{d(3)}"><tr><td>06</td><td>lits</td></tr><tr><td>12</td><td>draps</td></tr><tr><td>34</td><td>euros</td></tr></table>',
            f'<img src="cid:{d(10)}.{d(8)}@mail" width="612" height="345"><p style="margin:0 6px 12px 34px">ok</p>',
            f'<a href="https://exemple.fr/a/{d(10)}">annonce</a> à <b>{d(3, "123")}</b> €', f"<li>{d(2, '123')} €</li><li>{d(2, '123')} €</li><li>{d(2, '123')} €</li><li>{d(2, '123')} €</li>",
        ),
        "log": lambda: f"[06/12/2026 07:{d(2, '12345')}:{d(2, '12345')}] erreur 0x{d(8)} ligne {d(3)}",
        "company": lambda: pick(
            f"SIRET {_luhn('8' + d(12))} APE 4520A", f"RCS Nantes {_luhn('4' + d(7))[:3]} {d(3)} {d(3)}, capital 10 000 €", f"TVA BE0{d(3, '4567')}.{d(3)}.{d(3)}",
            f"USt-IdNr. DE{d(9)}", f"CIF B{d(8)}, Madrid", f"P.IVA {d(11)}", f"KvK {d(8)} BTW NL{d(9)}B01",
        ),
        "misc": lambda: pick(
            f"parcelle AB {d(3)}, {d(3)} m², cadastre 0{d(2)} B {d(4)}", f"compteur Linky PDL {d(14, '12')}", f"permis n° {d(12)}, obtenu en 1998",
            f"dossier CAF {d(7)} B, quotient {d(3)}", f"n° de série SN{d(10)}", f"lot n° {d(4)}-{d(4)}, mise à prix {d(3)} €",
            f"opus 27 n° 2, mesure {d(2)}, page {d(3)}", f"abonné {d(10, '1234')}, résilié", f"groupe sanguin O+, taille 175, poids 68, pointure 42",
            f"batterie 18650 3,7 V {d(4, '23')} mAh, lot de 10, 4 x 2", f"tension 12/8 pouls 62, 37,2 ce matin", f"ticket {d(4)}-{d(4)}-{d(2)}",
        ),
        "thread": lambda: (
            f"Bonjour, toujours dispo à {d(2, '123')} € ?\n\nLe 0{rng.randint(1, 9)}/06/2026 à 07:{d(2, '12345')}, Paul a écrit :\n> oui, 12 rue des Lilas, 06{d(3)} Nice, 3e étage\n"
            f"> Le 2 juin à 18h{d(2, '12345')}, Léa a écrit :\n>> il fait 120 x 60, 75 de haut ? ref {d(8)}"
        ),
    }
    for kind, make in makers.items():
        seen: set[str] = set()
        for _ in range(40):
            text = make()
            if text not in seen and len(seen) < 13:
                seen.add(text)
                out.append((f"neg_{kind}", text))
    return out
