"""The web application where a fake carrier can reach it: within this process, or as a server of its own."""

import asyncio

import httpx
from fastapi import FastAPI

from tests.fake_twilio import Post


def within(app: FastAPI) -> Post:
    """Post webhooks to an application in this process, without a network."""

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        async def once() -> int:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                return (await client.post(url, content=body, headers=headers)).status_code

        return asyncio.run(once())

    return post
