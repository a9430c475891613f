"""Pictures made anew: decoded under limits, turned upright, and written without anything else.

For the limited parser process: decoders are foreign code, and what they read is hostile.

Source: the Pillow documentation of its formats; CIPA DC-008 (Exif) for the orientation.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

from relay.mail.letters import LeftOut, Unfit

LARGEST_SIDE = 2560  # pixels
# What decoders were seen to hold stays below 150 MB: a JPEG is decoded at a fraction of its
# size, one in passes is held whole, WebP is held about four times.
_MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 12_000_000, "GIF": 12_000_000, "WEBP": 9_000_000}
_MOST_PASSES_PIXELS = 17_000_000
_WIDEST = 30_000
_LARGEST_PNG = 1_500_000  # bytes; a photograph saved as PNG becomes a JPEG
_QUALITY = 85
_DECODERS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
_DRAWN = frozenset(("png", "gif"))  # screens and drawings: sharp edges suffer as JPEG
_CLEAR = frozenset(("RGBA", "LA", "PA", "La", "RGBa"))


def remade(content: bytes, form: str) -> tuple[str, bytes]:
    """Return the picture as a new file that holds its pixels only, at most 2560 on a side.

    Only the first picture of an animation is kept; a colour profile is dropped, not applied.

    Args:
        content: The file as it came.
        form: ``jpeg``, ``png``, ``webp`` or ``gif``, by its first bytes; no other decoder runs.

    Returns:
        Media type, ``image/jpeg`` or ``image/png``, and the new file.

    Raises:
        Unfit: It has more pixels than are decoded here, or no decoder can make a picture of it.
    """
    with _decoding(), Image.open(io.BytesIO(content), formats=[_DECODERS[form]]) as opened:
        _check(opened)
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        opened.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
        upright = ImageOps.exif_transpose(opened)
        return _written(upright, drawn=form in _DRAWN)


@contextmanager
def _decoding() -> Iterator[None]:
    """Say in two words what decoders say in many."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unfit(LeftOut.TOO_LARGE) from error
    # A decoder given broken bytes raises nearly anything.
    except (
        UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, EOFError,
        IndexError, KeyError, AttributeError, OverflowError, ArithmeticError, RuntimeError,
        NotImplementedError, MemoryError,
    ) as error:  # fmt: skip
        raise Unfit(LeftOut.UNREADABLE) from error


def _check(opened: Image.Image) -> None:
    """Compare the size the header tells with what may be decoded, before it is."""
    pixels = opened.width * opened.height
    in_passes = "progressive" in opened.info
    most = _MOST_PASSES_PIXELS if in_passes else _MOST_PIXELS[opened.format or ""]
    if pixels > most or max(opened.size) > _WIDEST:
        raise Unfit(LeftOut.TOO_LARGE)


def _written(image: Image.Image, *, drawn: bool) -> tuple[str, bytes]:
    clear = image.mode in _CLEAR or "transparency" in image.info
    mode = "RGBA" if clear else "RGB"
    # A new picture is given the pixels: what a decoder keeps beside them stays behind.
    new = Image.new(mode, image.size)
    new.paste(image.convert(mode))
    if clear or drawn:
        png = _saved(new, "PNG")
        if len(png) <= _LARGEST_PNG:
            return "image/png", png
    if clear:
        paper = Image.new("RGB", new.size, "white")
        paper.paste(new, mask=new.getchannel("A"))
        new = paper
    return "image/jpeg", _saved(new, "JPEG", quality=_QUALITY)


def _saved(image: Image.Image, form: str, **how: int) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()
