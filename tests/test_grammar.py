"""What texts mean: a table that anybody can read and add to. The near-misses matter as much as the hits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import phrasebook, registry
from handlers.understanding import commands, intents
from handlers.understanding.commands import Context, parse
from handlers.understanding.intents import (
    Ambiguous,
    Answer,
    Area,
    Assign,
    Away,
    Back,
    Claim,
    Close,
    Done,
    Drop,
    Duty,
    Free,
    Hello,
    Help,
    Info,
    Join,
    Kind,
    Language,
    List,
    Max,
    Mine,
    More,
    Need,
    Nevermind,
    Note,
    Omw,
    Only,
    Open,
    Pass,
    Person,
    Question,
    Queue,
    Relay,
    Show,
    Start,
    Status,
    Stop,
    Thanks,
    Vouch,
    Wordless,
)

NOTHING = Context()
OFFERED = Context(offers=(42,))
OFFERED_TWO = Context(offers=(42, 43))
OFFERED_1 = Context(offers=(1,))
RECEIPT = Context(question=Question.RECEIPT, options=3)
RECEIPT_AND_1 = Context(question=Question.RECEIPT, options=3, offers=(1,))
NEED = Context(question=Question.NEED, options=4)
PLACE = Context(question=Question.PLACE)
AREAS = Context(question=Question.PLACE, options=2)
NAME = Context(question=Question.NAME)
TONGUES = Context(question=Question.LANGUAGES, options=3)
OWN = Context(own=(7,))
STOPPED = Context(opted_out=True)
SPANISH = Context(language="es")

HEARD = [
    # taking it
    ("CLAIM 42", NOTHING, Claim((42,))),
    ("claim 42", NOTHING, Claim((42,))),
    ("Claim #42", NOTHING, Claim((42,))),
    ("claim # 42.", NOTHING, Claim((42,))),
    ("  CLAIM   42!! ", NOTHING, Claim((42,))),
    ("claim:42", NOTHING, Claim((42,))),
    ("claim request 42", NOTHING, Claim((42,))),
    ("claim number 42", NOTHING, Claim((42,))),
    ("claim no. 42", NOTHING, Claim((42,))),
    ("please claim 42", NOTHING, Claim((42,))),
    ("Hi, claim 42 please", NOTHING, Claim((42,), "please")),
    ("ok claim 42", NOTHING, Claim((42,))),
    ("CLAIM 42 43", NOTHING, Claim((42, 43))),
    ("claim 42, 43 and 44", NOTHING, Claim((42, 43, 44))),
    ("claim #42 #43", NOTHING, Claim((42, 43))),
    ("claim 42 42", NOTHING, Claim((42,))),
    ("CLAIM 42 after 6", NOTHING, Claim((42,), "after 6")),
    ("claim 42, I'm there in 10 min", NOTHING, Claim((42,), "I'm there in 10 min")),
    ("CLAIM 42 43 after 6", NOTHING, Claim((42, 43), "after 6")),
    ("ill take #42 but after 6", NOTHING, Claim((42,), "but after 6")),
    ("I'll take 42", NOTHING, Claim((42,))),
    ("I’ll take 42 but after 6", NOTHING, Claim((42,), "but after 6")),
    ("i can take 42 tonight", NOTHING, Claim((42,), "tonight")),
    ("i got 42", NOTHING, Claim((42,))),
    ("yes 42", NOTHING, Claim((42,))),
    ("take 42", NOTHING, Claim((42,))),
    ("42", NOTHING, Claim((42,))),
    ("#42", NOTHING, Claim((42,))),
    ("42.", NOTHING, Claim((42,))),
    ("42 43", NOTHING, Claim((42, 43))),
    ("42 and 43", NOTHING, Claim((42, 43))),
    ("٤٢", NOTHING, Claim((42,))),
    ("claim ４２", NOTHING, Claim((42,))),
    ("clam 42", NOTHING, Claim((42,))),
    ("cliam 42", NOTHING, Claim((42,))),
    ("claim", NOTHING, Claim()),
    ("tomo 42", NOTHING, Claim((42,))),
    ("Tomo #42.", NOTHING, Claim((42,))),
    ("TOMO EL 42", NOTHING, Claim((42,))),
    ("yo tomo el 42 pero después de las 6", NOTHING, Claim((42,), "pero después de las 6")),
    ("me llevo el 42", NOTHING, Claim((42,))),
    ("hola, tomo 42", NOTHING, Claim((42,))),
    ("acepto 42", NOTHING, Claim((42,))),
    ("tomo 42 y 43", NOTHING, Claim((42, 43))),
    ("yes", OFFERED, Claim((42,))),
    ("Yes!", OFFERED, Claim((42,))),
    ("ok", OFFERED, Claim((42,))),
    ("sure", OFFERED, Claim((42,))),
    ("I'll take it", OFFERED, Claim((42,))),
    ("sí", OFFERED, Claim((42,))),
    ("dale", OFFERED, Claim((42,))),
    ("1", OFFERED_1, Claim((1,))),
    ("42", OFFERED_TWO, Claim((42,))),
    # what fits two things touches neither
    ("yes", OFFERED_TWO, Ambiguous((42, 43))),
    ("ok", OFFERED_TWO, Ambiguous((42, 43))),
    ("no", OFFERED_TWO, Ambiguous((42, 43))),
    ("1", RECEIPT_AND_1, Ambiguous((1,), answer=True)),
    ("yes", RECEIPT_AND_1, Ambiguous((1,), answer=True)),
    # not taking it
    ("can you claim 42 bags of rice for me", NOTHING, "free"),
    ("can you claim 42 bags", NOTHING, "free"),
    ("I'll take 2 bags of rice", NOTHING, "free"),
    ("i got 3 kids and no food", NOTHING, Kind.ASK),
    ("take 2 pills a day", NOTHING, "free"),
    ("42nd street", NOTHING, "free"),
    ("42nd street", PLACE, Answer(None, "42nd street")),
    ("the claim was denied", NOTHING, "free"),
    ("claims adjuster came", NOTHING, "free"),
    ("blame 42", NOTHING, "free"),
    ("tomo 2 pastillas al dia", NOTHING, Claim((2,), "pastillas al dia")),
    ("pass 42", NOTHING, Pass((42,))),
    ("PASS #42 sorry", NOTHING, Pass((42,), "sorry")),
    ("pass", NOTHING, Pass()),
    ("skip 42", NOTHING, Pass((42,))),
    ("i cant do 42", NOTHING, Pass((42,))),
    ("paso 42", NOTHING, Pass((42,))),
    ("no puedo con 42", NOTHING, Pass((42,))),
    ("no", OFFERED, Pass((42,))),
    ("can't", OFFERED, Pass((42,))),
    ("no puedo", OFFERED, Pass((42,))),
    ("pass the salt", NOTHING, "free"),
    ("I passed 42 cars", NOTHING, "free"),
    # in hand
    ("DROP 42", NOTHING, Drop((42,))),
    ("drop 42 my car broke down", NOTHING, Drop((42,), "my car broke down")),
    ("drop", NOTHING, Drop()),
    ("drop, my car broke", NOTHING, Drop((), "my car broke")),
    ("dejo 42", NOTHING, Drop((42,))),
    ("ya no puedo con 42", NOTHING, Drop((42,))),
    ("drop off groceries at my moms please", NOTHING, "free"),
    ("dorp 42", NOTHING, "free"),
    ("OMW 42", NOTHING, Omw((42,))),
    ("omw", NOTHING, Omw()),
    ("omw be there at 6", NOTHING, Omw((), "be there at 6")),
    ("on my way 42", NOTHING, Omw((42,))),
    ("I'm on my way", NOTHING, Omw()),
    ("voy 42", NOTHING, Omw((42,))),
    ("en camino", NOTHING, Omw()),
    ("DONE 42", NOTHING, Done((42,))),
    ("done", NOTHING, Done()),
    ("Done 42, left with the neighbor", NOTHING, Done((42,), "left with the neighbor")),
    ("done 42 3 bags are left", NOTHING, Done((42,), "3 bags are left")),
    ("done, left it at the door", NOTHING, Done((), "left it at the door")),
    ("DONE 42 $31.50", NOTHING, Done((42,), "$31.50")),
    ("delivered 42", NOTHING, Done((42,))),
    ("hecho 42", NOTHING, Done((42,))),
    ("listo", NOTHING, Done()),
    ("ya entregué 42", NOTHING, Done((42,))),
    ("I'm done with this", NOTHING, "free"),
    ("done with work, so tired", NOTHING, "free"),
    ("are we done 42", NOTHING, "free"),
    # neighbors
    ("STATUS", NOTHING, Status()),
    ("status 42", NOTHING, Status((42,))),
    ("Status?", NOTHING, Status()),
    ("any news?", NOTHING, Status()),
    ("statsu 42", NOTHING, Status((42,))),
    ("estado", NOTHING, Status()),
    ("estado 42", NOTHING, Status((42,))),
    ("status of my unemployment claim", NOTHING, "free"),
    ("MORE 42 and milk", NOTHING, More((42,), "and milk")),
    ("more 42", NOTHING, More((42,))),
    ("more diapers please", OWN, More((), "diapers please")),
    ("more people are coming", NOTHING, "free"),
    ("mas 42 leche", NOTHING, More((42,), "leche")),
    ("NEVERMIND 42", NOTHING, Nevermind((42,))),
    ("never mind", NOTHING, Nevermind()),
    ("nvm", NOTHING, Nevermind()),
    ("cancel 42", NOTHING, Nevermind((42,))),
    ("olvídalo", NOTHING, Nevermind()),
    ("ya no necesito 42", NOTHING, Nevermind((42,))),
    ("cancelar 42", NOTHING, Nevermind((42,))),
    ("PERSON", NOTHING, Person()),
    ("I want to talk to a person", NOTHING, Person()),
    ("persona", NOTHING, Person()),
    ("a person fell down", NOTHING, "free"),
    ("JOIN", NOTHING, Join()),
    ("Volunteer", NOTHING, Join()),
    ("unirme", NOTHING, Join()),
    ("join us tomorrow at the rally", NOTHING, "free"),
    ("I want to help", NOTHING, Kind.OFFER),
    # relay
    ("@42 I'm at the door", NOTHING, Relay((42,), "I'm at the door")),
    ("@ 42: which floor?", NOTHING, Relay((42,), "which floor?")),
    ("@42", NOTHING, Relay((42,))),
    ("@home now", NOTHING, "free"),
    # volunteers' settings
    ("LIST", NOTHING, List()),
    ("list please", NOTHING, List()),
    ("lista", NOTHING, List()),
    ("list of what I need: milk, bread", NOTHING, "free"),
    ("INFO 42", NOTHING, Info((42,))),
    ("info", NOTHING, Help()),
    ("MINE", NOTHING, Mine()),
    ("míos", NOTHING, Mine()),
    ("that bag is mine", NOTHING, "free"),
    ("AWAY", NOTHING, Away()),
    ("AWAY 3D", NOTHING, Away(72)),
    ("away 2 weeks", NOTHING, Away(336)),
    ("away for a day", NOTHING, Away(24)),
    ("away 5 hours", NOTHING, Away(5)),
    ("ausente 3 días", NOTHING, Away(72)),
    ("away from home and hungry", NOTHING, "free"),
    ("BACK", NOTHING, Back()),
    ("I'm back", NOTHING, Back()),
    ("volví", NOTHING, Back()),
    ("back pain all night", NOTHING, "free"),
    ("MAX 2", NOTHING, Max(2)),
    ("máximo 2", NOTHING, Max(2)),
    ("Max is my dog", NOTHING, "free"),
    ("ONLY RIDES", NOTHING, Only((Need.TRANSPORT,))),
    ("only food and rides", NOTHING, Only((Need.FOOD, Need.TRANSPORT))),
    ("ONLY ALL", NOTHING, Only(())),
    ("solo comida", NOTHING, Only((Need.FOOD,))),
    ("only 2 days of insulin left", NOTHING, "free"),
    ("AREA Oak", NOTHING, Area("Oak")),
    ("AREA ALL", NOTHING, Area("ALL", everywhere=True)),
    ("zona Oak", NOTHING, Area("Oak")),
    ("VOUCH 7", NOTHING, Vouch((7,))),
    ("vouch for 7", NOTHING, Vouch((7,))),
    ("avalo 7", NOTHING, Vouch((7,))),
    # duty
    ("QUEUE", NOTHING, Queue()),
    ("cola", NOTHING, Queue()),
    ("SHOW 42", NOTHING, Show((42,))),
    ("show me the list", NOTHING, "free"),
    ("ASSIGN 42 ANA", NOTHING, Assign((42,), "ANA")),
    ("assign 42 to Ana", NOTHING, Assign((42,), "Ana")),
    ("asignar 42 Ana", NOTHING, Assign((42,), "Ana")),
    ("asigna 42 a Ana", NOTHING, Assign((42,), "Ana")),
    ("OPEN 42", NOTHING, Open((42,))),
    ("open requests", NOTHING, List()),
    ("CLOSE 42 moved away", NOTHING, Close((42,), "moved away")),
    ("close the door please", NOTHING, "free"),
    ("cerrar 42 se mudó", NOTHING, Close((42,), "se mudó")),
    ("NOTE 42 she is deaf, knock hard", NOTHING, Note((42,), "she is deaf, knock hard")),
    ("nota 42 es sorda", NOTHING, Note((42,), "es sorda")),
    ("DUTY ON", NOTHING, Duty(on=True)),
    ("duty off", NOTHING, Duty(on=False)),
    ("duty", NOTHING, Duty(None)),
    ("guardia sí", NOTHING, Duty(on=True)),
    # anyone
    ("HELP", NOTHING, Help()),
    ("help!", NOTHING, Help()),
    ("?", NOTHING, Help()),
    ("ayuda", NOTHING, Help()),
    ("help me move a couch", NOTHING, "free"),
    ("help me", NOTHING, Kind.ASK),
    ("STOP", NOTHING, Stop(by_carrier=True)),
    ("stop", NOTHING, Stop(by_carrier=True)),
    ("Cancel", NOTHING, Stop(by_carrier=True)),
    ("END", NOTHING, Stop(by_carrier=True)),
    ("stop.", NOTHING, Stop(by_carrier=False)),
    ("stop please", NOTHING, Stop(by_carrier=False)),
    ("opt out", NOTHING, Stop(by_carrier=False)),
    ("Stop texting me!!", NOTHING, Stop(by_carrier=False)),
    ("please take me off your list", NOTHING, Stop(by_carrier=False)),
    ("no me escriban más", NOTHING, Stop(by_carrier=False)),
    ("BAJA", NOTHING, Stop(by_carrier=False)),
    ("stop by the bakery please", NOTHING, "free"),
    ("the rain won't stop", NOTHING, "free"),
    ("in the end we managed", NOTHING, "free"),
    ("START", NOTHING, Start()),
    ("unstop", NOTHING, Start()),
    ("YES", STOPPED, Start()),
    ("English", NOTHING, Language("en")),
    ("ESPAÑOL", NOTHING, Language("es")),
    ("spanish", NOTHING, Language("es")),
    ("en español por favor", NOTHING, Language("es")),
    ("inglés", NOTHING, Language("en")),
    ("do you speak english at the clinic", NOTHING, "free"),
    ("thanks!", NOTHING, Thanks()),
    ("muchas gracias", NOTHING, Thanks()),
    ("ok", NOTHING, Thanks()),
    ("hi", NOTHING, Hello()),
    ("Hola!", NOTHING, Hello()),
    ("hola, necesito comida", NOTHING, Kind.ASK),
    # answers
    ("1", RECEIPT, Answer(1, "1")),
    ("3.", RECEIPT, Answer(3, "3.")),
    ("yes", RECEIPT, Answer(1, "yes")),
    ("Yes thank you so much!", RECEIPT, Answer(1, "Yes thank you so much!")),
    ("sí gracias", RECEIPT, Answer(1, "sí gracias")),
    ("yes but no milk", RECEIPT, Answer(2, "yes but no milk")),
    ("partly", RECEIPT, Answer(2, "partly")),
    ("en parte", RECEIPT, Answer(2, "en parte")),
    ("no", RECEIPT, Answer(3, "no")),
    ("no nobody came", RECEIPT, Answer(3, "no nobody came")),
    ("nobody came", RECEIPT, Answer(3, "nobody came")),
    ("4", RECEIPT, Claim((4,))),
    ("2", NEED, Answer(2, "2")),
    ("diapers", NEED, Answer(None, "diapers")),
    ("14 Oak St", PLACE, Answer(None, "14 Oak St")),
    ("11215", PLACE, Answer(None, "11215")),
    ("2", AREAS, Answer(2, "2")),
    ("Mine", NAME, Answer(None, "Mine")),
    ("Ana", NAME, Answer(None, "Ana")),
    ("spanish", TONGUES, Answer(None, "spanish")),
    ("3", TONGUES, Answer(3, "3")),
    ("stop", NAME, Stop(by_carrier=True)),
    ("help", PLACE, Help()),
    # nothing to read
    ("", NOTHING, Wordless()),
    ("   ", NOTHING, Wordless()),
    ("😭😭😭", NOTHING, Wordless()),
    ("...", NOTHING, Wordless()),
    ("\u200b\u200b", NOTHING, Wordless()),
    # how neighbors ask
    ("Need groceries for two near Oak St", NOTHING, Kind.ASK),
    ("necesito pañales talla 4", NOTHING, Kind.ASK),
    ("my mom is out of insulin", NOTHING, Kind.ASK),
    ("what time do you open?", NOTHING, Kind.QUESTION),
    ("ok lol see you tomorrow", NOTHING, Kind.OTHER),
]


@pytest.mark.parametrize(("text", "context", "meant"), HEARD, ids=[repr(row[0]) for row in HEARD])
def test_a_text_means(text: str, context: Context, meant: intents.Intent | Kind | str) -> None:
    heard = parse(text, context)
    if isinstance(meant, Kind):
        assert isinstance(heard, Free)
        assert heard.meaning.kind is meant
    elif meant == "free":
        assert isinstance(heard, Free)
    else:
        assert heard == meant


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(HEARD) >= 150


@given(st.text(max_size=200), st.sampled_from([NOTHING, OFFERED, RECEIPT_AND_1, PLACE, NAME, OWN, STOPPED]))
def test_no_text_is_too_odd(text: str, context: Context) -> None:
    assert type(parse(text, context)) in {*registry.HANDLERS, Answer}


@given(
    st.integers(1, 99_999), st.sampled_from(["", "#", "# "]), st.sampled_from(["claim", "CLAIM", "Tomo", "ill take"])
)
def test_a_claim_names_its_number_however_it_is_typed(number: int, mark: str, verb: str) -> None:
    assert parse(f"{verb} {mark}{number}") == Claim((number,))


@pytest.mark.parametrize("code", phrasebook.languages())
def test_every_language_has_a_word_for_everything(code: str) -> None:
    heard = phrasebook.book(code).pages["hear"]
    assert set(heard) >= {
        *commands.ORDERS,
        *commands.WORDS,
        *commands.SETTINGS,
        "stop",
        "language",
        "yes",
        "no",
        "partly",
    }


def test_every_intent_has_a_handler() -> None:
    everything = set(intents.Intent.__args__) - {Answer}
    assert set(registry.HANDLERS) == everything
    assert set(registry.ANSWERS) == set(Question)
