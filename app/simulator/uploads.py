"""Files that pretend phones send, from the form of the page: one with a file is read in another way than others."""

from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile

from app.simulator.phones import LONGEST_TEXT
from app.web.forms import CONTROL, check_ours, whole_number

LARGEST = 16_000_000  # bytes, as WhatsApp brings them
FIELDS, FILES = 10, 1


@dataclass(frozen=True)
class Upload:
    """What such a form said."""

    line_id: int
    phone_id: int
    words: str
    content_type: str
    content: bytes


async def read(request: Request) -> Upload:
    """The form. Raises HTTPException: 403 if a page elsewhere sent it, 413 and 400 for what is none."""
    check_ours(request)
    if int(request.headers.get("content-length") or 0) > LARGEST + 100_000:
        raise HTTPException(413)
    async with request.form(max_files=FILES, max_fields=FIELDS) as form:
        file = form.get("file")
        content, kind = b"", ""
        if isinstance(file, UploadFile):
            content, kind = await file.read(LARGEST + 1), file.content_type or ""
        if len(content) > LARGEST:
            raise HTTPException(413)
        said = {name: str(value).translate(CONTROL) for name, value in form.items() if isinstance(value, str)}
    words = said.get("words", "")[:LONGEST_TEXT]
    return Upload(whole_number(said.get("line", "")), whole_number(said.get("phone", "")), words, kind, content)
