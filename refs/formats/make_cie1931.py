"""The tables from which spectral pictures are rendered, and a rendering to compare with.

    pip install colour-science tifffile
    python make_cie1931.py FOLDER_WITH_specim204_norgb.tif

writes `cie1931.json`: CIE 1931 2° colour matching functions and D65 every 5 nm from 380 to 780 nm, and the
8-bit sRGB of that random picture (row by row), integrated over its bands by the trapezoidal rule.
"""

import json
import sys
from pathlib import Path

import colour
import numpy as np
import tifffile

grid = np.arange(380, 781, 5)
cmfs = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(colour.SpectralShape(380, 780, 5)).values
d65 = colour.SDS_ILLUMINANTS["D65"].copy().align(colour.SpectralShape(380, 780, 5)).values

pages = tifffile.TiffFile(Path(sys.argv[1]) / "specim204_norgb.tif").pages
wavelengths = np.array(pages[0].tags[65000].value)
bands = np.stack([page.asarray() for page in pages]).astype(float)


def at(table):
    return np.interp(wavelengths, grid, table, left=0, right=0)


step = np.gradient(wavelengths)
step[0] = (wavelengths[1] - wavelengths[0]) / 2
step[-1] = (wavelengths[-1] - wavelengths[-2]) / 2
weights = np.stack([at(cmfs[:, i]) * at(d65) * step for i in range(3)])
weights /= weights[1].sum()
xyz = np.einsum("cb,bhw->hwc", weights, bands)
rgb = colour.XYZ_to_sRGB(xyz)
rgb8 = np.floor(np.clip(rgb, 0, 1) * 255 + 0.5).astype(int)

out = {
    "cmfs": np.round(cmfs, 8).tolist(),
    "d65": np.round(d65, 6).tolist(),
    "height": int(rgb8.shape[0]),
    "width": int(rgb8.shape[1]),
    "rgb": rgb8.flatten().tolist(),
}
Path("cie1931.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
