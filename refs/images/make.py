"""Small pictures of every kind that is read, and what Pillow, LittleCMS and tifffile make of them.

Run `python make.py` in this folder: it writes `files/` and `expected.json`. Needs Pillow, NumPy and
tifffile. Each picture is 3 by 2 flat blocks of 16 pixels; compared are the blocks' centres, upright
and in sRGB.
"""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps

OUT = pathlib.Path(__file__).parent / "files"
COLORS = [[(220, 60, 50), (240, 200, 40), (60, 180, 90)], [(40, 90, 200), (250, 250, 250), (30, 30, 30)]]
BLOCK = 16
expected = {}


def blocks():
    rows = [np.repeat(np.array(row, np.uint8)[None], BLOCK, 0).repeat(BLOCK, 1) for row in COLORS]
    return np.concatenate(rows, 0)


def png(path, array, color, depth=8, extra=()):
    """A PNG file written by hand: Pillow cannot write 16-bit RGB."""
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    data = array.astype(">u2" if depth == 16 else "u1")
    raw = b"".join(b"\0" + row.tobytes() for row in data)
    head = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], depth, color, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *[chunk(*e) for e in extra], chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def s15(value):
    return struct.pack(">i", round(value * 65536))


def icc(space, tags, klass=b"mntr", pcs=b"XYZ "):
    """A version 2 ICC profile from tag data."""
    body, table, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", offset, len(data))
        body += data
        offset += len(data)
    head = struct.pack(">I4sI4s4s4s", offset, b"none", 0x02400000, klass, space, pcs)
    head += struct.pack(">6H4s4sIIIQI", 2024, 1, 1, 0, 0, 0, b"acsp", b"\0" * 4, 0, 0, 0, 0, 0)
    head += s15(0.9642) + s15(1.0) + s15(0.8249) + b"none"
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def description(text):
    data = text.encode() + b"\0"
    return b"desc" + b"\0" * 4 + struct.pack(">I", len(data)) + data + b"\0" * (8 + 3 + 67)


def xyz(x, y, z):
    return b"XYZ " + b"\0" * 4 + s15(x) + s15(y) + s15(z)


def gamma(value):
    return b"curv" + b"\0" * 4 + struct.pack(">IH", 1, round(value * 256))


def text(value):
    return b"text" + b"\0" * 4 + value.encode() + b"\0"


WHITE = xyz(0.9642, 1.0, 0.8249)
COMMON = [(b"cprt", text("no copyright")), (b"wtpt", WHITE)]
# the primaries of Adobe RGB (1998), adapted to D50, gamma 2.2
WIDE = icc(b"RGB ", [(b"desc", description("Wide RGB")), *COMMON,
                     (b"rXYZ", xyz(0.60974, 0.31111, 0.01947)), (b"gXYZ", xyz(0.20528, 0.62567, 0.06087)),
                     (b"bXYZ", xyz(0.14919, 0.06322, 0.74457)),
                     *[(name, gamma(2.2)) for name in (b"rTRC", b"gTRC", b"bTRC")]])
GRAY = icc(b"GRAY", [(b"desc", description("Gray gamma 1.8")), *COMMON, (b"kTRC", gamma(1.8))])


def cmyk_profile():
    """Ink to Lab by a 5-point table: plain multiplication with inks that are duller than the plain formula's."""
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 5)] * 4, indexing="ij"), -1).reshape(-1, 4)
    light = (1 - 0.85 * grid[:, :3]) * (1 - 0.9 * grid[:, 3:]) * 255
    colors = Image.fromarray(light.round().astype(np.uint8)[None], "RGB")
    values = np.array(ImageCms.applyTransform(colors, to_lab))[0].astype(np.uint8)
    identity = bytes(range(256))
    lut = b"mft1" + b"\0" * 4 + bytes([4, 3, 5, 0]) + b"".join(s15(v) for v in [1, 0, 0, 0, 1, 0, 0, 0, 1])
    lut += identity * 4 + lab_bytes(values) + identity * 3
    return icc(b"CMYK", [(b"desc", description("Dull inks")), *COMMON, (b"A2B0", lut)], b"prtr", b"Lab ")


