"""How many people are wanted to help, told from how many are to be helped."""

import pytest

from handlers.understanding import hands, needs
from handlers.understanding.intents import Kind

# The words, how many are to help, and how many are to be helped.
WANTED = [
    ("need 4 people to move a couch saturday morning at 88 river rd", 4, None),
    ("NEED 4 people Saturday 10am move a couch", 4, None),
    ("2 volunteers to carry a fridge", 2, None),
    ("need two strong guys", 2, None),
    ("need 3 people monday to wednesday to paint", 3, None),
    ("i need 3 helpers on sunday to clean my yard", 3, None),
    ("we could use 5 volunteers at the pantry", 5, None),
    ("need like 3 guys to lift a piano", 3, None),
    ("looking for 2 people to help me load a truck", 2, None),
    ("need at least four people to shovel snow at 14 oak st", 4, None),
    ("4 people to move a sofa please", 4, None),
    ("need 2 more hands", 2, None),
    ("we need three more people to unload boxes", 3, None),
    ("need help moving, 2 strong people to carry a dresser", 2, None),
    ("can you send 2 people to help carry my fridge upstairs", 2, None),
    ("need 6 volunteers to pack food boxes", 6, None),
    ("need 20 people to clean the park", 20, None),
    ("need 3 men to push my car", 3, None),
    ("need 2 people to help me paint, we are 4 people at home", 2, 4),
    ("necesito 3 personas para mover un sofá", 3, None),
    ("ocupo 2 personas fuertes", 2, None),
    ("busco cuatro voluntarios para pintar", 4, None),
    ("hacen falta 3 personas para cargar una nevera", 3, None),
    ("necesitamos 5 voluntarios el sábado para limpiar el parque", 5, None),
    ("2 personas para cargar un refri", 2, None),
    ("necesito dos hombres para mover una cama", 2, None),
    ("necesito 4 personas el lunes para pintar la casa", 4, None),
    ("se necesitan 6 ayudantes", 6, None),
    ("3 personas de lunes a miércoles para pintar", 3, None),
    ("3 people monday to wednesday to paint", 3, None),
    ("4 people need food to take home", None, 4),
    ("faltan 2 personas para cargar", 2, None),
    ("food for 4 people", None, 4),
    ("4 people hungry", None, 4),
    ("need dinner for 4", None, 4),
    ("we are 4 people need food", None, 4),
    ("need groceries for 2 people and 3 kids", None, 5),
    ("need a ride for 3 people to the hospital", None, 3),
    ("need help for 4 people to eat", None, 4),
    ("need food for 5 people saturday", None, 5),
    ("we are 3 people and need diapers", None, 3),
    ("family of 4 needs food", None, 4),
    ("feed 6 people tonight", None, 6),
    ("need water for 10 people at 14 oak st", None, 10),
    ("comida para 4 personas", None, 4),
    ("somos 4 personas", None, 4),
    ("somos 4 personas y necesitamos comida", None, 4),
    ("necesito comida para 3 personas", None, 3),
    ("somos una familia de 5 personas, necesitamos despensa", None, 5),
    ("necesito agua para 6 personas", None, 6),
    ("need 2 bags of rice", None, None),
    ("need groceries", None, None),
    ("need 1 person to help me", None, 1),
]


@pytest.mark.parametrize(("words", "helpers", "people"), WANTED)
def test_who_helps_and_who_is_helped(words: str, helpers: int | None, people: int | None) -> None:
    said = needs.understand(words)
    assert (said.helpers, said.people) == (helpers, people)
    assert helpers is None or said.kind is Kind.ASK


@pytest.mark.parametrize(
    ("words", "number"),
    [("2 people is enough", 2), ("two is enough", 2), ("con 3 basta", 3), ("that's enough people", None)],
)
def test_the_number_that_is_said(words: str, number: int | None) -> None:
    assert hands.number(words) == number
