"""The figures as volunteers see them: without what no text tells them, and nothing asked for by fewer than five.

Help to be safe counts among others, and texts in danger among answers; what is held, or only begun, is not there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from models.delivery.outbound import Lane
from models.report.asked import NOWHERE, OTHER, Asked, Ending
from models.report.pressure import Queue
from models.report.public import LEAST
from models.report.texts import Sent, Texts
from models.report.whole import Report
from models.requests import State

SAFE = "safety"  # a kind of help
SEVERAL = "mul"  # languages, as CLDR calls them
DANGER = (Lane.EMERGENCY, Lane.SAFETY)
UNSEEN = (State.HELD, State.DRAFT)


def seen(report: Report) -> Report:
    """The same figures for whoever is not on duty."""
    return replace(report, asked=_asked(report.asked), texts=_texts(report.texts), queue=_queue(report.queue))


def together(counts: Mapping[str, int], rest: str, always: tuple[str, ...] = ()) -> dict[str, str]:
    """As what each of these is counted: itself, or the rest, which is not fewer than five unless all are."""
    names = {name: name for name in counts if name not in (rest, *always)}
    few = sum(counts.values()) - sum(counts[name] for name in names)
    for name in sorted(names, key=lambda name: (counts[name], name)):
        if counts[name] >= LEAST and not 0 < few < LEAST:
            break
        few += counts[name]
        names[name] = rest
    return {name: names.get(name, rest) for name in counts}


def _asked(asked: Asked) -> Asked:
    by_need = _merged(asked.by_need, OTHER, (SAFE,))
    needs = together({need: sum(each.values()) for need, each in asked.by_need.items()}, OTHER, (SAFE,))
    by_language = _merged(asked.by_language, SEVERAL)
    return replace(
        asked,
        needs=MappingProxyType({week: _counted(found, needs) for week, found in asked.needs.items()}),
        languages=Counter({language: sum(each.values()) for language, each in by_language.items()}),
        by_need=by_need,
        by_area=_merged(asked.by_area, NOWHERE),
        by_language=by_language,
        by_first_need=_merged(asked.by_first_need, OTHER, (SAFE,)),
    )


def _merged(
    found: Mapping[str, Mapping[Ending, int]], rest: str, always: tuple[str, ...] = ()
) -> Mapping[str, Mapping[Ending, int]]:
    names = together({name: sum(each.values()) for name, each in found.items()}, rest, always)
    merged: dict[str, Counter[Ending]] = {}
    for name, endings in found.items():
        merged.setdefault(names[name], Counter()).update(endings)
    return MappingProxyType(merged)


def _counted(counts: Mapping[str, int], names: Mapping[str, str]) -> Counter[str]:
    found = Counter[str]()
    for name, count in counts.items():
        found[names[name]] += count
    return found


def _texts(texts: Texts) -> Texts:
    return Texts({day: dict(_lanes(lanes)) for day, lanes in texts.days.items()})


def _lanes(lanes: Mapping[Lane, Sent]) -> Iterator[tuple[Lane, Sent]]:
    for lane, sent in lanes.items():
        if lane in DANGER:
            yield lane, Sent()
        elif lane is Lane.REPLY:
            yield lane, sum((lanes[each] for each in DANGER), sent)
        else:
            yield lane, sent


def _queue(queue: Queue) -> Queue:
    return replace(queue, states={state: n for state, n in queue.states.items() if state not in UNSEEN})
