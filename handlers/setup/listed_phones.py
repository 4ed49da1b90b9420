"""Whether the phone of a row may be texted unasked: who keeps a list writes down why not, in words of their own.

Whoever is on a list has never texted us. They cannot have said QUIET, and who reads their screen is not known.
Missing a text costs them a call by whoever is on duty; a text too many may cost far more.
"""

import re

from handlers.understanding import acts, leaving
from handlers.understanding.intents import Act
from handlers.understanding.words import clean, split

# "her boyfriend reads her texts" is what the grammar hears as "my boyfriend reads my texts".
THEIRS = re.compile(r"\b(?:(?P<en>her|his|their)|(?P<es>sus?)|(?P<to>les?))\b", re.IGNORECASE)
PARTS = re.compile(r"[.,;:()\n]+")
SIGNS = re.compile(
    r"\b(?:d\.?v\.?|domestic violence|violencia (?:domestica|familiar|de genero)|abus(?:er|ers|ive|ed|ador)|agresor"
    r"|maltrat\w+|restraining order|orden de (?:alejamiento|proteccion)"
    r"|(?:left|leaving|fled|fleeing|escap\w+|hiding from|afraid of|scared of) (?:from )?(?:my|her|his|their|an?|the)"
    r" (?:husband|wife|boyfriend|girlfriend|partner|ex|dad|father|family)"
    r"|(?:huye|huyo|escapo|miedo) (?:de|a|al|del) (?:su |mi |el )?(?:esposo|marido|novio|pareja|ex|padre)"
    r"|(?:no|without|never) (?:texts?|texting|sms|messages)|calls? only|only calls?|(?:solo|solamente) llam\w+"
    r"|(?:do not|dont|don t|no|never|not to be) (?:be )?(?:contact(?:ed)?|contactar|texted|escrib\w+|mandar\w*"
    r"|le escrib\w+|le mand\w+)"
    r"|(?:phone|texts|telefono|celular|mensajes) (?:is|are|es|esta|estan)? ?(?:monitored|tracked|watched|vigilad\w+)"
    r"|(?:controls|tracks|monitors|watches|controla|vigila) (?:\w+ )?(?:phone|texts|telefono|celular|mensajes))\b"
)


def may_be_texted(words: str) -> bool:
    """Whether nothing in these words speaks against a text that the phone's owner has not asked for."""
    said = clean(words)
    folded = " ".join(token.text for token in split(said))
    if SIGNS.search(folded):
        return False
    ours = THEIRS.sub(lambda found: "me" if found["to"] else "mi" if found["es"] else "my", said)
    if any(Act.PHONE_IS_READ in acts.read(each) for each in (said, ours)):
        return False
    return not any(leaving.read(part, split(part)) for part in PARTS.split(said))
