"""Weights and inputs by formula, so that 14 million numbers need not be committed.

Value i of the tensor called NAME is u = splitmix64(fnv1a64(NAME) + (i + 1) * 0x9E3779B97F4A7C15) / 2^64 with 53 bits,
then by kind of tensor:
    convolution            (2u - 1) * sqrt(6 / fan_in)
    normalisation weight   0.5 + u
    any bias               (2u - 1) * 0.2
    running_mean           (2u - 1) * 0.1
    running_var            0.5 + u
    images                 3u - 1.5
    target                 1 if u > 0.6 else 0
rounded to float32. `crates/lacuna-nn/tests/it/formula.rs` is the same in Rust.
"""

import numpy as np

MASK = (1 << 64) - 1


def fnv1a(name: str) -> int:
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniform(name: str, count: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def tensor(name: str, shape) -> np.ndarray:
    u = uniform(name, int(np.prod(shape)))
    if name == "images":
        values = 3 * u - 1.5
    elif name == "target":
        values = (u > 0.6).astype(np.float64)
    elif name.endswith("running_var"):
        values = 0.5 + u
    elif name.endswith("running_mean"):
        values = (2 * u - 1) * 0.1
    elif name.endswith("bias"):
        values = (2 * u - 1) * 0.2
    elif len(shape) == 4:
        values = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    else:
        values = 0.5 + u
    return values.astype(np.float32).reshape(shape)


def summary(array, samples: int = 16) -> dict:
    """Shape, mean, standard deviation (population) and evenly spaced values."""
    flat = np.asarray(array, dtype=np.float64).reshape(-1)
    step = max(1, flat.size // samples)
    return {
        "shape": list(np.asarray(array).shape),
        "mean": float(flat.mean()),
        "sd": float(flat.std()),
        "step": step,
        "samples": [float(value) for value in flat[::step][:samples]],
    }
