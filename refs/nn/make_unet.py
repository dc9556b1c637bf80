"""Reference values of the networks, computed in float64 by PyTorch: torchvision's ResNet18 features,
segmentation_models.pytorch's U-Net, and the paper's network (`paper_unet.py`).

    /path/to/python refs/nn/make_unet.py     # writes refs/nn/unet.json
"""

import json
from pathlib import Path

import segmentation_models_pytorch as smp
import torch
import torchvision
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from formula import summary, tensor
from paper_unet import PaperUnet

WIDTHS = (256, 128, 64, 32, 16)
GRADIENTS = ("encoder.conv1.weight", "encoder.layer2.0.downsample.0.weight", "encoder.layer1.1.bn2.weight",
             "segmentation_head.0.weight", "segmentation_head.0.bias")
STATISTICS = ("encoder.bn1.running_mean", "encoder.bn1.running_var", "encoder.layer3.1.bn2.running_var")


def fill(model, prefix=""):
    state = {name: torch.from_numpy(tensor(prefix + name, tuple(value.shape))).double()
             for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    model.double().load_state_dict(state, strict=False)
    return model


def numpy(value):
    return value.detach().numpy()


def case(architecture, depth, size):
    if architecture == "unet-resnet18":
        model = smp.Unet("resnet18", encoder_weights=None, classes=2, encoder_depth=depth,
                         decoder_channels=WIDTHS[:depth])
    else:
        model = PaperUnet(depth)
    fill(model)
    used = [p for n, p in model.named_parameters() if depth == 5 or not n.startswith(tuple(
        f"encoder.layer{k}" for k in range(depth, 5)))]
    images = torch.from_numpy(tensor("images", (2, 3, size, size))).double()
    target = torch.from_numpy(tensor("target", (2, 2, size, size))).double()
    result = {"architecture": architecture, "depth": depth, "size": size,
              "parameters": sum(p.numel() for p in used)}
    model.eval()
    with torch.no_grad():
        result["evaluation"] = summary(numpy(model(images)))
    model.train()
    logits = model(images)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, target)
    loss.backward()
    result["training"] = summary(numpy(logits))
    result["loss"] = float(loss)
    parameters, state = dict(model.named_parameters()), model.state_dict()
    result["gradients"] = {n: summary(numpy(parameters[n].grad)) for n in GRADIENTS}
    result["statistics"] = {n: summary(numpy(state[n])) for n in STATISTICS if n in state}
    if depth == 3:
        result["statistics"].pop("encoder.layer3.1.bn2.running_var", None)
    return result


def torchvision_features(size):
    model = torchvision.models.resnet18(weights=None)
    fill(model, "encoder.")
    model.eval()
    stages = {"relu": "0", "layer1": "1", "layer2": "2", "layer3": "3", "layer4": "4"}
    images = torch.from_numpy(tensor("images", (2, 3, size, size))).double()
    with torch.no_grad():
        features = create_feature_extractor(model, stages)(images)
    return {"size": size, "stages": [summary(numpy(features[str(i)])) for i in range(5)]}


def main():
    torch.set_num_threads(1)
    cases = [case("unet-resnet18", depth, 64) for depth in (5, 4, 3)]
    cases += [case("unet-resnet18-paper", 5, 64), case("unet-resnet18-paper", 3, 32)]
    values = {"versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "smp": smp.__version__},
              "torchvision_features": torchvision_features(64), "cases": cases}
    Path(__file__).with_name("unet.json").write_text(json.dumps(values, indent=1) + "\n")


main()
