"""Small DICOM files of every kind that is read, and the 8-bit RGB that pydicom and NumPy make of them.

Run `python make_dicom.py` in this folder: it writes `dicom/` and `expected_dicom.json`. Needs pydicom 3,
NumPy and Pillow. All contents are formulas and all identifiers are made up here.
"""

import io
import json
import pathlib
import struct

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_windowing, convert_color_space
from pydicom.sequence import Sequence

OUT = pathlib.Path(__file__).parent / "dicom"
ROWS, COLUMNS = 10, 14
ROOT = "2.25.271828182845904523536028747135266249"
EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED, RLE, JPEG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"
Y, X = np.mgrid[:ROWS, :COLUMNS]
RAMP = Y * COLUMNS + X
COLOR = np.stack([(X * 17) % 256, (Y * 23 + 40) % 256, (X * Y * 3 + 90) % 256], -1).astype(np.uint8)
expected = {}


def dataset(syntax, photometric, samples, allocated=8, stored=None, signed=False, **more):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = f"{ROOT}.{len(expected) + 1}"
    meta.TransferSyntaxUID = syntax
    order = {"is_implicit_VR": syntax == IMPLICIT, "is_little_endian": syntax != BIG}
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128, **order)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{ROOT}.100", f"{ROOT}.200"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Nobody^Never", "PID-0815", "18000101"
    ds.Modality = "OT"
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.PhotometricInterpretation, ds.SamplesPerPixel = photometric, samples
    ds.BitsAllocated, ds.BitsStored = allocated, stored or allocated
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(signed)
    if samples > 1:
        ds.PlanarConfiguration = 0
    for name, value in more.items():
        setattr(ds, name, value)
    return ds


def write(name, ds, data, expect=None, tolerance=0, spacing=None, window=None, error=None, raw=None):
    ds.PixelData = data
    ds["PixelData"].VR = "OW" if ds.BitsAllocated == 16 else "OB"
    path = OUT / f"{name}.dcm"
    ds.save_as(path, enforce_file_format=True)
    if raw:
        path.write_bytes(raw(path.read_bytes()))
    entry = {"error": error} if error else {
        "size": [int(ds.Columns), int(ds.Rows)], "tolerance": tolerance, "spacing": spacing, "window": window,
        "rgb": np.ascontiguousarray(expect, np.uint8).tobytes().hex()}
    expected[path.name] = entry
    return path


def rounded(share):
    return np.floor(np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)


def gray(array):
    return np.repeat(array[..., None], 3, -1)


def windowed(values, centre, width):
    """PS3.3 C.11.2.1.2.1, and the same by pydicom."""
    return rounded((values - (centre - 0.5)) / (width - 1) + 0.5)


def check_pydicom(path, shades):
    """pydicom's own display pipeline gives the same shades within its rounding."""
    ds = pydicom.dcmread(path)
    values = apply_modality_lut(ds.pixel_array, ds)
    shown = apply_windowing(values, ds).astype(float)
    span = 2.0 ** ds.BitsStored - 1
    low, slope, intercept = 0.0, float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    if ds.PixelRepresentation:
        low = -(2.0 ** (ds.BitsStored - 1))
    found = (shown - (low * slope + intercept)) / (span * slope) * 255
    assert np.abs(found - shades).max() <= 0.51, np.abs(found - shades).max()


