"""Trains and predicts with PyTorch and with Lacuna in turn, and prints the ratios of their speeds.

    bench_pytorch.py LACUNA [--rounds N] [--size 256] [--batch 8] [--threads 2] [--work train|infer] [--peers NAME…]
                     [--architecture unet-resnet18|unet-resnet18-paper] [--precision f32|bf16] [--json FILE]
                     [--gpu vulkan:0]

LACUNA is the `lacuna` binary. Needs torch and segmentation-models-pytorch; `tuned` preloads jemalloc, whose library
is named by --jemalloc. Every measurement is a process of its own; the two sides alternate, round by round, so that
a machine that is busy for a while is busy for both. The gate is the median of the rounds' ratios.

`--isa avx2` limits both sides to AVX2, as most laptops are. `--gpu NAME` measures PyTorch on CUDA against Lacuna's device
of that name, which must be the same GPU.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

class Peer(NamedTuple):
    dtype: str
    channels_last: bool
    tuned: bool
    compiled: bool = False


PEERS = {
    "f32 channels_last tuned": Peer("float32", True, True),
    "f32 compiled": Peer("float32", True, True, compiled=True),
    "f32 as installed": Peer("float32", False, False),
    "bf16 channels_last tuned": Peer("bfloat16", True, True),
    "bf16 compiled": Peer("bfloat16", True, True, compiled=True),
}

GPU_PEERS = {
    "GPU f32 channels_last": Peer("float32", True, False),
    "GPU bf16 channels_last": Peer("bfloat16", True, False),
    "GPU bf16 compiled": Peer("bfloat16", True, False, compiled=True),
}


def network(architecture):
    if architecture == "unet-resnet18-paper":
        sys.path.insert(0, str(Path(__file__).with_name("nn")))
        from paper_unet import PaperUnet

        return PaperUnet(5)
    import segmentation_models_pytorch as smp

    return smp.Unet("resnet18", encoder_weights=None, classes=2)


def child(arguments):
    """One measurement in this process: median seconds of a step, as JSON on standard output."""
    import resource

    import torch

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    device = "cuda" if arguments.gpu else "cpu"
    wait = torch.cuda.synchronize if arguments.gpu else lambda: None
    torch.backends.cudnn.benchmark = True
    dtype = getattr(torch, arguments.dtype)
    layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
    model = network(arguments.architecture).to(device, memory_format=layout)
    images = torch.randn(arguments.batch, 3, arguments.size, arguments.size, device=device).to(memory_format=layout)
    target = (torch.rand(arguments.batch, 2, arguments.size, arguments.size, device=device) > 0.5).float()
    weight = (torch.rand_like(target) > 0.3).float()
    autocast = torch.autocast(device, dtype=dtype, enabled=dtype != torch.float32)

    forward = torch.compile(model) if arguments.compiled else model

    if arguments.work == "train":
        model.train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

        def step():
            optimizer.zero_grad()
            with autocast:
                logits = forward(images)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits.float(), target, weight, reduction="sum"
            ) / weight.sum()
            loss.backward()
            optimizer.step()

    else:
        model.eval()

        def step():
            with torch.inference_mode(), autocast:
                forward(images).float().sigmoid()

    for _ in range(arguments.warmup):
        step()
    wait()
    seconds = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        step()
        wait()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if arguments.gpu:
        peak = torch.cuda.max_memory_allocated()
    print(json.dumps({"seconds": statistics.median(seconds), "best": min(seconds), "peak_bytes": peak}))


def environment(arguments, tuned):
    env = dict(os.environ, OMP_NUM_THREADS=str(arguments.threads))
    # Some machines set these for old libraries; they would slow a current one.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        env.pop(name, None)
    if tuned:
        env["LD_PRELOAD"] = arguments.jemalloc
        env["MALLOC_CONF"] = "oversize_threshold:1,background_thread:true,dirty_decay_ms:-1,muzzy_decay_ms:-1"
    if arguments.isa == "avx2":
        env.update(ONEDNN_MAX_CPU_ISA="AVX2", ATEN_CPU_CAPABILITY="avx2")
    return env


def run_peer(arguments, name):
    peer = (PEERS | GPU_PEERS)[name]
    command = [sys.executable, __file__, "--child", "--dtype", peer.dtype]
    command += ["--channels-last"] if peer.channels_last else []
    command += ["--compiled"] if peer.compiled else []
    command += ["--gpu", arguments.gpu] if arguments.gpu else []
    for key in ("architecture", "size", "batch", "threads", "work", "steps", "warmup"):
        command += [f"--{key}", str(getattr(arguments, key))]
    out = subprocess.run(command, env=environment(arguments, peer.tuned), check=True, capture_output=True)
    return json.loads(out.stdout)


def run_lacuna(arguments):
    command = [arguments.lacuna, "bench", "--json", "--quiet", "--work", arguments.work]
    command += ["--image-size", str(arguments.size), "--batch-size", str(arguments.batch)]
    command += ["--threads", str(arguments.threads), "--steps", str(arguments.steps)]
    command += ["--architecture", arguments.architecture, "--precision", arguments.precision]
    command += ["--isa", "avx2"] if arguments.isa == "avx2" else []
    command += ["--device", arguments.gpu] if arguments.gpu else []
    out = subprocess.run(command, env=environment(arguments, False), check=True, capture_output=True)
    measured = json.loads(out.stdout)["measurements"][0]
    return {"seconds": measured["median_seconds"], "best": measured["best_seconds"], "peak_bytes": measured["peak_bytes"]}


def processor():
    with open("/proc/cpuinfo") as file:
        info = file.read()
    name = next(line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name"))
    flags = next(line for line in info.splitlines() if line.startswith("flags"))
    known = [isa for isa in ("avx2", "avx512f", "avx512_bf16") if isa in flags.split()]
    return name, known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lacuna", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", choices=["train", "infer"], default="train")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--architecture", default="unet-resnet18")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32", help="of Lacuna")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS | GPU_PEERS), help="all that the processor can run unless given")
    parser.add_argument("--isa", choices=["best", "avx2"], default="best")
    parser.add_argument("--jemalloc", default="/usr/lib/x86_64-linux-gnu/libjemalloc.so.2")
    parser.add_argument("--gpu", help="Lacuna's name for the GPU, such as vulkan:0")
    parser.add_argument("--json")
    parser.add_argument("--child", action="store_true")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compiled", action="store_true")
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments)

    name, isas = processor()
    usable = GPU_PEERS if arguments.gpu else [peer for peer in PEERS if "bf16" not in peer or "avx512_bf16" in isas]
    peers = arguments.peers or list(usable)
    rounds = []
    for index in range(arguments.rounds):
        measured = {"lacuna": run_lacuna(arguments)}
        for peer in peers:
            measured[peer] = run_peer(arguments, peer)
        rounds.append(measured)
        print(f"round {index + 1}: " + ", ".join(f"{k} {v['seconds']:.3f} s" for k, v in measured.items()), file=sys.stderr)

    work = f"{arguments.architecture}, {arguments.work} {arguments.size}² b{arguments.batch}, {arguments.threads} threads"
    work += f", {arguments.precision}, {arguments.isa} isa"
    work += f", {arguments.gpu}" if arguments.gpu else ""
    print(f"\n{work} on {name} ({', '.join(isas)})\n")
    print("| against PyTorch | its images/s | ours | median ratio | best ratio | our memory / its |")
    print("|---|---|---|---|---|---|")
    for peer in peers:
        ratios = [r[peer]["seconds"] / r["lacuna"]["seconds"] for r in rounds]
        theirs = arguments.batch / min(r[peer]["best"] for r in rounds)
        ours = arguments.batch / min(r["lacuna"]["best"] for r in rounds)
        memory = statistics.median(r["lacuna"]["peak_bytes"] / r[peer]["peak_bytes"] for r in rounds)
        print(f"| {peer} | {theirs:.2f} | {ours:.2f} | {statistics.median(ratios):.2f} | {max(ratios):.2f} | {memory:.2f} |")
    if not arguments.gpu and "avx512_bf16" not in isas:
        print("| bf16 | *not measured: no avx512_bf16* | | | | |")
    if arguments.json:
        import torch

        result = {"work": work, "processor": name, "isas": isas, "torch": torch.__version__, "rounds": rounds}
        with open(arguments.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
