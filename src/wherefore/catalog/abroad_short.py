"""Abbreviations of headers and values in other languages: "Preis/N. HS", "max. Pers.", "2 Zi.", "1 kl. Hund"."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What short forms stand for, by language; with a point, or as whole words as they are here.
_TOLD = {
    "de": (
        "Pers.=Personen; P.=Person; N.=Nacht; Zi.=Zimmer; Schlafzi.=Schlafzimmer; SZ=Schlafzimmer; "
        "Whg.=Wohnung; FeWo=Ferienwohnung; Fewo=Ferienwohnung; Mind.=mindestens; Min.=Minuten; Std.=Stunden; "
        "Mon.=Monate; Wo.=Wochen; Tg.=Tage; Nä.=Nächte; kl.=klein; gr.=groß; öff.=öffentlich; "
        "öffentl.=öffentlich; Stellpl.=Stellplatz; Nr.=Nummer; Anz.=Anzahl; Gew.=Gewicht; Entf.=Entfernung; "
        "Inkl.=inklusive; zzgl.=zuzüglich; exkl.=exklusive; verf.=verfügbar; Wfl.=Wohnfläche; "
        "Endrein.=Endreinigung; HS=Hauptsaison; NS=Nebensaison; Füllm.=Füllmenge; EEK=Energieeffizienzklasse; "
        "Ausst.=Ausstattung; Beschr.=Beschreibung; Bem.=Bemerkung; Hers.=Hersteller; Gar.=Garantie; "
        "vorm.=vormittags; nachm.=nachmittags; tägl.=täglich; geb.=geboren; Kat.=Kategorie; Gr.=Größe; "
        "Haust.=Haustiere; mögl.=möglich; vorh.=vorhanden; o.=ohne; Verl.=Verlag"
    ),
    "fr": (
        "pers.=personnes; ch.=chambres; chbre=chambre; nb=nombre; nbre=nombre; appt=appartement; "
        "appart.=appartement; surf.=surface; équip.=équipements; desc.=description; HS=haute saison; BS=basse "
        "saison; sem.=semaine; j.=jours; min.=minimum; tél.=téléphone; rdc=rez-de-chaussée; RDC=rez-de- "
        "chaussée; ét.=étage; sdb=salle de bain; SdB=salle de bain; env.=environ; dispo.=disponible; "
        "dispo=disponible; anim.=animaux; gar.=garantie; réf.=référence; qté=quantité"
    ),
    "es": (
        "hab.=habitaciones; pers.=personas; pax=personas; nº=número; núm.=número; apto.=apartamento; "
        "mín.=mínimo; Estancia=noches; TA=temporada alta; TB=temporada baja; desc.=descripción; min.=mínimo; "
        "máx.=máximo; dto.=descuento; obs.=observaciones; incl.=incluido; disp.=disponible; ref.=referencia; "
        "cant.=cantidad; sup.=superficie"
    ),
    "it": (
        "pers.=persone; cam.=camere; app.=appartamento; appto=appartamento; AS=alta stagione; BS=bassa "
        "stagione; n.=numero; desc.=descrizione; min.=minimo; max.=massimo; sett.=settimana; gg.=giorni; "
        "gg=giorni; sup.=superficie; incl.=incluso; disp.=disponibile; qtà=quantità; cod.=codice; pt=piano "
        "terra; Sede=luogo; tutti=per tutti; Quota=prezzo"
    ),
    "nl": (
        "pers.=personen; slpk.=slaapkamers; slk.=slaapkamers; app.=appartement; min.=minimaal; max.=maximaal; "
        "omschr.=omschrijving; opp.=oppervlakte; incl.=inclusief; excl.=exclusief; wkn.=weken; mnd.=maanden; "
        "mnd=maanden; nr.=nummer; aant.=aantal; gar.=garantie; bgg=begane grond; jr=jaren; "
        "Bijzonderheden=opmerkingen"
    ),
}
SHORT: Mapping[str, Mapping[str, str]] = {
    code: dict(pair.split("=") for pair in told.split("; ")) for code, told in _TOLD.items()
}
_PER = {"de": "pro", "fr": "par", "es": "por", "it": "per", "nl": "per"}
_SLASHED = re.compile(r"(?<=[^\W\d_])\s*/\s*(?=[^\W\d_])")
_TOKEN = re.compile(r"[^\W\d_]+[.º]?")


def written_out(text: str, code: str) -> str:
    """A header or value with its abbreviations written out; "/" before one is said as "per".

    >>> written_out("Preis/N. HS", "de"), written_out("max. Pers.", "de"), written_out("nb ch.", "fr")
    ('Preis pro Nacht Hauptsaison', 'max. Personen', 'nombre chambres')
    >>> written_out("1 kl. Hund", "de"), written_out("Haus am See.", "de")
    ('1 klein Hund', 'Haus am See.')
    """
    table = _by_form(code)
    if not table:
        return text

    def out(match: re.Match[str]) -> str:
        own = match[0]
        return table.get(own) or (table.get(own.lower(), own) if own.endswith(".") else own)

    told = _TOKEN.sub(out, text)
    if told != text and code in _PER:
        told = _SLASHED.sub(f" {_PER[code]} ", told)
    return told


def _by_form(code: str) -> Mapping[str, str]:
    """Short forms as they are written, those with a point in small letters, too."""
    found = dict(SHORT.get(code, {}))
    for form, whole in [*found.items()]:
        if form.endswith("."):
            found.setdefault(form.lower(), whole)
    return found
