"""Reference values for the point survey of lacuna-metrics, from NumPy.

    python refs/verification/make_verification.py     # writes verification.json beside this file

The value is computed point by point, each answered point with its Horvitz-Thompson weight N / n, not
stratum by stratum. The ends of the intervals are Monte-Carlo percentiles from beta draws; the strata
are so large that the finite-population correction is nothing, except in the case named so, where the
exact limits of one stratum come from the hypergeometric distribution.
"""

import json
from math import comb
from pathlib import Path

import numpy as np

rng = np.random.default_rng(300)
DRAWS = 2_000_000


def scores(predicted, tp, fn):
    return [2 * tp / (predicted + tp + fn), tp / predicted, tp / (tp + fn)]


def value(bands, known):
    tp, fp, fn, _ = known
    predicted = tp + fp + sum(b["pixels"] for b in bands if b["predicted"])
    for band in bands:
        answers = [1] * band["yes"] + [0] * band["no"]
        for answer in answers:
            weight = band["pixels"] / len(answers)
            tp, fn = (tp + weight * answer, fn) if band["predicted"] else (tp, fn + weight * answer)
    return scores(predicted, tp, fn)


def interval(bands, known, unsure):
    """Ends of the melded 95 % interval; `unsure`: whether the unsure may be anything."""
    tp, fp, fn, _ = known
    predicted = tp + fp + sum(b["pixels"] for b in bands if b["predicted"])
    ends = {"tp": [tp, tp], "fn": [fn, fn]}
    for band in bands:
        yes, no, open_ = band["yes"], band["no"], band["unsure"] if unsure else 0
        low = rng.beta(yes, no + open_ + 1, DRAWS) if yes else np.zeros(DRAWS)
        high = rng.beta(yes + open_ + 1, no, DRAWS) if no else np.ones(DRAWS)
        side = ends["tp" if band["predicted"] else "fn"]
        side[0] = side[0] + band["pixels"] * low
        side[1] = side[1] + band["pixels"] * high
    lows = scores(predicted, ends["tp"][0], ends["fn"][1])
    highs = scores(predicted, ends["tp"][1], ends["fn"][0])
    quantile = lambda draws, share: float(np.quantile(np.broadcast_to(draws, DRAWS), share))
    return [[quantile(low, 0.025), quantile(high, 0.975)] for low, high in zip(lows, highs)]


def case(name, bands, known):
    keys = ("predicted", "pixels", "yes", "no", "unsure")
    bands = [dict(zip(keys, band)) for band in bands]
    return {
        "name": name, "bands": bands, "known": known,
        "value": value(bands, known),
        "interval": interval(bands, known, False),
        "unsure_interval": interval(bands, known, True),
    }


# bands from the lowest probability up; known: tp, fp, fn, tn
TWO = [(False, 90_000_000, 3, 147, 0), (True, 10_000_000, 90, 10, 0)]
CASES = [
    case("two strata", TWO, [0, 0, 0, 0]),
    case("with annotated pixels", TWO, [3_000_000, 200_000, 500_000, 4_000_000]),
    case("no miss seen", [(False, 90_000_000, 0, 150, 0), (True, 10_000_000, 97, 3, 0)], [0, 0, 0, 0]),
    case(
        "four strata, some unsure",
        [
            (False, 70_000_000, 0, 120, 0), (False, 9_000_000, 12, 38, 5),
            (True, 4_000_000, 20, 9, 6), (True, 12_000_000, 75, 0, 1),
        ],
        [1_000_000, 100_000, 300_000, 9_000_000],
    ),
]


def hypergeometric_limits(pixels, asked, yes, tail=0.025):
    """Smallest and largest number of positives not rejected at `tail` on its side."""
    chance = lambda total, y: comb(total, y) * comb(pixels - total, asked - y) / comb(pixels, asked)
    possible = range(yes, pixels - asked + yes + 1)
    at_least = lambda total: sum(chance(total, y) for y in range(yes, asked + 1))
    at_most = lambda total: sum(chance(total, y) for y in range(yes + 1))
    low = min(total for total in possible if at_least(total) > tail)
    return [low, max(total for total in possible if at_most(total) > tail)]


SMALL = [
    {"pixels": n, "asked": asked, "yes": yes, "limits": hypergeometric_limits(n, asked, yes)}
    for n, asked, yes in [(400, 40, 10), (400, 200, 60), (400, 300, 0), (400, 360, 180), (1000, 30, 30)]
]

document = {"numpy": np.__version__, "cases": CASES, "finite_populations": SMALL}
Path(__file__).with_name("verification.json").write_text(json.dumps(document, indent=1) + "\n")
