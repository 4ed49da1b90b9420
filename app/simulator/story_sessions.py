"""The guided stories under way on the page, one a line. Kept in memory: a restart closes the book."""

from dataclasses import dataclass, replace
from threading import Lock

from app.simulator import story
from app.simulator.phones import Phones
from app.simulator.story import Story


@dataclass(frozen=True)
class Telling:
    """A story and whether it goes on by itself."""

    story: Story
    playing: bool = False


class Stories:
    """Which story is told on which line."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones
        self._told: dict[int, Telling] = {}
        self._lock = Lock()

    def of(self, line_id: int) -> Telling | None:
        """The story under way on this line."""
        return self._told.get(line_id)

    def turn(self, line_id: int, do: str, told: int) -> None:
        """Do what was pressed. `told` is the step the page showed: a page that lags behind, or a second page
        that plays along, must not tell the next step twice. Raises CannotDo.
        """
        with self._lock:
            telling = self._told.get(line_id)
            if do == "end":
                self._told.pop(line_id, None)
            elif do == "begin":
                self._told[line_id] = Telling(story.begin(self._phones, line_id))
            elif telling is not None and do == "pause":
                self._told[line_id] = replace(telling, playing=False)
            elif telling is not None and telling.story.told == told:
                playing = telling.playing or do == "play"
                self._told[line_id] = Telling(story.tell(self._phones, telling.story), playing)
