"""WhatsApp's templates in the simulated network, which approves them at once, or as a story says."""

from datetime import datetime

from handlers import layouts
from models.delivery import contents
from models.delivery.contents import Approval, Kind
from models.store.session import Session

ACCOUNT = "simulator"


def keep_all(session: Session, now: datetime, approval: Approval) -> None:
    """The network knows all our templates, and has got so far with them."""
    for n, layout in enumerate(layouts.every(), 1):
        row = contents.add(
            *(session, ACCOUNT, Kind.TEMPLATE, layout.name, layout.language, layout.digest),
            names=list(layout.names),
            buttons=[button.says for button in layout.buttons],
            body=layout.numbered,
            sid=f"HX{n:032x}",
            now=now,
        )
        row.approval = approval
        session.add(row)
