"""What people do with words of their own, each act declared once, for whoever it makes sense from."""

from collections.abc import Callable, Iterable

from handlers import free, questions
from handlers.asking import waiting
from handlers.decisions import agenda
from handlers.helping import at_door, claim, hands, in_hand, problem, volunteer_talk
from handlers.members import availability, changed_number, forgetting, my_data, not_again
from handlers.money import purse
from handlers.needs import own, pressing, receipt
from handlers.on_duty import broadcast, duty, reach_person, shifts
from handlers.repeating import again, repeats
from handlers.safety import discreet
from handlers.turn import Texts, Turn
from handlers.understanding.act_rule import ActRule
from handlers.understanding.intents import Act, Free, Role

ActHandler = Callable[[Turn, Free], Texts]


def each(acts: Iterable[Act], to: Role, handler: ActHandler) -> list[ActRule[ActHandler]]:
    """The same for each of these acts."""
    return [ActRule(act, to, handler) for act in acts]


ANSWERS_AN_OFFER = (Act.ACCEPTS, Act.DECLINES, Act.HAS_IT, Act.ASKS_IF_NEEDED, Act.ASKS_DETAIL)
DECLINES = (Act.DECLINES, Act.GIVES_BACK, Act.MAY_GIVE_BACK)

# What people do with words of their own, read like a table: the first row that a text fits, and whose role its author
# has, is what follows. The words are in handlers/understanding/acts/*.toml.
ACTS: tuple[ActRule[ActHandler], ...] = (
    # what is kept of them
    ActRule(Act.WANTS_FORGOTTEN, Role.ANYONE, forgetting.wanted),
    ActRule(Act.ASKS_WHAT_IS_KEPT, Role.ANYONE, my_data.asked),
    # from which phone they write
    ActRule(Act.CHANGES_NUMBER, Role.ALONE, changed_number.wanted, goes_on=True),
    # who else reads their phone
    ActRule(Act.PHONE_IS_READ, Role.NOBODYS_HELPER, discreet.phone_is_read, goes_on=True),
    ActRule(Act.NOTHING_BACK, Role.NOBODYS_HELPER, discreet.not_back, goes_on=True),
    # words for many
    ActRule(Act.TELLS_ALL, Role.DUTY, broadcast.how),
    # what they have promised to all
    ActRule(Act.CANT_WATCH, Role.VOLUNTEER, shifts.cannot),
    # what all decide, and what is in the purse: while two are talking it is talk
    *each((Act.ASKS_VOTE, Act.ASKS_PURSE, Act.ASKS_PAID_BACK), Role.HOLDING, in_hand.talk),
    ActRule(Act.ASKS_VOTE, Role.VOLUNTEER, agenda.asked),
    ActRule(Act.ASKS_PURSE, Role.VOLUNTEER, purse.asked),
    ActRule(Act.ASKS_PAID_BACK, Role.VOLUNTEER, purse.asked_back),
    *each((Act.DOES_ALWAYS,), Role.HOLDING, repeats.does_always),
    *each((Act.DOES_ALWAYS,), Role.HELPED, repeats.does_always),
    # What a volunteer has in hand goes before what they were asked about: two people are talking.
    ActRule(Act.UNSAFE_THERE, Role.HOLDING, problem.unsafe),
    ActRule(Act.NOBODY_HOME, Role.HOLDING, at_door.nobody_home),
    *each((Act.RESCHEDULES, Act.COMES_AT), Role.HOLDING, in_hand.another_time),
    ActRule(Act.ASKS_WHO_ELSE, Role.HOLDING, hands.who_else),
    ActRule(Act.WANTS_HANDS, Role.HOLDING, in_hand.second_helper),
    ActRule(Act.RUNS_LATE, Role.HOLDING, in_hand.late),
    ActRule(Act.GIVES_BACK, Role.HOLDING, in_hand.give_back),
    ActRule(Act.MAY_GIVE_BACK, Role.HOLDING, in_hand.doubt),
    ActRule(Act.DELIVERED, Role.HOLDING, in_hand.delivered),
    ActRule(Act.SETS_OFF, Role.HOLDING, in_hand.set_off),
    ActRule(Act.ASKS_ADDRESS, Role.HOLDING, in_hand.place),
    ActRule(Act.ASKS_NUMBER, Role.HOLDING, in_hand.number),
    *each(ANSWERS_AN_OFFER, Role.HOLDING, in_hand.talk),
    *each((Act.SETS_OFF, Act.RUNS_LATE), Role.LET_GO, in_hand.there_after_all),
    ActRule(Act.DELIVERED, Role.LET_GO, in_hand.done_after_all),
    ActRule(Act.CAN_STILL, Role.LET_GO, in_hand.takes_again),
    # what they want to be asked
    ActRule(Act.NOT_AT_NIGHT, Role.VOLUNTEER, availability.not_at_night),
    ActRule(Act.NOT_THESE, Role.VOLUNTEER, availability.not_these),
    ActRule(Act.GOES_AWAY, Role.VOLUNTEER, availability.goes_away, goes_on=True),  # "sick all week, who brings soup?"
    ActRule(Act.ASKS_WHO_ELSE, Role.DUTY, duty.who_comes),
    # what they were asked about
    *each(DECLINES, Role.OFFERED, volunteer_talk.decline),
    ActRule(Act.TAKES_ALL, Role.OFFERED, claim.takes_all),
    ActRule(Act.ACCEPTS, Role.OFFERED, volunteer_talk.accept),
    ActRule(Act.HAS_IT, Role.OFFERED, volunteer_talk.has_it),
    ActRule(Act.ASKS_IF_NEEDED, Role.OFFERED, volunteer_talk.still_needed),
    ActRule(Act.ASKS_ADDRESS, Role.OFFERED, volunteer_talk.where),
    ActRule(Act.ASKS_NUMBER, Role.OFFERED, volunteer_talk.number),
    ActRule(Act.ASKS_DETAIL, Role.OFFERED, volunteer_talk.detail),
    *each(DECLINES, Role.TOO_LATE, volunteer_talk.no_matter),
    ActRule(Act.ACCEPTS, Role.TOO_LATE, volunteer_talk.too_late),
    ActRule(Act.ASKS_IF_NEEDED, Role.TOO_LATE, volunteer_talk.too_late),
    # what they have done
    ActRule(Act.DELIVERED, Role.HELPED, in_hand.found_it),
    ActRule(Act.WELCOMES, Role.HELPED, in_hand.welcome),
    # what they need again and again
    ActRule(Act.SKIPS_ONCE, Role.REPEATING, repeats.skip_once),
    ActRule(Act.ENDS_RECURRING, Role.REPEATING, repeats.ends),
    # whom they do not want again
    *each((Act.NOT_AGAIN, Act.NOT_NAMED_AGAIN), Role.NEIGHBOR, not_again.not_again),
    # whether help came
    ActRule(Act.PARTLY_CAME, Role.DELIVERED, receipt.partly),
    ActRule(Act.NEVER_CAME, Role.MATCHED, receipt.never),
    ActRule(Act.NEVER_CAME, Role.WAITING, receipt.never),
    ActRule(Act.NEVER_CAME, Role.DELIVERED, receipt.never),
    ActRule(Act.CAME, Role.DELIVERED, receipt.arrived, goes_on=True),
    ActRule(Act.CAME, Role.MATCHED, receipt.arrived),
    ActRule(Act.CAME, Role.WAITING, receipt.arrived),
    ActRule(Act.GOT_IT, Role.DELIVERED, receipt.got_it, goes_on=True),
    ActRule(Act.THANKS_SOMEBODY, Role.DELIVERED, receipt.thanks, goes_on=True),
    # how many come to help
    ActRule(Act.WANTS_ONE_MORE, Role.MATCHED, hands.more),
    ActRule(Act.WANTS_ONE_MORE, Role.WAITING, hands.more),
    ActRule(Act.ENOUGH_HANDS, Role.MATCHED, hands.enough),
    ActRule(Act.ENOUGH_HANDS, Role.WAITING, hands.enough),
    ActRule(Act.ASKS_WHO_ELSE, Role.MATCHED, hands.who_comes),
    ActRule(Act.RESCHEDULES, Role.MATCHED, free.another_time),
    ActRule(Act.RESCHEDULES, Role.WAITING, free.another_time),
    ActRule(Act.WITHDRAWS, Role.MATCHED, own.take_back),
    ActRule(Act.WITHDRAWS, Role.WAITING, own.take_back),
    ActRule(Act.WITHDRAWS, Role.DRAFTING, own.take_back),
    ActRule(Act.WITHDRAWS, Role.DELIVERED, own.take_back),
    ActRule(Act.ASKS_SAME, Role.ALONE, again.in_words),
    # for a person; what they need beside it is asked about all the same
    ActRule(Act.FEARS_HELPER, Role.NEIGHBOR, reach_person.about_helper, goes_on=True),
    ActRule(Act.CHOOSES_HELPER, Role.NEIGHBOR, reach_person.about_helper, goes_on=True),
    ActRule(Act.GRIEVES, Role.ALONE, reach_person.wanted, goes_on=True, offers_too=False),
    ActRule(Act.LEGAL_TROUBLE, Role.ALONE, reach_person.wanted, goes_on=True, offers_too=False),
    ActRule(Act.COMPLAINS, Role.NEIGHBOR, reach_person.wanted, goes_on=True),
    ActRule(Act.ASKS_FOR_CALL, Role.ALONE, reach_person.wanted, goes_on=True, offers_too=False),
    ActRule(Act.ASKS_FOR_PERSON, Role.NEIGHBOR, reach_person.wanted, goes_on=True),
    # about what they asked for, and about us
    ActRule(Act.ASKS_IF_COMING, Role.MATCHED, pressing.is_anybody_coming, goes_on=True),
    ActRule(Act.ASKS_PROGRESS, Role.DRAFTING, own.progress, goes_on=True),
    ActRule(Act.ASKS_PROGRESS, Role.WAITING, own.progress, goes_on=True),
    ActRule(Act.STILL_NEEDS, Role.WAITING, waiting.still_needs, goes_on=True),
    ActRule(Act.STILL_NEEDS, Role.GIVEN_UP, waiting.still_needs, goes_on=True),
    ActRule(Act.ASKS_EARLIER, Role.ALONE, questions.earlier, goes_on=True),
    ActRule(Act.ASKS_HOW_LONG, Role.ALONE, questions.how_long, goes_on=True),
    ActRule(Act.ASKS_NEARBY, Role.ALONE, reach_person.asks, goes_on=True),
    *[
        ActRule[ActHandler](act, Role.NEIGHBOR, questions.answer, goes_on=True, offers_too=False)
        for act in questions.ANSWERS
    ],
)
