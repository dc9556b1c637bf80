"""Reference values of the random walker (crates/lacuna-data/src/proposal/random_walker.rs).

Versions: `made_with` in random_walker.json.

`plain`: scikit-image's random_walker on a small grey picture, with the edge weights that it uses, written beside it.
`with_prior`: the sparse system (L + gamma) x = gamma p with marks held fixed (Grady, CVPR 2005), solved directly.
For gamma = 0 the direct solution must be scikit-image's; the script fails if it is not.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import skimage
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from skimage.segmentation import random_walker

HEIGHT, WIDTH, BETA, GAMMA = 11, 14, 130.0, 0.05


def weights(grey):
    """As skimage.segmentation.random_walker_segmentation._compute_weights_3d, one channel, spacing 1."""
    scale = -BETA / (10 * grey.std())
    weight = lambda gradient: np.exp(scale * gradient**2) + 1e-10
    right = np.zeros_like(grey)
    down = np.zeros_like(grey)
    right[:, :-1] = weight(np.diff(grey, axis=1))
    down[:-1, :] = weight(np.diff(grey, axis=0))
    return right, down


def solve(right, down, marks, prior, gamma):
    height, width = marks.shape
    cell = np.arange(height * width).reshape(marks.shape)
    edges = [(cell[:, :-1], cell[:, 1:], right[:, :-1]), (cell[:-1], cell[1:], down[:-1])]
    i = np.concatenate([a.ravel() for a, _, _ in edges])
    j = np.concatenate([b.ravel() for _, b, _ in edges])
    w = np.concatenate([c.ravel() for _, _, c in edges])
    n = height * width
    adjacency = coo_matrix((np.r_[w, w], (np.r_[i, j], np.r_[j, i])), shape=(n, n)).tocsr()
    system = -adjacency
    system.setdiag(np.asarray(adjacency.sum(axis=1)).ravel() + gamma)
    free = (marks == 0).ravel()
    x = (marks == 2).ravel().astype(float)
    right_side = gamma * prior.ravel()[free] - system[free][:, ~free] @ x[~free]
    x[free] = spsolve(system[free][:, free].tocsc(), right_side)
    return x.reshape(marks.shape)


def numbers(array):
    return [float(f"{value:.7g}") for value in np.asarray(array, float).ravel()]


def main():
    random = np.random.default_rng(7)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    disc = ((x - 6) ** 2 + (y - 5) ** 2 < 14).astype(float)
    grey = 0.2 + 0.5 * disc + 0.06 * random.standard_normal(disc.shape)
    marks = np.zeros(disc.shape, int)
    marks[5, 5:8] = 2
    marks[1, 1:4] = 1
    marks[9, 12] = 1
    right, down = weights(grey)
    labels = np.where(marks == 2, 1, np.where(marks == 1, 2, 0))
    plain = random_walker(grey, labels, beta=BETA, mode="bf", return_full_prob=True)[0]
    prior = np.clip(0.5 + 0.8 * (grey - grey.mean()), 0.02, 0.98)
    assert np.allclose(solve(right, down, marks, prior, 0.0), plain, atol=1e-6)
    document = {
        "made_with": {"scikit-image": skimage.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "width": WIDTH,
        "height": HEIGHT,
        "right": numbers(right),
        "down": numbers(down),
        "marks": marks.ravel().tolist(),
        "prior": numbers(prior),
        "gamma": GAMMA,
        "plain": numbers(plain),
        "with_prior": numbers(solve(right, down, marks, prior, GAMMA)),
    }
    target = Path(__file__).with_name("random_walker.json")
    target.write_text(json.dumps(document, indent=None, separators=(",", ":")) + "\n")


main()
