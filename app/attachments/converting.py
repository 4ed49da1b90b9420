"""Makes a picture or a voice message out of a stranger's file, in a process of its own: bytes in, bytes out.

What a file says of itself is not believed: its first bytes tell which decoder may look at it, and none else does.
Only what is seen and heard is written anew, so that nothing else of the file goes on: no place, no time, no name of a
phone, no second file behind the first. Run by app/attachments/isolated.py; it imports nothing of ours, for it starts
with each file.
"""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path

import av
import pillow_heif
from PIL import Image, ImageOps

if sys.platform != "win32":
    import resource

PICTURE, VOICE = "image/jpeg", "audio/mpeg"  # what phones show and play, by MMS and by WhatsApp alike
LARGEST_SIDE = 1600  # pixels: a shutoff notice can be read
MOST_PIXELS = 60_000_000  # of a file's own claim; phones take up to 50
LARGEST = 600_000  # bytes of a picture; some carriers pass no more on
QUALITIES = ((1600, 82), (1600, 65), (1280, 60), (1024, 50))  # side and JPEG quality, until it is small enough
LONGEST = 240  # seconds of a voice message
RATE, BITS = 22_050, 32_000  # samples and bits a second: speech, and 4 minutes stay below 1 MB
MEMORY = 1_500_000_000  # bytes of address space
PROCESSOR = 20  # seconds
NICE = 10  # texts go first

IMAGES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"GIF87a": "GIF", b"GIF89a": "GIF"}
HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
SOUNDS = {b"OggS": "ogg", b"#!AMR": "amr", b"ID3": "mp3", b"\xff\xf1": "aac", b"\xff\xf9": "aac", b"caff": "caf"}
MP4 = frozenset({b"M4A ", b"mp41", b"mp42", b"isom", b"iso2", b"3gp4", b"3gp5", b"3gp6", b"3g2a", b"M4B ", b"qt  "})

OTHER, TOO_LARGE, TOO_LONG, BROKEN = "other", "too_large", "too_long", "broken"  # why nothing came of it


class Unusable(Exception):
    """Nothing can be made of it; says why in one of the words above."""


def convert(content: bytes) -> tuple[str, bytes]:
    """The content type and the bytes of what may go on. Raises Unusable."""
    head = content[:16]
    for begins, named in IMAGES.items():
        if head.startswith(begins):
            return PICTURE, _picture(content, named)
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    if brand in HEIF:
        return PICTURE, _picture(content, "HEIF")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PICTURE, _picture(content, "WEBP")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return VOICE, _voice(content, "wav")
    if brand in MP4:
        return VOICE, _voice(content, "mov")
    for begins, named in SOUNDS.items():
        if head.startswith(begins):
            return VOICE, _voice(content, named)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # a frame of MPEG audio, layer 3
        return VOICE, _voice(content, "mp3")
    raise Unusable(OTHER)


def _picture(content: bytes, decoder: str) -> bytes:
    if decoder == "HEIF":
        pillow_heif.register_heif_opener(thumbnails=False)
    try:
        with Image.open(io.BytesIO(content), formats=(decoder,)) as file:
            if file.width * file.height > MOST_PIXELS:
                raise Unusable(TOO_LARGE)
            file.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # a JPEG is read at half its size or less
            shown = _plain(ImageOps.exif_transpose(_small(file)))
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise Unusable(BROKEN) from error
    for side, quality in QUALITIES:
        shown.thumbnail((side, side))
        out = io.BytesIO()
        shown.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()


def _small(image: Image.Image) -> Image.Image:
    """It, no larger than it goes on: all that is done to it afterwards takes as much memory again."""
    if image.mode in ("1", "P", "PA"):  # these can be made small by leaving pixels out alone
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return image


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone, on white where nothing is; a picture that moves stands still at its first."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", layer.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))  # no profile and no note comes along
    return plain


def _voice(content: bytes, demuxer: str) -> bytes:
    out = io.BytesIO()
    try:
        with av.open(io.BytesIO(content), "r", format=demuxer) as file:
            if any(stream.type == "video" and not _is_cover(stream) for stream in file.streams):
                raise Unusable(OTHER)
            if not file.streams.audio:
                raise Unusable(OTHER)
            with av.open(out, "w", format="mp3", options={"id3v2_version": "0", "write_xing": "0"}) as made:
                written = made.add_stream("libmp3lame", rate=RATE, layout="mono")
                written.bit_rate = BITS
                samples = 0
                resampler = av.AudioResampler(format="s16p", layout="mono", rate=RATE)
                for frame in file.decode(file.streams.audio[0]):
                    frame.pts = None
                    for piece in resampler.resample(frame):
                        samples += piece.samples
                        if samples > LONGEST * RATE:
                            raise Unusable(TOO_LONG)
                        made.mux(written.encode(piece))
                for piece in resampler.resample(None):
                    samples += piece.samples
                    made.mux(written.encode(piece))
                made.mux(written.encode(None))
    except (av.error.FFmpegError, ValueError, MemoryError, StopIteration) as error:
        raise Unusable(BROKEN) from error
    if not samples:
        raise Unusable(BROKEN)
    return out.getvalue()


def _is_cover(stream: object) -> bool:
    """Whether what looks like a film is the picture on a record."""
    return bool(getattr(stream, "disposition", 0) & av.stream.Disposition.attached_pic)


def _limit() -> None:
    """Neither a bomb nor an endless loop costs more than this. Windows, where phones are pretend ones, has none."""
    if sys.platform == "win32":
        return
    os.nice(NICE)
    with suppress(OSError):  # Linux alone knows it: where memory runs out, the hotline is not what ends
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """A file on stdin; its type and its bytes on stdout, or `-` and why not."""
    _limit()
    Image.MAX_IMAGE_PIXELS = None  # counted above, before anything is read
    try:
        kind, made = convert(sys.stdin.buffer.read())
    except Unusable as why:
        sys.stdout.buffer.write(f"-{why}\n".encode())
        return
    sys.stdout.buffer.write(f"{kind}\n".encode() + made)


if __name__ == "__main__":
    main()
