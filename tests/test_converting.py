"""Nothing but what is seen or heard comes out of a file, and no file does harm."""

import io
import struct
import time
import zlib

import av
import pillow_heif
import pytest
from PIL import Image

from app.attachments import converting, isolated
from app.attachments.converting import BROKEN, OTHER, TOO_LARGE, TOO_LONG, Unusable
from app.simulator import samples

PLACE = 0x8825
MAKER = "Example phone of somebody"


def why(content: bytes) -> str:
    with pytest.raises(Unusable) as refused:
        isolated.make(content)
    return str(refused.value)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def as_file(kind: str, *, exif: bytes = b"", size: tuple[int, int] = (320, 200), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    shown = Image.linear_gradient("L").resize(size).convert(mode)
    if kind == "HEIF":
        pillow_heif.from_pillow(shown).save(out, exif=exif)
    else:
        shown.save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def test_the_place_that_a_phone_writes_into_a_picture_is_gone() -> None:
    sent = samples.picture(maker=MAKER)
    assert opened(sent).getexif().get_ifd(PLACE)[1] == "N"
    assert MAKER.encode() in sent
    made = isolated.make(sent)
    assert made.content_type == "image/jpeg"
    assert not opened(made.content).getexif()
    assert not [key for key in opened(made.content).info if key not in ("jfif", "jfif_version", "jfif_unit",
                                                                          "jfif_density")]  # fmt: skip
    for trace in (MAKER.encode(), b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE"):
        assert trace not in made.content


def test_the_same_of_pictures_as_iphones_and_screens_make_them() -> None:
    exif = Image.Exif()
    exif[0x010F] = MAKER
    for kind in ("HEIF", "PNG", "WEBP"):
        sent = as_file(kind, exif=exif.tobytes())
        assert MAKER.encode() in sent, kind
        made = isolated.make(sent)
        assert (made.content_type, MAKER.encode() in made.content) == ("image/jpeg", False), kind


def test_what_is_hidden_behind_a_picture_does_not_come_along() -> None:
    made = isolated.make(samples.picture() + b"PK\x03\x04 a second file")
    assert b"second file" not in made.content


def test_a_picture_stands_upright_and_fits_phones() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    noise = Image.effect_noise((4000, 2000), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", exif=exif)
    made = isolated.make(out.getvalue())
    shown = opened(made.content)
    assert shown.height == 2 * shown.width <= converting.LARGEST_SIDE
    assert len(made.content) <= converting.LARGEST


def test_what_cannot_be_seen_through_stands_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(isolated.make(out.getvalue()).content).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_that_moves_stands_still() -> None:
    out = io.BytesIO()
    frames = [Image.new("P", (40, 40), n) for n in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert isolated.make(out.getvalue()).content_type == "image/jpeg"


@pytest.mark.parametrize(("container", "codec"), [("ogg", "libopus"), ("ipod", "aac"), ("mp3", "libmp3lame")])
def test_a_voice_is_all_that_stays_of_a_voice_message(container: str, codec: str) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        file.metadata["title"], file.metadata["artist"] = "Marmalade", "Example artist"
        stream = file.add_stream(codec, rate=48_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame(format=stream.codec_context.format.name, layout="mono", samples=960)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert b"Marmalade" in out.getvalue()
    made = isolated.make(out.getvalue())
    assert made.content_type == "audio/mpeg"
    assert b"Marmalade" not in made.content
    assert b"Example artist" not in made.content
    with av.open(io.BytesIO(made.content), "r", format="mp3") as heard:
        assert not heard.metadata
        assert heard.streams.audio[0].codec_context.name.startswith("mp3")


def test_a_voice_message_as_plain_phones_send_it() -> None:
    amr = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100  # two seconds of the best of its modes: RFC 4867, section 5
    made = isolated.make(amr)
    assert made.content_type == "audio/mpeg"
    with av.open(io.BytesIO(made.content), "r", format="mp3") as heard:
        assert sum(frame.samples for frame in heard.decode(heard.streams.audio[0])) > converting.RATE


def test_a_voice_message_has_an_end() -> None:
    assert why(samples.voice(converting.LONGEST + 5)) == TOO_LONG


def test_what_a_file_says_of_itself_is_not_believed() -> None:
    for content in (b"%PDF-1.7\n%", b"<svg onload='x'>", b"<html>", b"PK\x03\x04", b"MZ", b"BM" + bytes(60), b"",
                    b"II*\0", b"#!/bin/sh\n", b"%!PS-Adobe", b"RIFF\0\0\0\0AVI "):  # fmt: skip
        assert why(content) == OTHER, content
    for content in (b"\xff\xd8\xff" + bytes(300), b"\x89PNG\r\n\x1a\n" + bytes(40), b"OggS" + bytes(300), b"#!AMR\n"):
        assert why(content) == BROKEN, content[:8]
    assert why(samples.picture()[:2000]) == BROKEN  # the half of it
    assert why(b"\0\0\0\x18ftypheic" + bytes(200)) == BROKEN


def test_a_film_is_no_voice_message() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        file.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        file.mux(stream.encode(None))
    assert why(out.getvalue()) == OTHER


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes that says that it is so large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(900))) + chunk(b"IEND", b"")
    )


def test_a_bomb_goes_off_in_nobodys_memory() -> None:
    began = time.monotonic()
    for side in (8_000, 60_000, 2_000_000):
        assert why(bomb(side)) == TOO_LARGE
    assert why(bomb(7_000)) == BROKEN  # within the figure, and not there
    assert time.monotonic() - began < isolated.SECONDS
