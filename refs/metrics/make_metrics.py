"""Reference values for lacuna-metrics from MONAI, SciPy, scikit-learn and NumPy.

    python refs/metrics/make_metrics.py     # writes metrics.json beside this file

Masks are rows of '#' (positive) and '.' joined by '/'. Undefined values are null.
"""

import itertools
import json
import math
import warnings
from pathlib import Path

import monai
import numpy as np
import scipy
import sklearn
import torch
from monai.metrics import compute_dice, compute_hausdorff_distance, compute_surface_dice
from scipy import ndimage
from scipy.spatial.distance import cdist
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    f1_score,
    jaccard_score,
    precision_score,
    recall_score,
)

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20221)
TOLERANCES = [0.0, 0.5, 1.0, 1.7, 3.0]


def text(mask):
    return "/".join("".join("#" if v else "." for v in row) for row in mask)


def number(value):
    value = float(value)
    return value if math.isfinite(value) else None


def blob(height, width, sigma, share):
    noise = ndimage.gaussian_filter(rng.standard_normal((height, width)), sigma)
    return noise > np.quantile(noise, 1 - share)


def shifted(mask, rows, columns):
    return ndimage.shift(mask.astype(np.uint8), (rows, columns), order=0).astype(bool)


def one_hot(mask):
    return torch.from_numpy(mask[None, None].astype(np.float32))


def overlap(prediction, reference, known):
    p, r = prediction[known].astype(int), reference[known].astype(int)
    (tn, fp), (fn, tp) = confusion_matrix(r, p, labels=[0, 1])
    score = lambda function: number(function(r, p, zero_division=0))
    dice = number(compute_dice(one_hot(prediction & known), one_hot(reference & known), ignore_empty=True)[0, 0])
    # MONAI's ignore_empty looks at the reference only; a false alarm has Dice 0 by the formula.
    if not r.any():
        dice = 0.0 if p.any() else None
    assert dice is None or abs(dice - f1_score(r, p)) < 1e-6
    return {
        "tp": int(tp), "fp": int(fp), "fn": int(fn), "tn": int(tn), "dice": dice,
        "iou": score(jaccard_score) if dice is not None else None,
        "precision": score(precision_score) if p.any() else None,
        "recall": score(recall_score) if r.any() else None,
    }


def surfaces(prediction, reference, spacing):
    p, r = one_hot(prediction), one_hot(reference)
    hausdorff = lambda percentile: number(
        compute_hausdorff_distance(p, r, include_background=True, percentile=percentile, spacing=spacing)[0, 0]
    )
    nsd = lambda tolerance: number(
        compute_surface_dice(p, r, [tolerance], include_background=True, spacing=spacing)[0, 0]
    )
    return {
        "hd95": hausdorff(95), "hd50": hausdorff(50), "hd100": hausdorff(None),
        "nsd": [[t, nsd(t)] for t in TOLERANCES],
    }


def known_surface(mask, known):
    """Surface pixels whose border is to a known pixel outside the mask or to the outside of the image."""
    mask = mask & known
    outside = np.pad(known & ~mask, 1, constant_values=True)
    cross = ndimage.generate_binary_structure(2, 1)
    return mask & ndimage.binary_dilation(outside, cross)[1:-1, 1:-1]


def surfaces_on_known(prediction, reference, known, spacing):
    a, b = known_surface(prediction, known), known_surface(reference, known)
    if not a.any() or not b.any():
        return None
    distances = cdist(np.argwhere(a) * spacing, np.argwhere(b) * spacing)
    there, back = distances.min(axis=1), distances.min(axis=0)
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    both = np.concatenate([there, back]).astype(np.float32)
    return {"hd95": hd95, "nsd": [[t, float((both <= np.float32(t)).mean())] for t in TOLERANCES]}


def pair(name, prediction, reference, spacing=(1.0, 1.0), known=None):
    everywhere = np.ones_like(prediction)
    case = {
        "name": name, "spacing": list(spacing),
        "prediction": text(prediction), "reference": text(reference),
        "overlap": overlap(prediction, reference, everywhere),
        "surface": surfaces(prediction, reference, spacing),
    }
    if known is not None:
        case["known"] = {
            "mask": text(known),
            "overlap": overlap(prediction, reference, known),
            "surface": surfaces_on_known(prediction, reference, known, np.asarray(spacing)),
        }
    return case


