"""Files as phones send them, made when they are needed: a picture with its place written in, somebody's voice."""

import io
from functools import cache

import av
from PIL import Image

LOST = "lost:"  # before the content type of what the carrier will not give
SIZE = (640, 480)
RATE = 48_000
SECOND = 50  # frames of 20 ms
GPS = 0x8825  # the part of EXIF with the place: https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf
MAKE = 0x010F


@cache
def of(content_type: str) -> bytes:
    """What a phone would send as this; nothing for what is lost on the way."""
    if content_type.startswith(LOST):
        return b""
    if content_type.startswith("image/"):
        return picture()
    if content_type.startswith("audio/"):
        return voice()
    return b"%PDF-1.7\n"


def picture(size: tuple[int, int] = SIZE, maker: str = "Example phone") -> bytes:
    """A JPEG that tells who made the phone, and where it was."""
    exif = Image.Exif()
    exif[MAKE] = maker
    exif[GPS] = {1: "N", 2: (38.0, 53.0, 52.0), 3: "W", 4: (77.0, 2.0, 11.0)}
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


def voice(seconds: int = 1, title: str = "Example title") -> bytes:
    """A voice message as WhatsApp records them: Opus in Ogg."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as made:
        made.metadata["title"] = title
        stream = made.add_stream("libopus", rate=RATE, layout="mono")
        samples = RATE // SECOND
        for _ in range(seconds * SECOND):
            frame = av.AudioFrame(format="s16", layout="mono", samples=samples)
            frame.sample_rate = RATE
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()
