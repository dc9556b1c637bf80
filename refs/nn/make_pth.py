"""Small weight files in PyTorch's formats, and files that must be refused.

    /path/to/python refs/nn/make_pth.py     # writes refs/nn/*.pth and pth.json
"""

import json
import pickle
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent
OLD = {"_use_new_zipfile_serialization": False}


def state():
    """One of each: contiguous, transposed, expanded, sliced from a shared storage, other types, a scalar."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8 - 1
    tensors = OrderedDict()
    tensors["plain"] = base.clone()
    tensors["transposed"] = base.t()
    tensors["expanded"] = torch.tensor([[0.5], [-2.0]]).expand(2, 3)
    tensors["sliced"] = base[1:3, ::2]
    tensors["half"] = torch.tensor([1.5, -0.25, 65504.0, 6e-8]).half()
    tensors["bfloat"] = torch.tensor([1.0, -3.140625]).bfloat16()
    tensors["double"] = torch.tensor([1 / 3, 1e300], dtype=torch.float64)
    tensors["scalar"] = torch.tensor(7.0)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["bn1.num_batches_tracked"] = torch.tensor(5)
    return tensors


class Evil:
    def __reduce__(self):
        import os

        return os.system, ("echo executed",)


def main():
    tensors = state()
    torch.save(tensors, HERE / "zip.pth")
    torch.save(tensors, HERE / "legacy.pth", **OLD)
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    checkpoint = {"epoch": 3, "lr": 0.1, "best": None, "done": True,
                  "state_dict": OrderedDict((f"module.{k}", v) for k, v in module.state_dict().items())}
    checkpoint["state_dict"]["module.extra"] = nn.Parameter(torch.ones(2))
    torch.save(checkpoint, HERE / "nested.pth")
    torch.save(checkpoint, HERE / "nested_legacy.pth", **OLD)
    torch.save({"weight": torch.ones(1), "evil": Evil()}, HERE / "evil.pth")
    torch.save({"weight": torch.ones(1), "evil": Evil()}, HERE / "evil_legacy.pth", **OLD)
    (HERE / "plain_pickle.pth").write_bytes(pickle.dumps({"a": 1}))
    expected = {name: {"shape": list(t.shape), "data": t.float().reshape(-1).tolist()}
                for name, t in tensors.items() if t.is_floating_point()}
    expected["double"]["data"][1] = None  # infinite as float32
    nested = {k: {"shape": list(v.shape), "data": v.reshape(-1).tolist()}
              for k, v in module.state_dict().items() if v.is_floating_point()}
    (HERE / "pth.json").write_text(json.dumps({"state": expected, "nested": nested}, indent=1) + "\n")


main()
