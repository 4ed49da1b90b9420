"""The `hotline` command: a thin skin over the rest. A family of commands is a module, read when it is used."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command as built

FAMILIES = {
    "serve": "app.cli.serve",
    "golive": "app.cli.golive",
    "chat": "app.cli.chat",
    "play": "app.cli.play",
    "person": "app.cli.people",
    "request": "app.cli.request",
    "report": "app.cli.report",
    "money": "app.cli.money",
    "line": "app.cli.line",
    "whatsapp": "app.cli.whatsapp",
    "parse": "app.cli.parse",
    "backup": "app.cli.backup",
    "restore": "app.cli.restore",
    "move": "app.cli.move",
    "systemd": "app.cli.systemd",
    "migrate": "app.cli.migrate",
    "tick": "app.cli.tick",
    "work": "app.cli.work",
    "doctor": "app.cli.doctor",
}
COMPLETION = ("install_completion", "show_completion")  # Typer would offer these with every family


class Families(TyperGroup):
    """Reads a family's module only when it is asked for, and turns a failure into words."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order in which a newcomer meets them."""
        return list(FAMILIES)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """The command of this name, if there is one."""
        if cmd_name not in FAMILIES:
            return None
        command = built(import_module(FAMILIES[cmd_name]).app)
        assert isinstance(command, TyperCommand | TyperGroup)
        command.name = cmd_name
        command.params = [param for param in command.params if param.name not in COMPLETION]
        return command

    def invoke(self, ctx: Any) -> object:
        """Run the command. What only the operator can mend is said plainly; a fault of ours keeps its traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            trouble = import_module("app.cli.trouble").explained(error)
            if trouble is None:
                raise
            typer.echo(trouble.what, err=True)
            raise typer.Exit(trouble.code) from None


app = typer.Typer(cls=Families, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """A mutual-aid hotline that runs by text: ask, claim, deliver, confirm."""
    import_module("app.telemetry.logs").configure()


def run() -> None:
    """The entry point. Names and texts are in every script, so output is UTF-8 whatever the terminal says."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
