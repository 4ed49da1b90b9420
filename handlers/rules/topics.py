"""What RULES and HISTORY can be asked about: the groups of figures, and a few closer questions."""

from collections.abc import Mapping

from handlers.rules.figures.groups import GROUPS
from handlers.understanding.intents import Topic
from handlers.wording.summary import Said

# The word that asks for each, as people are told it.
WORDS: Mapping[Topic, str] = {
    Topic.SAFETY: "topic_safety",
    Topic.TIMES: "topic_times",
    Topic.ASKING: "topic_asking",
    Topic.PACE: "topic_pace",
    Topic.KEEPING: "topic_keeping",
    Topic.NEIGHBORS: "topic_neighbors",
    Topic.WATCH: "topic_watch",
    Topic.LIMITS: "topic_limits",
    Topic.DECIDING: "topic_deciding",
    Topic.MEMORY: "topic_memory",
    Topic.MONEY: "topic_money",
    Topic.QUIET: "topic_quiet",
    Topic.VOUCHING: "topic_vouching",
    Topic.PEOPLE: "topic_people",
    Topic.AREAS: "topic_areas",
    Topic.ANSWERS: "topic_answers",
    Topic.LINE: "topic_line",
}
# Figures of the topics that are no group.
CLOSER: Mapping[Topic, tuple[str, ...]] = {
    Topic.QUIET: ("quiet_from", "quiet_until"),
    Topic.VOUCHING: ("vouch_after_days", "vouches_per_week", "young_days", "newcomer_matches"),
    Topic.PEOPLE: ("put_out_per_day", "vouch_after_days", "vouches_per_week"),
}


def word(topic: Topic) -> Said:
    """The word that asks for it."""
    return Said(WORDS[topic])


def figures_of(topic: Topic) -> tuple[str, ...]:
    """The names of its figures; none for what has no figures."""
    return CLOSER[topic] if topic in CLOSER else tuple(GROUPS.get(topic.value, ()))
