"""What texts mean: a table that anybody can read and add to. The near-misses matter as much as the hits."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from handlers import registry
from handlers.registry import understand
from handlers.understanding.intents import (
    Ambiguous,
    Amount,
    Answer,
    Free,
    Intent,
    Kind,
    Need,
    Order,
    Question,
    Wordless,
)
from handlers.understanding.orders import CLAIM, HELP, LANGUAGE, PASS, START, STOP
from handlers.understanding.situation import KnownSituation
from tests.examples import every

NOTHING = KnownSituation()
OFFERED = KnownSituation(offers=(42,))
OFFERED_TWO = KnownSituation(offers=(42, 43))
OFFERED_1 = KnownSituation(offers=(1,))
RECEIPT = KnownSituation(question=Question.RECEIPT, options=3)
RECEIPT_AND_1 = KnownSituation(question=Question.RECEIPT, options=3, offers=(1,))
NEED = KnownSituation(question=Question.NEED, options=4)
PLACE = KnownSituation(question=Question.PLACE)
AREAS = KnownSituation(question=Question.PLACE, options=2)
NAME = KnownSituation(question=Question.NAME)
TONGUES = KnownSituation(question=Question.LANGUAGES, options=3)
OWN = KnownSituation(own=(7,))
STOPPED = KnownSituation(opted_out=True)
SPANISH = KnownSituation(language="es")

HEARD = [
    # taking it
    ("CLAIM 42", NOTHING, Order("claim", (42,))),
    ("claim 42", NOTHING, Order("claim", (42,))),
    ("Claim #42", NOTHING, Order("claim", (42,))),
    ("claim # 42.", NOTHING, Order("claim", (42,))),
    ("  CLAIM   42!! ", NOTHING, Order("claim", (42,))),
    ("claim:42", NOTHING, Order("claim", (42,))),
    ("claim request 42", NOTHING, Order("claim", (42,))),
    ("claim number 42", NOTHING, Order("claim", (42,))),
    ("claim no. 42", NOTHING, Order("claim", (42,))),
    ("please claim 42", NOTHING, Order("claim", (42,))),
    ("Hi, claim 42 please", NOTHING, Order("claim", (42,), "please")),
    ("ok claim 42", NOTHING, Order("claim", (42,))),
    ("CLAIM 42 43", NOTHING, Order("claim", (42, 43))),
    ("claim 42, 43 and 44", NOTHING, Order("claim", (42, 43, 44))),
    ("claim #42 #43", NOTHING, Order("claim", (42, 43))),
    ("claim 42 42", NOTHING, Order("claim", (42,))),
    ("CLAIM 42 after 6", NOTHING, Order("claim", (42,), "after 6")),
    ("claim 42, I'm there in 10 min", NOTHING, Order("claim", (42,), "I'm there in 10 min")),
    ("CLAIM 42 43 after 6", NOTHING, Order("claim", (42, 43), "after 6")),
    ("ill take #42 but after 6", NOTHING, Order("claim", (42,), "but after 6")),
    ("I'll take 42", NOTHING, Order("claim", (42,))),
    ("I’ll take 42 but after 6", NOTHING, Order("claim", (42,), "but after 6")),
    ("i can take 42 tonight", NOTHING, Order("claim", (42,), "tonight")),
    ("i got 42", NOTHING, Order("claim", (42,))),
    ("yes 42", NOTHING, Order("claim", (42,))),
    ("take 42", NOTHING, Order("claim", (42,))),
    ("42", NOTHING, Order("claim", (42,))),
    ("#42", NOTHING, Order("claim", (42,))),
    ("42.", NOTHING, Order("claim", (42,))),
    ("42 43", NOTHING, Order("claim", (42, 43))),
    ("42 and 43", NOTHING, Order("claim", (42, 43))),
    ("٤٢", NOTHING, Order("claim", (42,))),
    ("claim ４２", NOTHING, Order("claim", (42,))),
    ("clam 42", NOTHING, Order("claim", (42,))),
    ("cliam 42", NOTHING, Order("claim", (42,))),
    ("claim", NOTHING, Order("claim")),
    ("tomo 42", NOTHING, Order("claim", (42,))),
    ("Tomo #42.", NOTHING, Order("claim", (42,))),
    ("TOMO EL 42", NOTHING, Order("claim", (42,))),
    ("yo tomo el 42 pero después de las 6", NOTHING, Order("claim", (42,), "pero después de las 6")),
    ("me llevo el 42", NOTHING, Order("claim", (42,))),
    ("hola, tomo 42", NOTHING, Order("claim", (42,))),
    ("acepto 42", NOTHING, Order("claim", (42,))),
    ("tomo 42 y 43", NOTHING, Order("claim", (42, 43))),
    ("yes", OFFERED, Order("claim", (42,))),
    ("Yes!", OFFERED, Order("claim", (42,))),
    ("ok", OFFERED, Order("claim", (42,))),
    ("sure", OFFERED, Order("claim", (42,))),
    ("I'll take it", OFFERED, Order("claim", (42,))),
    ("sí", OFFERED, Order("claim", (42,))),
    ("dale", OFFERED, Order("claim", (42,))),
    ("1", OFFERED_1, Order("claim", (1,))),
    ("42", OFFERED_TWO, Order("claim", (42,))),
    # what fits two things touches neither
    ("yes", OFFERED_TWO, Ambiguous((42, 43))),
    ("ok", OFFERED_TWO, Ambiguous((42, 43))),
    ("no", OFFERED_TWO, Ambiguous((42, 43), verb="pass")),
    ("1", RECEIPT_AND_1, Ambiguous((1,), answer=True)),
    ("yes", RECEIPT_AND_1, Ambiguous((1,), answer=True)),
    # not taking it
    ("can you claim 42 bags of rice for me", NOTHING, "free"),
    ("can you claim 42 bags", NOTHING, "free"),
    ("I'll take 2 bags of rice", NOTHING, "free"),
    ("i got 3 kids and no food", NOTHING, Kind.ASK),
    ("take 2 pills a day", NOTHING, "free"),
    ("i have 2 a day left of insulin", NOTHING, "free"),
    ("puedo con 42 a las 6", NOTHING, Order("claim", (42,), "a las 6")),
    ("tomo 42, 43 a las 6", NOTHING, Order("claim", (42, 43), "a las 6")),
    ("42nd street", NOTHING, "free"),
    ("42nd street", PLACE, Answer(None, "42nd street")),
    ("the claim was denied", NOTHING, "free"),
    ("claims adjuster came", NOTHING, "free"),
    ("blame 42", NOTHING, "free"),
    ("tomo 2 pastillas al dia", NOTHING, Order("claim", (2,), "pastillas al dia")),
    ("pass 42", NOTHING, Order("pass", (42,))),
    ("PASS #42 sorry", NOTHING, Order("pass", (42,), "sorry")),
    ("pass", NOTHING, Order("pass")),
    ("skip 42", NOTHING, Order("pass", (42,))),
    ("i cant do 42", NOTHING, Order("pass", (42,))),
    ("paso 42", NOTHING, Order("pass", (42,))),
    ("no puedo con 42", NOTHING, Order("pass", (42,))),
    ("no", OFFERED, Order("pass", (42,))),
    ("can't", OFFERED, Order("pass", (42,))),
    ("no puedo", OFFERED, Order("pass", (42,))),
    ("pass the salt", NOTHING, "free"),
    ("I passed 42 cars", NOTHING, "free"),
    # in hand
    ("DROP 42", NOTHING, Order("drop", (42,))),
    ("drop 42 my car broke down", NOTHING, Order("drop", (42,), "my car broke down")),
    ("drop", NOTHING, Order("drop")),
    ("drop, my car broke", NOTHING, Order("drop", (), "my car broke")),
    ("dejo 42", NOTHING, Order("drop", (42,))),
    ("ya no puedo con 42", NOTHING, Order("drop", (42,))),
    ("drop off groceries at my moms please", NOTHING, "free"),
    ("dorp 42", NOTHING, "free"),
    ("OMW 42", NOTHING, Order("omw", (42,))),
    ("omw", NOTHING, Order("omw")),
    ("omw be there at 6", NOTHING, Order("omw", (), "be there at 6")),
    ("on my way 42", NOTHING, Order("omw", (42,))),
    ("I'm on my way", NOTHING, Order("omw")),
    ("voy 42", NOTHING, Order("omw", (42,))),
    ("en camino", NOTHING, Order("omw")),
    ("DONE 42", NOTHING, Order("done", (42,))),
    ("done", NOTHING, Order("done")),
    ("Done 42, left with the neighbor", NOTHING, Order("done", (42,), "left with the neighbor")),
    ("done 42 3 bags are left", NOTHING, Order("done", (42,), "3 bags are left")),
    ("done, left it at the door", NOTHING, Order("done", (), "left it at the door")),
    ("DONE 42 $31.50", NOTHING, Order("done", (42,), spent=Amount(Decimal("31.50"), "$", "31.50"))),
    ("delivered 42", NOTHING, Order("done", (42,))),
    ("hecho 42", NOTHING, Order("done", (42,))),
    ("listo", NOTHING, Order("done")),
    ("ya entregué 42", NOTHING, Order("done", (42,))),
    ("I'm done with this", NOTHING, "free"),
    ("done with work, so tired", NOTHING, "free"),
    ("are we done 42", NOTHING, "free"),
    # neighbors
    ("STATUS", NOTHING, Order("status")),
    ("status 42", NOTHING, Order("status", (42,))),
    ("Status?", NOTHING, Order("status")),
    ("any news?", NOTHING, Order("status")),
    ("statsu 42", NOTHING, Order("status", (42,))),
    ("estado", NOTHING, Order("status")),
    ("estado 42", NOTHING, Order("status", (42,))),
    ("status of my unemployment claim", NOTHING, "free"),
    ("MORE 42 and milk", NOTHING, Order("more", (42,), "and milk")),
    ("more 42", NOTHING, Order("more", (42,))),
    ("more diapers please", OWN, Order("more", (), "diapers please")),
    ("more people are coming", NOTHING, "free"),
    ("mas 42 leche", NOTHING, Order("more", (42,), "leche")),
    ("NEVERMIND 42", NOTHING, Order("nevermind", (42,))),
    ("never mind", NOTHING, Order("nevermind")),
    ("nvm", NOTHING, Order("nevermind")),
    ("cancel 42", NOTHING, Order("nevermind", (42,))),
    ("olvídalo", NOTHING, Order("nevermind")),
    ("ya no necesito 42", NOTHING, Order("nevermind", (42,))),
    ("cancelar 42", NOTHING, Order("nevermind", (42,))),
    ("PERSON", NOTHING, Order("person")),
    ("I want to talk to a person", NOTHING, Order("person")),
    ("persona", NOTHING, Order("person")),
    ("a person fell down", NOTHING, "free"),
    ("JOIN", NOTHING, Order("join")),
    ("Volunteer", NOTHING, Order("join")),
    ("unirme", NOTHING, Order("join")),
    ("join us tomorrow at the rally", NOTHING, "free"),
    ("I want to help", NOTHING, Kind.OFFER),
    # relay
    ("@42 I'm at the door", NOTHING, Order("relay", (42,), "I'm at the door")),
    ("@ 42: which floor?", NOTHING, Order("relay", (42,), "which floor?")),
    ("@42", NOTHING, Order("relay", (42,))),
    ("@home now", NOTHING, "free"),
    # volunteers' settings
    ("LIST", NOTHING, Order("list")),
    ("list please", NOTHING, Order("list")),
    ("lista", NOTHING, Order("list")),
    ("list of what I need: milk, bread", NOTHING, "free"),
    ("INFO 42", NOTHING, Order("info", (42,))),
    ("info", NOTHING, Order("help")),
    ("MINE", NOTHING, Order("mine")),
    ("míos", NOTHING, Order("mine")),
    ("that bag is mine", NOTHING, "free"),
    ("AWAY", NOTHING, Order("away")),
    ("AWAY 3D", NOTHING, Order("away", argument=72)),
    ("away 2 weeks", NOTHING, Order("away", argument=336)),
    ("away a day", NOTHING, Order("away", argument=24)),
    ("away for a day", NOTHING, Order("away", argument=24)),
    ("away 5 hours", NOTHING, Order("away", argument=5)),
    ("ausente 3 días", NOTHING, Order("away", argument=72)),
    ("away from home and hungry", NOTHING, "free"),
    ("BACK", NOTHING, Order("back")),
    ("I'm back", NOTHING, Order("back")),
    ("volví", NOTHING, Order("back")),
    ("back pain all night", NOTHING, "free"),
    ("MAX 2", NOTHING, Order("max", argument=2)),
    ("máximo 2", NOTHING, Order("max", argument=2)),
    ("Max is my dog", NOTHING, "free"),
    ("ONLY RIDES", NOTHING, Order("only", argument=(Need.TRANSPORT,))),
    ("only food and rides", NOTHING, Order("only", argument=(Need.FOOD, Need.TRANSPORT))),
    ("ONLY ALL", NOTHING, Order("only", argument=())),
    ("solo comida", NOTHING, Order("only", argument=(Need.FOOD,))),
    ("only 2 days of insulin left", NOTHING, "free"),
    ("AREA Oak", NOTHING, Order("area", note="Oak", argument=False)),
    ("AREA ALL", NOTHING, Order("area", note="ALL", argument=True)),
    ("zona Oak", NOTHING, Order("area", note="Oak", argument=False)),
    ("VOUCH 7", NOTHING, Order("vouch", (7,))),
    ("vouch for 7", NOTHING, Order("vouch", (7,))),
    ("avalo 7", NOTHING, Order("vouch", (7,))),
    # duty
    ("QUEUE", NOTHING, Order("queue")),
    ("cola", NOTHING, Order("queue")),
    ("SHOW 42", NOTHING, Order("show", (42,))),
    ("show me the list", NOTHING, "free"),
    ("ASSIGN 42 ANA", NOTHING, Order("assign", (42,), "ANA")),
    ("assign 42 to Ana", NOTHING, Order("assign", (42,), "Ana")),
    ("asignar 42 Ana", NOTHING, Order("assign", (42,), "Ana")),
    ("asigna 42 a Ana", NOTHING, Order("assign", (42,), "Ana")),
    ("OPEN 42", NOTHING, Order("open", (42,))),
    ("open requests", NOTHING, Order("list")),
    ("CLOSE 42 moved away", NOTHING, Order("close", (42,), "moved away")),
    ("close the door please", NOTHING, "free"),
    ("cerrar 42 se mudó", NOTHING, Order("close", (42,), "se mudó")),
    ("NOTE 42 she is deaf, knock hard", NOTHING, Order("note", (42,), "she is deaf, knock hard")),
    ("nota 42 es sorda", NOTHING, Order("note", (42,), "es sorda")),
    ("DUTY ON", NOTHING, Order("duty", argument=True)),
    ("duty off", NOTHING, Order("duty", argument=False)),
    ("duty", NOTHING, Order("duty", argument=None)),
    ("guardia sí", NOTHING, Order("duty", argument=True)),
    # anyone
    ("HELP", NOTHING, Order("help")),
    ("help!", NOTHING, Order("help")),
    ("?", NOTHING, Order("help")),
    ("ayuda", NOTHING, Order("help")),
    ("help me move a couch", NOTHING, "free"),
    ("help me", NOTHING, Kind.ASK),
    ("STOP", NOTHING, Order("stop", argument=True)),
    ("stop", NOTHING, Order("stop", argument=True)),
    ("Cancel", NOTHING, Order("stop", argument=True)),
    ("END", NOTHING, Order("stop", argument=True)),
    ("stop.", NOTHING, Order("stop", argument=False)),
    ("stop please", NOTHING, Order("stop", argument=False)),
    ("opt out", NOTHING, Order("stop", argument=False)),
    ("Stop texting me!!", NOTHING, Order("stop", argument=False)),
    ("please take me off your list", NOTHING, Order("stop", argument=False)),
    ("no me escriban más", NOTHING, Order("stop", argument=False)),
    ("BAJA", NOTHING, Order("stop", argument=False)),
    ("stop by the bakery please", NOTHING, "free"),
    ("the rain won't stop", NOTHING, "free"),
    ("in the end we managed", NOTHING, "free"),
    ("START", NOTHING, Order("start")),
    ("unstop", NOTHING, Order("start")),
    ("YES", STOPPED, Order("start")),
    ("English", NOTHING, Order("language", argument="en")),
    ("ESPAÑOL", NOTHING, Order("language", argument="es")),
    ("spanish", NOTHING, Order("language", argument="es")),
    ("en español por favor", NOTHING, Order("language", argument="es")),
    ("inglés", NOTHING, Order("language", argument="en")),
    ("do you speak english at the clinic", NOTHING, "free"),
    ("thanks!", NOTHING, Order("thanks")),
    ("muchas gracias", NOTHING, Order("thanks")),
    ("ok", NOTHING, Order("thanks")),
    ("hi", NOTHING, Order("hello")),
    ("Hola!", NOTHING, Order("hello")),
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
    ("4", RECEIPT, Order("claim", (4,))),
    ("2", NEED, Answer(2, "2")),
    ("diapers", NEED, Answer(None, "diapers")),
    ("14 Oak St", PLACE, Answer(None, "14 Oak St")),
    ("11215", PLACE, Answer(None, "11215")),
    ("2", AREAS, Answer(2, "2")),
    ("Mine", NAME, Answer(None, "Mine")),
    ("Ana", NAME, Answer(None, "Ana")),
    ("spanish", TONGUES, Answer(None, "spanish")),
    ("3", TONGUES, Answer(3, "3")),
    ("stop", NAME, Order("stop", argument=True)),
    ("help", PLACE, Order("help")),
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


@every(HEARD)
def test_a_text_means(text: str, situation: KnownSituation, meant: Intent | Kind | str) -> None:
    heard = understand(text, situation).intent
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
def test_no_text_is_too_odd(text: str, situation: KnownSituation) -> None:
    assert isinstance(understand(text, situation).intent, Intent)


@given(
    st.integers(1, 99_999), st.sampled_from(["", "#", "# "]), st.sampled_from(["claim", "CLAIM", "Tomo", "ill take"])
)
def test_a_claim_names_its_number_however_it_is_typed(number: int, mark: str, verb: str) -> None:
    assert understand(f"{verb} {mark}{number}").intent == Order("claim", (number,))


def test_whatever_is_said_or_asked_has_a_handler() -> None:
    assert set(registry.NO_COMMAND) == set(Intent.__args__) - {Order, Answer}
    assert set(registry.ANSWERS) == set(Question)


def test_what_the_grammar_means_without_its_own_words_is_declared() -> None:
    assert {STOP, START, HELP, CLAIM, PASS, LANGUAGE} <= set(registry.BY_NAME)