def greys():
    values = (RAMP * 29 % 4096).astype(np.uint16)
    share = (values - values.min()) / (int(values.max()) - int(values.min()))
    eight = (RAMP * 5 % 200 + 20).astype(np.uint8)
    eight_share = (eight - float(eight.min())) / (float(eight.max()) - float(eight.min()))
    write("mono2_8", dataset(EXPLICIT, "MONOCHROME2", 1), eight.tobytes(), gray(rounded(eight_share)))
    write("mono1_8", dataset(EXPLICIT, "MONOCHROME1", 1), eight.tobytes(), gray(255 - rounded(eight_share)))
    write("mono2_12_range", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, PixelSpacing=["0.25", "0.5"]), values.tobytes(),
          gray(rounded(share)), spacing=[0.25, 0.5])
    window = {"WindowCenter": ["1800", "500"], "WindowWidth": ["1500", "10"]}
    path = write("mono2_12_window", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, **window), values.tobytes(),
                 gray(windowed(values, 1800, 1500)))
    check_pydicom(path, windowed(values, 1800, 1500))
    write("stated_window", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, **window), values.tobytes(),
          gray(rounded(values / 4095)), window="0,4095")
    write("mono1_implicit", dataset(IMPLICIT, "MONOCHROME1", 1, 16, 12, **window, ImagerPixelSpacing=["0.1", "0.1"]),
          values.tobytes(), gray(255 - windowed(values, 1800, 1500)), spacing=[0.1, 0.1])
    signed = ((RAMP * 411) % 60000 - 30000).astype(np.int16)
    rescaled = {"RescaleSlope": "0.5", "RescaleIntercept": "-100", "WindowCenter": "40", "WindowWidth": "20000"}
    path = write("signed_rescaled", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 16, True, **rescaled), signed.tobytes(),
                 gray(windowed(signed * 0.5 - 100, 40, 20000)))
    check_pydicom(path, windowed(signed * 0.5 - 100, 40, 20000))
    write("negative_slope", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, RescaleSlope="-2", RescaleIntercept="7"),
          values.tobytes(), gray(rounded((values.max() - values.astype(float)) / (int(values.max()) - int(values.min())))))
    write("linear_exact", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, VOILUTFunction="LINEAR_EXACT", **window),
          values.tobytes(), gray(rounded((values - 1800.0) / 1500 + 0.5)))
    write("sigmoid", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, VOILUTFunction="SIGMOID", **window),
          values.tobytes(), gray(rounded(1 / (1 + np.exp(-4 * (values - 1800.0) / 1500)))))
    write("big_endian", dataset(BIG, "MONOCHROME2", 1, 16, 12, **window), values.astype(">u2").tobytes(),
          gray(windowed(values, 1800, 1500)))
    high = dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, **window)
    high.HighBit = 15
    # overlay bits below the value, which readers must not show
    write("high_bit", high, (values << 4 | (RAMP % 16).astype(np.uint16)).tobytes(), gray(windowed(values, 1800, 1500)))
    constant = dataset(EXPLICIT, "MONOCHROME2", 1)
    write("constant", constant, bytes([77]) * (ROWS * COLUMNS), gray(np.zeros((ROWS, COLUMNS), np.uint8)))
    deflated = dataset(DEFLATED, "MONOCHROME2", 1, 16, 12, **window)
    write("deflated", deflated, values.tobytes(), gray(windowed(values, 1800, 1500)))
    rle = dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, **window)
    rle.PixelData = values.tobytes()
    rle.compress(RLE, encoding_plugin="pydicom")
    write("rle_16", rle, rle.PixelData, gray(windowed(values, 1800, 1500)))


def nested():
    """Sequences of undefined length before the pixels, one within another, and one of unknown kind."""
    eight = (RAMP % 256).astype(np.uint8)
    ds = dataset(EXPLICIT, "MONOCHROME2", 1, WindowCenter="128", WindowWidth="256")
    inner, outer = pydicom.Dataset(), pydicom.Dataset()
    inner.CodeMeaning = "made up"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner])
    outer["PurposeOfReferenceCodeSequence"].is_undefined_length = True
    ds.SourceImageSequence = Sequence([outer])
    ds["SourceImageSequence"].is_undefined_length = True

    def unknown(data):
        """An element of kind UN and undefined length, written as the standard says: implicit inside."""
        element = struct.pack("<HH2sHI", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFF)
        element += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + struct.pack("<HHI", 0x0009, 0x1002, 4) + b"abcd"
        element += struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        # behind group 8, before the patient
        place = data.index(struct.pack("<HH2s", 0x0010, 0x0010, b"PN"))
        return data[:place] + element + data[place:]

    path = write("nested", ds, eight.tobytes(), gray(windowed(eight.astype(float), 128, 256)), raw=unknown)
    assert pydicom.dcmread(path).pixel_array.shape == (ROWS, COLUMNS)