def pairs():
    none = np.zeros((6, 7), bool)
    one = none.copy()
    one[2, 3] = True
    other = none.copy()
    other[5, 0] = True
    full = ~none
    yield pair("both empty", none, none)
    yield pair("prediction empty", none, one)
    yield pair("reference empty", one, none)
    yield pair("one pixel each", one, other, (0.7, 0.3))
    yield pair("one pixel, the same", one, one)
    yield pair("whole image against one pixel", full, one, (2.0, 0.5))
    yield pair("one row", np.array([[1, 1, 0, 0, 1]], bool), np.array([[0, 1, 1, 0, 0]], bool), (1.0, 0.4))
    for index, spacing in enumerate([(1.0, 1.0), (0.5, 1.25), (1.9, 0.31), (0.1, 0.1), (1.0, 1.0), (3.0, 0.7)]):
        height, width = int(rng.integers(12, 21)), int(rng.integers(14, 25))
        reference = blob(height, width, 2.0, 0.35)
        prediction = shifted(reference, *rng.integers(-2, 3, 2)) ^ blob(height, width, 1.2, 0.08)
        known = blob(height, width, 1.5, 0.6)
        yield pair(f"blobs {index}", prediction, reference, spacing, known)
    # touching every border, many pieces
    yield pair("speckle", blob(18, 24, 0.6, 0.5), blob(18, 24, 0.6, 0.5), (1.0, 1.5), blob(18, 24, 2.0, 0.7))
    far = np.zeros((20, 24), bool)
    far[0:3, 0:4] = True
    yield pair("opposite corners", far, far[::-1, ::-1], (1.1, 0.9))


def transforms():
    for spacing in [(1.0, 1.0), (0.4, 1.7)]:
        sites = rng.random((9, 11)) < 0.06
        distances = ndimage.distance_transform_edt(~sites, sampling=spacing)
        yield {"sites": text(sites), "spacing": list(spacing), "distances": distances.ravel().tolist()}


def components():
    for share, sigma in [(0.45, 0.5), (0.3, 1.0), (0.6, 0.4)]:
        mask = blob(16, 22, sigma, share)
        case = {"mask": text(mask)}
        for name, structure in [("four", 1), ("eight", 2)]:
            labels, _ = ndimage.label(mask, ndimage.generate_binary_structure(2, structure))
            # labels are numbered by the first pixel, row by row
            case[name] = np.bincount(labels.ravel())[1:].tolist()
        yield case


def ranked():
    for n, ties in [(60, None), (200, 10), (300, 65535), (40, 2)]:
        truth = rng.random(n) < 0.4
        scores = np.clip(0.5 + 0.2 * (truth - 0.4) + 0.2 * rng.standard_normal(n), 0, 1).astype(np.float32)
        if ties:
            scores = (np.round(scores * ties) / ties).astype(np.float32)
        yield {
            "scores": [float(s) for s in scores],
            "truth": truth.astype(int).tolist(),
            "sixteen_bit": ties == 65535,
            "average_precision": average_precision_score(truth, scores),
            **calibration(scores, truth),
            "best_dice": max(f1_score(truth, scores >= t) for t in np.unique(scores)),
        }


def calibration(scores, truth):
    shares, means = calibration_curve(truth, scores, n_bins=15, strategy="uniform")
    edges = np.linspace(0, 1, 16)
    counts = np.bincount(np.searchsorted(edges[1:-1], scores), minlength=15)
    weights = counts[counts > 0] / len(scores)
    return {
        "bin_counts": counts.tolist(),
        "bin_positive_share": shares.tolist(),
        "bin_mean_probability": means.tolist(),
        "expected_calibration_error": float(np.sum(weights * np.abs(shares - means))),
    }


def bootstraps():
    """The percentile interval of the exact bootstrap distribution: all resamples of few groups."""
    for sizes in [[1, 1, 1, 1, 1, 1], [3, 1, 2, 5, 1, 2]]:
        groups = [[round(float(v), 3) for v in rng.uniform(0.3, 0.9, n)] for n in sizes]
        drawn = [sum((groups[g] for g in pick), []) for pick in itertools.product(range(len(groups)), repeat=len(groups))]
        means = [np.mean(values) for values in drawn]
        lo, hi = np.percentile(means, [2.5, 97.5])
        values = sum(groups, [])
        yield {
            "values": values,
            "groups": [g for g, members in enumerate(groups) for _ in members],
            "mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)),
            "lo": float(lo), "hi": float(hi),
        }


document = {
    "versions": {
        "monai": monai.__version__, "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__, "numpy": np.__version__,
    },
    "pairs": list(pairs()),
    "distance_transforms": list(transforms()),
    "components": list(components()),
    "ranked": list(ranked()),
    "bootstraps": list(bootstraps()),
}
Path(__file__).with_name("metrics.json").write_text(json.dumps(document, indent=1) + "\n")
