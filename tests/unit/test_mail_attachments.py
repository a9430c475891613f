"""Files that come with a reply: made anew, or left out by kind."""

import base64
import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from relay import texts
from relay.mail.attachments import Allowed, FileKind, LeftOut, clean
from relay.mail.bare import is_bare, without_metadata
from relay.mail.pdfs import texts as pdf_texts
from relay.mail.reading.values import Attachment

SECRET = b"0639980199"
ANY = Allowed(files=frozenset(FileKind))


def _picture(form="JPEG", size=(60, 40), mode="RGB", **how):
    file = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 1).save(file, form, **how)
    return file.getvalue()


def _exif(orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (48.0, 6.0, 30.0)  # the place
    return exif.tobytes()


def _png_with_words():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET.decode()}</x>")
    return _picture("PNG", pnginfo=info, exif=_exif())


def _clean(content, name="a.bin", kind="application/octet-stream", allowed=ANY):
    return clean([Attachment(name, kind, content)], allowed=allowed)


def _opened(cleaned):
    return Image.open(io.BytesIO(cleaned.files[0].content))


PICTURES = {
    "jpeg": _picture(exif=_exif(), comment=SECRET, xmp=b"<x>" + SECRET + b"</x>"),
    "jpeg with a tail": _picture() + SECRET,
    "jpeg with a profile": _picture(icc_profile=SECRET * 20),
    "progressive jpeg": _picture(progressive=True, exif=_exif()),
    "png": _png_with_words(),
    "png with a tail": _picture("PNG") + SECRET,
    "webp": _picture("WEBP", exif=_exif(), xmp=SECRET),
    "gif": _picture("GIF", mode="P", comment=SECRET),
    "jpeg and zip at once": _picture() + b"PK\x03\x04" + SECRET,
    "jpeg and vcard at once": _picture() + b"BEGIN:VCARD\nTEL:" + SECRET,
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_keeps_its_pixels_only(name):
    """R21, item 4: place, device, comments, profiles and tails stay behind, the picture goes."""
    cleaned = _clean(PICTURES[name])
    [file] = cleaned.files
    assert is_bare(file.kind, file.content)
    assert SECRET not in file.content
    assert _opened(cleaned).size == (60, 40)


@pytest.mark.parametrize("name", PICTURES)
def test_picture_as_it_came_is_not_bare(name):
    """R1: the check sees what each sample carries besides its picture."""
    for kind in ("image/jpeg", "image/png"):
        assert not is_bare(kind, PICTURES[name])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_stands_upright(orientation):
    """A picture taken sideways is turned before the note that says so is dropped."""
    turned = orientation >= 5
    assert _opened(_clean(_picture(exif=_exif(orientation)))).size == (
        (40, 60) if turned else (60, 40)
    )


def test_huge_picture_is_made_smaller():
    """At most 2560 pixels on a side leave, in the proportions they came in."""
    assert _opened(_clean(_picture(size=(5120, 2000)))).size == (2560, 1000)


def test_clear_picture_stays_clear():
    """Transparency is kept where the picture has it."""
    assert _opened(_clean(_picture("PNG", mode="RGBA"))).mode == "RGBA"


@pytest.mark.parametrize(
    ("form", "size"),
    [
        ("PNG", (5_000, 5_000)),
        ("GIF", (4_000, 4_000)),
        ("JPEG", (60_000, 10)),
        ("WEBP", (3_100, 3_100)),
    ],
)
def test_bomb_is_not_decoded(form, size):
    """A13: a small file of very many pixels is left out before it is unpacked."""
    mode = "RGB" if form in ("JPEG", "WEBP") else "L"
    bomb = _picture(form, size=size, mode=mode)
    assert len(bomb) < 2_000_000
    assert _clean(bomb).left_out == (LeftOut.TOO_LARGE,)


@pytest.mark.parametrize(
    "name",
    [
        "facture.pdf.exe", "photo.jpg.html", "photo\u202egpj.exe", "0639980199.jpg",
        "../../etc/passwd", "a\r\nBcc: x@y.example", "=?utf-8?q?a.exe?=", "x" * 5_000,
        "", "con.jpg", "a\x00.jpg",
    ],
)  # fmt: skip
def test_name_is_never_the_senders(name):
    """A15: double endings, turned text, paths and breaks in a name reach nobody."""
    [file] = _clean(_picture(), name=name, kind="application/x-msdownload").files
    assert (file.name, file.kind) == ("photo-1.jpg", "image/jpeg")


def _zip(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"0" * 2_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind", "left_out"),
    [
        (b"BEGIN:VCARD\nTEL:1", "moi.jpg", "image/jpeg", LeftOut.VCARD),
        (b"\xef\xbb\xbfBEGIN:VCALENDAR\n", "x", "text/plain", LeftOut.CALENDAR),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----", "k", "text/plain", LeftOut.KEY),
        (b"-----BEGIN PGP SIGNATURE-----", "s", "text/plain", LeftOut.SIGNATURE),
        (b"-----BEGIN PGP MESSAGE-----", "m", "text/plain", LeftOut.ENCRYPTED),
        (b"0\x82\x01", "smime.p7s", "application/pkcs7-signature", LeftOut.SIGNATURE),
        (_zip("a.txt"), "photo.jpg", "image/jpeg", LeftOut.ARCHIVE),
        (_zip("[Content_Types].xml"), "a.docx", "x/y", LeftOut.DOCUMENT),
        (b"\x1f\x8b\x08", "a.gz", "x/y", LeftOut.ARCHIVE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a.doc", "x/y", LeftOut.DOCUMENT),
        (b"\x00\x00\x00\x18ftypheic", "IMG.JPG", "image/jpeg", LeftOut.HEIC),
        (b"MZ\x90\x00", "photo.jpg", "image/jpeg", LeftOut.OTHER),
        (b"<svg onload=alert(1)>", "a.svg", "image/svg+xml", LeftOut.OTHER),
        (b"Bonjour", "a.txt", "text/plain", LeftOut.DOCUMENT),
        (b"", "a.jpg", "image/jpeg", LeftOut.OTHER),
        (b"\xff\xd8\xff\xe0 no picture", "a.jpg", "image/jpeg", LeftOut.UNREADABLE),
    ],
)
def test_what_is_no_picture_is_left_out_by_kind(content, name, kind, left_out):
    """R2, A13: bytes decide what a file is; archives are not opened, cards and keys do not go."""
    cleaned = _clean(content, name, kind)
    assert (cleaned.files, cleaned.left_out) == ((), (left_out,))


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("kind", LeftOut)
def test_each_reason_has_words(language, kind):
    """R5: whatever stays behind can be named to both sides."""
    assert texts.say(language, f"reply.left_{kind}")


def test_too_many_and_too_much_stay_behind():
    """R5: the tenth file goes, the eleventh is told; so is what weighs too much."""
    many = clean([Attachment("a", "b", _picture())] * 11, allowed=ANY)
    assert (len(many.files), many.left_out) == (10, (LeftOut.TOO_MANY,))
    assert many.files[9].name == "photo-10.jpg"
    assert _clean(_picture(), allowed=Allowed(most_bytes=100)).left_out == (LeftOut.TOO_LARGE,)


def _pdf(words="Bonjour", *, encrypted=False, packed=None):
    """Return a PDF full of what must not leave, and with *words* on its page.

    Args:
        packed: The name of a further filter, and the data of the picture in it.
    """
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    drawn = DecodedStreamObject()
    drawn.set_data(f"BT /F1 12 Tf 10 100 Td ({words}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(drawn)
    font = DictionaryObject()
    for key, value in (("/Type", "/Font"), ("/Subtype", "/Type1"), ("/BaseFont", "/Helvetica")):
        font[NameObject(key)] = NameObject(value)
    picture = StreamObject()
    picture._data = packed[1] if packed else PICTURES["jpeg"]
    picture[NameObject("/Filter")] = jpeg = NameObject("/DCTDecode")
    if packed:
        filters = ArrayObject([NameObject(packed[0]), jpeg])
        picture[NameObject("/Filter")] = writer._add_object(filters)
    page[NameObject("/Resources")] = DictionaryObject(
        {
            NameObject("/Font"): DictionaryObject({NameObject("/F1"): font}),
            NameObject("/XObject"): DictionaryObject(
                {NameObject("/I"): writer._add_object(picture)}
            ),
        }
    )
    writer.add_metadata({"/Author": SECRET.decode()})
    writer.add_attachment("carte.vcf", SECRET)
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject(SECRET.decode())}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject(key): value for key, value in script.items()}
    )
    writer.add_uri(0, f"tel:{SECRET.decode()}", (0, 0, 10, 10))
    if encrypted:
        writer.encrypt("x", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_pdf_keeps_its_pages_only():
    """Item 4: author, attached file, script, link and picture data stay behind; words are read."""
    came = _pdf()
    assert SECRET in came
    [file] = _clean(came).files
    assert (file.name, file.kind) == ("document-1.pdf", "application/pdf")
    assert SECRET not in file.content
    assert b"/JavaScript" not in file.content
    assert pdf_texts(file.content) == ["Bonjour"]
    assert PdfReader(io.BytesIO(file.content)).metadata is None


@pytest.mark.parametrize(
    "packed",
    [
        ("/ASCII85Decode", base64.a85encode(PICTURES["jpeg"]) + b"~>"),
        ("/FlateDecode", zlib.compress(PICTURES["jpeg"])),
    ],
)
def test_pdf_unpacks_its_pictures(packed):
    """A picture in a filter of its own brings no place and device along, nor leaves unchanged."""
    came = _pdf(packed=packed)
    [file] = _clean(came).files
    page = PdfReader(io.BytesIO(file.content)).pages[0]
    picture = page["/Resources"]["/XObject"]["/I"].get_data()
    assert Image.open(io.BytesIO(picture)).size == (60, 40)
    assert SECRET not in picture
    assert pdf_texts(file.content) == ["Bonjour"]


def test_pdf_with_a_packed_picture_does_not_leave():
    """The check refuses a picture in a filter of its own: nobody looked into it."""
    reader = PdfReader(io.BytesIO(_clean(_pdf()).files[0].content))
    writer = PdfWriter(clone_from=reader)
    picture = writer.pages[0]["/Resources"]["/XObject"]["/I"]
    picture._data = zlib.compress(PICTURES["jpeg"])
    picture[NameObject("/Filter")] = ArrayObject(
        [NameObject("/FlateDecode"), NameObject("/DCTDecode")]
    )
    writer.metadata = None
    file = io.BytesIO()
    writer.write(file)
    with pytest.raises(ValueError, match="PDF"):
        pdf_texts(file.getvalue())


def test_pdf_as_it_came_does_not_leave():
    """R1: the check refuses a PDF that was not made anew."""
    with pytest.raises(ValueError, match="PDF"):
        pdf_texts(_pdf())


@pytest.mark.parametrize(
    ("content", "left_out"),
    [(_pdf(encrypted=True), LeftOut.ENCRYPTED), (b"%PDF-1.7 no pages", LeftOut.UNREADABLE)],
)
def test_pdf_that_cannot_be_rewritten_is_left_out(content, left_out):
    """What cannot be proved clean does not leave: encrypted or broken PDFs."""
    assert _clean(content).left_out == (left_out,)


def test_pdf_needs_the_sites_leave():
    """A PDF is passed on only where the site's policy says so."""
    assert _clean(_pdf(), allowed=Allowed()).left_out == (LeftOut.PDF,)


def test_jpeg_loses_segments_not_pixels():
    """A JPEG inside a PDF is the same picture after its notes were taken out."""
    stripped = without_metadata(PICTURES["jpeg"])
    assert SECRET not in stripped
    before, after = (Image.open(io.BytesIO(data)) for data in (PICTURES["jpeg"], stripped))
    assert before.tobytes() == after.tobytes()


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([PICTURES["jpeg"], PICTURES["png"], PICTURES["webp"], PICTURES["gif"], _pdf()]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=20),
    st.integers(0, 10_000),
)
def test_broken_file_is_made_or_left(content, bits, cut):
    """F45: a file broken anywhere is made anew or left out; nothing is raised."""
    broken = bytearray(content[: max(10, len(content) - cut % len(content))])
    for at, byte in bits:
        broken[at % len(broken)] = byte
    cleaned = _clean(bytes(broken))
    assert len(cleaned.files) + len(cleaned.left_out) == 1
