"""Who is known at which addresses, for tests of whose texts are whose."""

from sqlmodel import col, select

from models.people import Address, Person
from models.requests import Request
from models.store.session import Session
from tests.world import World


def at(world: World, *values: str) -> set[int]:
    """Who is known at these addresses."""

    def look(session: Session) -> set[int]:
        found = select(Address.person_id).where(col(Address.value).in_(values))
        return set(session.exec(found))

    return world.hotline.database.read(look)


def person(world: World, value: str) -> Person:
    (id_,) = at(world, value)
    return world.hotline.database.read(lambda s: s.get_one(Person, id_))


def asked(world: World) -> list[int]:
    return world.hotline.database.read(lambda s: [r.person_id for r in s.exec(select(Request))])
