"""Words that tell something about a turn, in the languages other than English.

Data; `lexicon.py` says what they mean.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases of one language, in lower case, between commas; meant as in `lexicon.Lexicon`."""

    backchannels: str
    short_answers: str
    dangling: str


_SOUNDS = "mhm, mm, mmm, hm, hmm, mm hmm, mm hm, uh, um, ah, aha, oh, eh"

WORDS = {
    "de": Words(
        f"{_SOUNDS}, "
        "äh, ähm, öhm, ach, ach so, achso, ach ja, ah ja, aha ja, ja ja, soso, so so, verstehe, ich "
        "verstehe",
        "ja, jawohl, jo, jep, nein, nee, nö, genau, richtig, stimmt, klar, gern, gerne, ja bitte, "
        "nein danke, okay, ok, stopp, stop, halt, moment, warte, warten sie",
        "und, aber, oder, weil, dass, wenn, ob, der, die, das, den, dem, ein, eine, einen, einem, "
        "mein, meine, ist, zu, mit, für, von, im, am, auf, äh, ähm",
    ),
    "es": Words(
        f"{_SOUNDS}, este, ajá, aja, ya, ya veo, ah ya, ah claro, ya ya, entiendo",
        "sí, si, no, claro, correcto, exacto, vale, bueno, de acuerdo, perfecto, sí por favor, no "
        "gracias, okay, ok, para, pare, espera, espere, alto",
        "y, pero, o, porque, que, el, la, los, las, un, una, mi, mis, es, de, del, con, para el, "
        "para la, por, en, al, eh, este",
    ),
    "fr": Words(
        f"{_SOUNDS}, euh, ah bon, ah oui, ah d'accord, je vois, oui oui, hein, bah",
        "oui, ouais, non, si, exactement, exact, d'accord, voilà, bien sûr, oui s'il vous plaît, "
        "non merci, okay, ok, stop, attends, attendez, arrêtez, arrête",
        "et, mais, ou, parce que, que, qui, le, la, les, l, un, une, des, mon, ma, mes, est, de, "
        "du, à, au, avec, pour, en, dans, euh, c'est",
    ),
    "hi": Words(
        f"{_SOUNDS}, "
        "हम्म, हूँ, हूं, अच्छा, अच्छा अच्छा, ओह, अरे, अरे वाह, समझ गया, समझ गयी, समझ गई, achha, "
        "accha, acha, hoon, hun, are, samajh gaya, samajh gayi",
        "हाँ, हां, हाँ जी, हां जी, जी, जी हाँ, जी हां, नहीं, जी नहीं, ना, ठीक है, ठीक, सही, "
        "बिल्कुल, रुको, रुकिए, बस, haan, han, haan ji, ji, ji haan, nahi, nahin, ji nahi, theek "
        "hai, thik hai, sahi, bilkul, ruko, rukiye, bas, okay, ok, yes, no, stop",
        "और, लेकिन, मगर, या, कि, क्योंकि, अगर, मेरा, मेरी, मेरे, का, की, के, को, से, में, पर, aur, "
        "lekin, magar, ya, ki, kyunki, agar, mera, meri, mere, ka, ke, ko, se, mein",
    ),
    "it": Words(
        f"{_SOUNDS}, ehm, ah ecco, ah sì, ah capisco, capisco, già, ecco, sì sì",
        "sì, si, no, certo, esatto, giusto, va bene, d'accordo, sì grazie, no grazie, okay, ok, "
        "stop, aspetta, aspetti, fermo, ferma",
        "e, ma, o, perché, che, il, lo, la, i, gli, le, un, uno, una, mio, mia, è, di, del, della, "
        "con, per, in, a, al, da, ehm",
    ),
    "nl": Words(
        f"{_SOUNDS}, eh, ehm, oh ja, ah ja, ach, ach zo, aha ja, ja ja, juist ja, ik snap het, ik begrijp het",
        "ja, jawel, jazeker, nee, neen, klopt, precies, juist, goed, prima, graag, ja graag, nee "
        "dank je, nee bedankt, oké, okay, ok, stop, wacht, wacht even",
        "en, maar, of, omdat, want, dat, als, de, het, een, mijn, is, te, met, voor, van, in, op, bij, naar, eh, ehm",
    ),
    "pt": Words(
        f"{_SOUNDS}, hum, hã, ahã, ah tá, ah sim, tá, entendi, percebo, pois, pois é",
        "sim, não, claro, certo, exato, isso, isso mesmo, tá bom, está bem, sim por favor, não "
        "obrigado, não obrigada, okay, ok, para, pare, espera, espere",
        "e, mas, ou, porque, que, o, a, os, as, um, uma, meu, minha, é, de, do, da, com, por, em, no, na, ao, éh",
    ),
}
