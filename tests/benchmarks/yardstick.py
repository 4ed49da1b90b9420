"""The yardstick: the same framework and server, reading the form and answering. No signature, no database."""

import socket
import sys
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI(openapi_url=None)


@app.post("/twilio/message")
async def message(request: Request) -> Response:
    """Do what every webhook must do, and nothing else."""
    parse_qsl(await request.body(), keep_blank_values=True)
    return Response("<Response/>", media_type="text/xml")


@app.get("/")
def page() -> Response:
    """Do what every page must do, and nothing else: be drawn on a thread of its own."""
    return Response("<!doctype html><title>Nothing</title>", media_type="text/html")


def serve(app: FastAPI) -> None:
    """Say the port, and answer until told to stop."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        sys.stdout.write(f"port {listening.getsockname()[1]}\n")
        sys.stdout.flush()
        # As app/cli/serve.py sets it.
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, proxy_headers=False, server_header=False, lifespan="on"
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    serve(app)