def colors():
    write("rgb", dataset(EXPLICIT, "RGB", 3, PixelSpacing=["0.02", "0.03"]), COLOR.tobytes(), COLOR, spacing=[0.02, 0.03])
    planar = dataset(IMPLICIT, "RGB", 3)
    planar.PlanarConfiguration = 1
    write("rgb_planar", planar, COLOR.transpose(2, 0, 1).tobytes(), COLOR)
    wide = COLOR.astype(np.uint16) * 16 + 9
    write("rgb_12", dataset(EXPLICIT, "RGB", 3, 16, 12), wide.tobytes(), (wide.astype(int) * 255 + 2047) // 4095)
    ybr = convert_color_space(COLOR, "RGB", "YBR_FULL")
    write("ybr", dataset(EXPLICIT, "YBR_FULL", 3), ybr.tobytes(), convert_color_space(ybr, "YBR_FULL", "RGB"), 1)
    packed = np.stack([ybr[:, ::2, 0], ybr[:, 1::2, 0], ybr[:, ::2, 1], ybr[:, ::2, 2]], -1)
    path = write("ybr_422", dataset(EXPLICIT, "YBR_FULL_422", 3), packed.tobytes(), COLOR, 1)
    entry = convert_color_space(pydicom.pixels.pixel_array(path, raw=True), "YBR_FULL", "RGB")
    expected[path.name]["rgb"] = entry.tobytes().hex()
    for name, photometric, data in [("rle_rgb", "RGB", COLOR), ("rle_ybr", "YBR_FULL", ybr)]:
        ds = dataset(EXPLICIT, photometric, 3)
        ds.PixelData = data.tobytes()
        ds.compress(RLE, encoding_plugin="pydicom")
        rgb = COLOR if photometric == "RGB" else convert_color_space(ybr, "YBR_FULL", "RGB")
        write(name, ds, ds.PixelData, rgb, int(photometric != "RGB"))


def palettes():
    index = (RAMP * 7 % 60 + 3).astype(np.uint8)
    tables = [(np.arange(50) * step % 65536).astype(np.uint16) for step in (1311, 977, 4099)]
    for name, bits in [("palette_16", 16), ("palette_8", 8)]:
        ds = dataset(EXPLICIT, "PALETTE COLOR", 1)
        for color, table in zip(["Red", "Green", "Blue"], tables):
            setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [50, 5, bits])
            data = table.tobytes() if bits == 16 else (table >> 8).astype(np.uint8).tobytes()
            setattr(ds, f"{color}PaletteColorLookupTableData", data)
        path = write(name, ds, index.tobytes(), COLOR)
        found = apply_color_lut(index, pydicom.dcmread(path)).astype(int)
        found = found if found.max() < 256 else (found * 255 + 32767) // 65535
        expected[path.name]["rgb"] = found.astype(np.uint8).tobytes().hex()


def jpegs():
    smooth = np.stack([X * 12 + 30, Y * 15 + 20, (X + Y) * 6 + 50], -1).astype(np.uint8)

    def jpeg(array, **options):
        data = io.BytesIO()
        Image.fromarray(array).save(data, "JPEG", quality=95, **options)
        return data.getvalue(), np.array(Image.open(io.BytesIO(data.getvalue())))

    data, shown = jpeg(smooth, subsampling=1)
    ds = dataset(JPEG, "YBR_FULL_422", 3)
    write("jpeg_ybr", ds, encapsulate([data]), shown, 3)
    # two pieces, and no table of offsets
    pieces = [data[:400], data[400:]]
    body = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    for piece in pieces:
        piece += b"\0" * (len(piece) % 2)
        body += struct.pack("<HHI", 0xFFFE, 0xE000, len(piece)) + piece
    write("jpeg_pieces", dataset(JPEG, "YBR_FULL_422", 3), body + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), shown, 3)
    # components that are RGB, which only DICOM says
    data, shown = jpeg(smooth, keep_rgb=True, subsampling=0)
    adobe = data.find(b"\xff\xee")
    if adobe >= 0:
        length = struct.unpack(">H", data[adobe + 2:adobe + 4])[0]
        data = data[:adobe] + data[adobe + 2 + length:]
    frame = data.index(b"\xff\xc0")
    plain = bytearray(data)
    for i in range(3):
        plain[frame + 10 + 3 * i] = i + 1
    scan = data.index(b"\xff\xda")
    for i in range(3):
        plain[scan + 5 + 2 * i] = i + 1
    write("jpeg_rgb", dataset(JPEG, "RGB", 3), encapsulate([bytes(plain)]), shown, 3)
    data, shown = jpeg(smooth[..., 0])
    values = shown.astype(float)
    write("jpeg_gray", dataset(JPEG, "MONOCHROME1", 1, WindowCenter="128", WindowWidth="256"), encapsulate([data]),
          gray(255 - windowed(values, 128, 256)), 2)


