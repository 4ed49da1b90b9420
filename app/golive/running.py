"""That the hotline which answers is one that has the new settings: another process may have to start anew."""

from app.golive.dialog import Stop
from app.golive.serving import HERE, Serving, carrier_at
from app.golive.setup import Setup
from app.settings import Settings

WITH_TWILIO = "twilio"
HOW = (
    "On a server: sudo systemctl restart hotline. In containers: docker compose restart hotline. In a window of its "
    "own: Ctrl+C there, then hotline serve"
)


def run(setup: Setup, settings: Settings, serving: Serving) -> None:
    """Have whoever runs it start it anew, unless it has the settings. Raises Stop where nobody can be asked."""
    if setup.host is not None:
        return
    if serving.is_own:
        serving.begin(settings)
        return
    while (carrier := carrier_at(settings.port)) != WITH_TWILIO:
        serving.begin(settings)  # it may have been ended meanwhile
        if serving.is_own:
            return
        what = "still has its old settings" if carrier else f"does not answer at {HERE}:{settings.port}"
        said = f"The hotline that runs on this machine {what}. Start it anew. {HOW}."
        if not setup.dialog.interactive:
            raise Stop(f"{said} Then run hotline golive again.")
        setup.dialog.ask(f"{said}. Press Enter when it is up.".replace("..", "."), "", str, default="ready")