def lab_bytes(values):
    """Pillow's LAB has signed a and b; the 8-bit table stores them with an offset of 128."""
    out = values.copy()
    out[:, 1:] = (values[:, 1:].astype(np.int16).astype(np.int8).astype(np.int16) + 128).astype(np.uint8)
    return out.tobytes()


def srgb(picture):
    """The picture as sRGB, upright, converted through its profile."""
    profile = picture.info.get("icc_profile")
    picture = ImageOps.exif_transpose(picture)
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        picture = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return np.array(picture.convert("RGB"))


def expect(name, array=None, tolerance=0):
    path = OUT / name
    array = srgb(Image.open(path)) if array is None else array
    height, width = array.shape[:2]
    centres = [[x, y, *map(int, array[y, x])] for y in range(8, height, BLOCK) for x in range(8, width, BLOCK)]
    expected[name] = {"size": [width, height], "tolerance": tolerance, "pixels": centres}


def main():
    OUT.mkdir(exist_ok=True)
    array = blocks()
    rgb = Image.fromarray(array)
    gray = rgb.convert("L")
    for code in range(1, 9):
        exif = Image.Exif()
        exif[274] = code
        rgb.save(OUT / f"exif_{code}.jpg", quality=95, subsampling=0, exif=exif)
        expect(f"exif_{code}.jpg", tolerance=2)
    exif[274] = 6
    rgb.save(OUT / "exif_6.png", exif=exif)
    expect("exif_6.png")
    # the chunk with the orientation may also come after the pixels
    data = (OUT / "exif_6.png").read_bytes()
    start = data.index(b"eXIf") - 4
    length = 12 + struct.unpack(">I", data[start:start + 4])[0]
    chunk, rest, end = data[start:start + length], data[:start] + data[start + length:-12], data[-12:]
    (OUT / "exif_6_last.png").write_bytes(rest + chunk + end)
    expect("exif_6_last.png")
    rgb.save(OUT / "exif_6.webp", lossless=True, exif=exif)
    expect("exif_6.webp")
    rgb.save(OUT / "exif_6.tif", tiffinfo={274: 6})
    expect("exif_6.tif")

    rgb.save(OUT / "plain.jpg", quality=90)
    expect("plain.jpg", tolerance=3)
    rgb.save(OUT / "progressive.jpg", quality=90, progressive=True)
    expect("progressive.jpg", tolerance=3)
    gray.save(OUT / "gray.jpg", quality=95)
    expect("gray.jpg", tolerance=2)
    rgb.save(OUT / "rgb_components.jpg", quality=95, keep_rgb=True)
    expect("rgb_components.jpg", tolerance=2)
    rgb.convert("CMYK").save(OUT / "cmyk.jpg", quality=95)
    expect("cmyk.jpg", tolerance=3)
    data = bytearray((OUT / "cmyk.jpg").read_bytes())
    place = data.index(b"Adobe") + 11
    assert data[place] == 0, data[place]
    data[place] = 2
    (OUT / "ycck.jpg").write_bytes(data)
    expect("ycck.jpg", tolerance=3)
    black = Image.merge("CMYK", [*rgb.convert("CMYK").split()[:3], gray])
    black.save(OUT / "cmyk_profile.jpg", quality=95, icc_profile=cmyk_profile())
    expect("cmyk_profile.jpg", tolerance=6)

    rgb.quantize(16).save(OUT / "palette.png")
    expect("palette.png", np.array(Image.open(OUT / "palette.png").convert("RGB")))
    rgb.save(OUT / "rgb.bmp")
    expect("rgb.bmp")
    sixteen = (array.astype(np.uint32) * 65535 // 255 + 100).clip(0, 65535).astype(np.uint16)
    rounded = (sixteen.astype(np.float64) / 257).round().astype(np.uint8)
    png(OUT / "rgb16.png", sixteen, 2, 16)
    expect("rgb16.png", rounded)
    png(OUT / "gray16.png", sixteen[:, :, 0], 0, 16)
    expect("gray16.png", rounded[:, :, :1].repeat(3, 2))
    alpha = np.full((*array.shape[:2], 1), 255, np.uint8)
    Image.fromarray(np.concatenate([array, alpha], 2)).save(OUT / "opaque.png")
    expect("opaque.png")
    alpha[:16] = 40
    Image.fromarray(np.concatenate([array, alpha], 2)).save(OUT / "transparent.png")
    expect("transparent.png", array)

    rgb.save(OUT / "srgb_profile.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    expect("srgb_profile.png", array)
    rgb.save(OUT / "wide.png", icc_profile=WIDE)
    expect("wide.png", tolerance=2)
    rgb.save(OUT / "wide.jpg", icc_profile=WIDE, quality=95, subsampling=0)
    expect("wide.jpg", tolerance=3)
    png(OUT / "wide16.png", array.astype(np.uint16) * 257, 2, 16, [(b"iCCP", b"w\0\0" + zlib.compress(WIDE))])
    expect("wide16.png", srgb(Image.open(OUT / "wide.png")), tolerance=2)
    gray.save(OUT / "gray_profile.png", icc_profile=GRAY)
    expect("gray_profile.png", tolerance=2)
    rgb.save(OUT / "wrong_profile.png", icc_profile=GRAY)
    expect("wrong_profile.png", array)

    tifffile.imwrite(OUT / "rgb8.tif", array, photometric="rgb")
    expect("rgb8.tif", array)
    tifffile.imwrite(OUT / "rgb16.tif", sixteen, photometric="rgb", compression="zlib", predictor=True)
    expect("rgb16.tif", rounded)
    tifffile.imwrite(OUT / "planar.tif", array.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    expect("planar.tif", array)
    tifffile.imwrite(OUT / "tiled.tif", array, photometric="rgb", tile=(16, 16), compression="zlib")
    expect("tiled.tif", array)
    rgb.save(OUT / "lzw.tif", compression="tiff_lzw")
    expect("lzw.tif", array)
    tifffile.imwrite(OUT / "gray16.tif", sixteen[:, :, 0], photometric="minisblack", byteorder=">")
    expect("gray16.tif", rounded[:, :, :1].repeat(3, 2))
    tifffile.imwrite(OUT / "white_is_zero.tif", 255 - array[:, :, 0], photometric="miniswhite")
    expect("white_is_zero.tif", array[:, :, :1].repeat(3, 2))
    rgb.convert("CMYK").save(OUT / "cmyk.tif")
    expect("cmyk.tif", array, tolerance=1)
    rgb.save(OUT / "wide.tif", icc_profile=WIDE)
    expect("wide.tif", tolerance=2)
    rgb.save(OUT / "jpeg_inside.tif", compression="jpeg", quality=95)
    expect("jpeg_inside.tif", tolerance=3)
    # refused: bands would be lost, or there is no known white
    five = np.concatenate([array, array[:, :, :2]], 2)
    tifffile.imwrite(OUT / "five_bands.tif", five, photometric="rgb")
    tifffile.imwrite(OUT / "seven_bands.tif", np.concatenate([five, five[:, :, :2]], 2), photometric="minisblack", planarconfig="contig")
    tifffile.imwrite(OUT / "float.tif", array.astype(np.float32) / 255, photometric="rgb")
    gray.convert("1").save(OUT / "one_bit.tif")
    rgb.quantize(16).save(OUT / "palette.tif")
    for name in ("five_bands.tif", "seven_bands.tif", "float.tif", "one_bit.tif", "palette.tif"):
        expected[name] = None
    pathlib.Path(__file__).with_name("expected.json").write_text(
        "{\n" + ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in sorted(expected.items())) + "\n}\n")


main()
