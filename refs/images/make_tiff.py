"""TIFF files of more than three channels of 8 bits, and the 8-bit RGB that tifffile and NumPy make of them.

Run `python make_tiff.py` in this folder: it writes `tiff/` and `expected_tiff.json`. Needs tifffile and NumPy.
"""

import json
import pathlib

import numpy as np
import tifffile

OUT = pathlib.Path(__file__).parent / "tiff"
ROWS, COLUMNS = 11, 13
Y, X = np.mgrid[:ROWS, :COLUMNS]
SIX = np.stack([(X * 17 + Y * 3 + 31 * i) % 256 for i in range(6)], -1).astype(np.uint8)
DEEP = np.stack([(X * 997 + Y * 4001 + 9001 * i) % 65536 for i in range(6)], -1).astype(np.uint16)
expected = {}


def rounded(array):
    """16 bits to 8 by the full range."""
    return array if array.dtype == np.uint8 else np.floor(array / 65535 * 255 + 0.5).astype(np.uint8)


def windowed(array, low, high):
    share = (array.astype(np.float64) - low) / (high - low)
    return np.floor(np.clip(np.nan_to_num(share, nan=0), 0, 1) * 255 + 0.5).astype(np.uint8)


def write(name, array, cases, spacing=None, **options):
    """Writes a file; `cases` are channels, window, and what is expected: RGB or the text of an error."""
    path = OUT / f"{name}.tif"
    tifffile.imwrite(path, array, **options)
    entries = []
    for channels, window, result in cases:
        entry = {"channels": channels, "window": window}
        if isinstance(result, str):
            entry["error"] = result
        else:
            entry |= {"spacing": spacing, "rgb": np.ascontiguousarray(result, np.uint8).tobytes().hex()}
        entries.append(entry)
    expected[path.name] = {"size": [COLUMNS, ROWS], "cases": entries}


def pick(array, *channels):
    return array[..., [channel - 1 for channel in channels]]


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.tif"):
        old.unlink()
    gray = DEEP[..., 0]
    full = np.repeat(rounded(gray)[..., None], 3, -1)
    shown = np.repeat(windowed(gray, 1000, 30000)[..., None], 3, -1)
    write("gray16", gray, [(None, None, full), (None, "1000,30000", shown), ("1", "1000,30000", shown)], photometric="minisblack")
    write("rgb16", DEEP[..., :3], [(None, None, rounded(DEEP[..., :3])), (None, "1000,30000", windowed(DEEP[..., :3], 1000, 30000)),
                                   ("3,3,1", None, rounded(pick(DEEP, 3, 3, 1)))],
          photometric="rgb", byteorder=">", compression="zlib", predictor=True, resolution=(20000, 10000), resolutionunit="CENTIMETER",
          spacing=[0.001, 0.0005])
    # the ways in which programs store six bands
    wrong = "a TIFF file of 6 channels"
    for name, array, options in [
        ("six_gray", SIX, {"photometric": "minisblack", "planarconfig": "contig"}),
        ("six_rgb", SIX, {"photometric": "rgb", "planarconfig": "contig"}),
        ("six_rgb_tiled", SIX, {"photometric": "rgb", "planarconfig": "contig", "tile": (16, 16), "compression": "zlib", "predictor": True}),
        ("six_rgb_big", SIX, {"photometric": "rgb", "planarconfig": "contig", "bigtiff": True, "byteorder": ">"}),
        ("six16_rgb", DEEP, {"photometric": "rgb", "planarconfig": "contig", "byteorder": ">"}),
        ("six16_planar", DEEP, {"photometric": "minisblack", "planarconfig": "separate"}),
        ("six_rgb_planar", SIX, {"photometric": "rgb", "planarconfig": "separate"}),
    ]:
        stored = array.transpose(2, 0, 1) if options["planarconfig"] == "separate" else array
        write(name, stored, [(None, None, wrong), ("6,2,4", None, rounded(pick(array, 6, 2, 4))), ("5", None, rounded(pick(array, 5, 5, 5))),
                             ("1,2,7", None, "without channel 7")], **options)
    write("four_rgb", SIX[..., :4], [(None, None, "4 channels, not all of them colours"), ("4,1,2", None, pick(SIX, 4, 1, 2))],
          photometric="rgb", extrasamples=["unspecified"])
    write("two", SIX[..., :2], [(None, None, "a TIFF file of 2 channels"), ("2,1,1", None, pick(SIX, 2, 1, 1))],
          photometric="minisblack", planarconfig="contig")
    pages = DEEP[..., :4].transpose(2, 0, 1)
    write("pages", pages, [(None, None, "a TIFF file of 4 channels, one a page"), ("4,1,3", None, rounded(pick(DEEP, 4, 1, 3))),
                           ("2", "0,20000", windowed(pick(DEEP, 2, 2, 2), 0, 20000)), ("5", None, "without channel 5")], photometric="minisblack")
    write("imagej", pages, [("3,2,1", None, rounded(pick(DEEP, 3, 2, 1)))], imagej=True, resolution=(4.0, 2.0),
          metadata={"unit": "micron", "axes": "CYX"}, spacing=[0.0005, 0.00025])
    write("imagej_pixels", gray, [(None, None, full)], imagej=True, resolution=(4.0, 2.0), metadata={"unit": "pixel"})
    real = (X * 0.1 - Y * 0.05).astype(np.float32)
    real[3, 4] = np.nan
    shades = np.repeat(windowed(real, -0.5, 1.25)[..., None], 3, -1)
    write("float", real, [(None, None, "which is not supported"), (None, "-0.5,1.25", shades),
                          ("1", None, "numbers that are not 8 or 16 unsigned bits")], photometric="minisblack")
    real_rgb = (SIX[..., :3] * 0.01).astype(np.float32)
    write("float_rgb", real_rgb, [(None, None, "a TIFF file of 32-bit numbers"), (None, "-0.5,1.25", windowed(real_rgb, -0.5, 1.25))],
          photometric="rgb")
    signed = (gray.astype(np.int32) - 32768).astype(np.int16)
    write("signed16", signed, [(None, "-32768,32767", np.repeat(windowed(signed, -32768, 32767)[..., None], 3, -1))], photometric="minisblack")
    rgb = SIX[..., :3]
    for name, resolution, unit in [("dpi72", (72, 72), "INCH"), ("dpi300", (300, 300), "INCH"), ("cm118", (118.11, 118.11), "CENTIMETER"),
                                   ("no_unit", (2000, 2000), "NONE")]:
        write(name, rgb, [(None, None, rgb)], photometric="rgb", resolution=resolution, resolutionunit=unit)
    # upright, rows and columns change places
    turned = np.rot90(rgb, -1)
    write("turned", rgb, [(None, None, turned)], photometric="rgb", resolution=(5080, 2540), resolutionunit="INCH",
          extratags=[(274, "H", 1, 6, True)], spacing=[0.005, 0.01])
    expected["turned.tif"]["size"] = [ROWS, COLUMNS]
    for name in expected:
        assert tifffile.imread(OUT / name).size, name
    pathlib.Path(__file__).with_name("expected_tiff.json").write_text(
        "{\n" + ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in sorted(expected.items())) + "\n}\n")


main()