def refused():
    plain = COLOR.tobytes()
    frames = dataset(EXPLICIT, "RGB", 3)
    frames.NumberOfFrames = 5
    write("frames", frames, plain * 5, error="a DICOM file of 5 frames")
    for name, syntax, error in [("jpeg2000", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.90 (JPEG 2000)"),
                                ("lossless", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.70 (JPEG Lossless)"),
                                ("jpeg_ls", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.80 (JPEG-LS)")]:
        write(name, dataset(syntax, "RGB", 3), encapsulate([b"not looked at."]), error=error)
    write("no_rows", dataset(EXPLICIT, "RGB", 3, Rows=0), plain, error="its size is 14×0")
    missing = dataset(EXPLICIT, "RGB", 3)
    del missing.Columns
    write("no_columns", missing, plain, error="it does not say Columns")
    write("short", dataset(EXPLICIT, "RGB", 3), plain[:-2], error="the end of the picture is missing")
    write("many_rows", dataset(EXPLICIT, "RGB", 3, Rows=65535, Columns=65535), plain, error="at most 400 million")
    write("large", dataset(EXPLICIT, "RGB", 3, Rows=19000, Columns=20000), plain, error="the end of the picture is missing")
    write("one_bit", dataset(EXPLICIT, "MONOCHROME2", 1, BitsAllocated=1, BitsStored=1, HighBit=0), b"\0" * 18,
          error="a DICOM file of 1 bits a sample")
    write("bits", dataset(EXPLICIT, "MONOCHROME2", 1, 16, 12, HighBit=17), b"\0" * 280, error="12 bits up to bit 17 do not fit 16")
    write("samples", dataset(EXPLICIT, "MONOCHROME2", 1, SamplesPerPixel=3), plain, error="3 samples a pixel")
    write("ict", dataset(EXPLICIT, "YBR_ICT", 3), plain, error="a DICOM file with colours in YBR_ICT")
    write("unknown_syntax", dataset("1.2.3.4", "RGB", 3), plain, error="transfer syntax 1.2.3.4 (unknown)")
    write("deep", dataset(EXPLICIT, "RGB", 3), plain, error="the end of the picture is missing", raw=deep)
    write("long", dataset(EXPLICIT, "RGB", 3), plain, error="the end of the picture is missing", raw=long)
    rle = dataset(RLE, "RGB", 3, Rows=20000, Columns=19000)
    table = struct.pack("<16I", 3, 64, 66, 68, *[0] * 12)
    write("rle_large", rle, encapsulate([table + b"\x81\x05" * 3]), error="the end of the picture is missing")
    no_pixels = dataset(EXPLICIT, "RGB", 3)
    path = write("no_pixels", no_pixels, plain, error="a DICOM file without a picture")
    del no_pixels.PixelData
    no_pixels.save_as(path, enforce_file_format=True)


def head(data):
    """A file up to the end of its first group."""
    return data[:144 + struct.unpack("<I", data[140:144])[0]]


def deep(data):
    level = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return head(data) + level * 300


def long(data):
    return head(data) + struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 0xFFFFFFF0) + b"abc"


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.dcm"):
        old.unlink()
    greys()
    nested()
    colors()
    palettes()
    jpegs()
    refused()
    pathlib.Path(__file__).with_name("expected_dicom.json").write_text(
        "{\n" + ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in sorted(expected.items())) + "\n}\n")


main()
