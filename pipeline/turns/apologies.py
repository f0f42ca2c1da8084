"""What a bot says when it failed, in the languages of `languages.py` and English. Data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Apologies:
    """Sentences of one language.

    Attributes:
        too_late: No answer came in time.
        not_heard: This turn could not be read.
        deaf: No turn of this call can be.
    """

    too_late: str
    not_heard: str
    deaf: str


_ENGLISH = Apologies(
    "Sorry, that took too long on my side. Could you say that again?",
    "Sorry, I could not hear you. Could you say that again?",
    "Sorry, I cannot hear you in this call. You can go on with the keys, or on the screen.",
)
APOLOGIES = {
    "en": _ENGLISH,
    "de": Apologies(
        "Entschuldigung, das hat bei mir zu lange gedauert. Können Sie das bitte noch einmal sagen?",
        "Entschuldigung, ich habe Sie nicht gehört. Können Sie das bitte noch einmal sagen?",
        "Entschuldigung, ich kann Sie in diesem Gespräch nicht hören. Es geht aber mit den Tasten oder am Bildschirm.",
    ),
    "es": Apologies(
        "Perdone, he tardado demasiado. ¿Puede repetirlo, por favor?",
        "Perdone, no le he oído. ¿Puede repetirlo, por favor?",
        "Perdone, no puedo oírle en esta llamada. Puede seguir con las teclas o en la pantalla.",
    ),
    "fr": Apologies(
        "Désolé, cela a pris trop de temps de mon côté. Pouvez-vous répéter, s'il vous plaît ?",
        "Désolé, je ne vous ai pas entendu. Pouvez-vous répéter, s'il vous plaît ?",
        "Désolé, je ne peux pas vous entendre pendant cet appel. Vous pouvez continuer avec les touches ou à l'écran.",
    ),
    "hi": Apologies(
        "माफ़ कीजिए, मुझे बहुत समय लग गया। क्या आप फिर से कह सकते हैं?",
        "माफ़ कीजिए, मैं आपको सुन नहीं पाया। क्या आप फिर से कह सकते हैं?",
        "माफ़ कीजिए, इस कॉल में मैं आपको सुन नहीं पा रहा हूँ। आप बटन से या स्क्रीन पर आगे बढ़ सकते हैं।",
    ),
    "it": Apologies(
        "Mi scusi, ci ho messo troppo. Può ripetere, per favore?",
        "Mi scusi, non l'ho sentita. Può ripetere, per favore?",
        "Mi scusi, in questa chiamata non riesco a sentirla. Può continuare con i tasti o sullo schermo.",
    ),
    "nl": Apologies(
        "Sorry, dat duurde bij mij te lang. Kunt u dat nog eens zeggen?",
        "Sorry, ik heb u niet gehoord. Kunt u dat nog eens zeggen?",
        "Sorry, ik kan u in dit gesprek niet horen. U kunt verder met de toetsen of op het scherm.",
    ),
    "pt": Apologies(
        "Desculpe, demorei demais. Pode repetir, por favor?",
        "Desculpe, não consegui ouvir. Pode repetir, por favor?",
        "Desculpe, não consigo ouvir nesta chamada. Pode continuar com as teclas ou no ecrã.",
    ),
}


def apologies_in(language: str) -> Apologies:
    """Return the sentences of `language` (BCP 47); English where there are none."""
    return APOLOGIES.get(language.split("-")[0].lower(), _ENGLISH)
