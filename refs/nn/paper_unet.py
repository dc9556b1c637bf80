"""The network of Martin, Chevallet and Quénot 2022 as we read it, in PyTorch: `unet-resnet18-paper`."""

import torch
import torchvision
from torch import nn

CHANNELS = (64, 64, 128, 256, 512)


def conv_norm(cin, cout, kernel):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(cout))


class PaperDecoder(nn.Module):
    def __init__(self, depth):
        super().__init__()
        widths = (512, 256, 256, 128)[5 - depth:]
        self.laterals = nn.ModuleList(conv_norm(c, c, 1) for c in CHANNELS[: depth - 1])
        self.deepest_lateral = conv_norm(CHANNELS[depth - 1], CHANNELS[depth - 1], 1)
        below = (CHANNELS[depth - 1], *widths[:-1])
        self.blocks = nn.ModuleList(
            conv_norm(below[i] + CHANNELS[depth - 2 - i], widths[i], 3) for i in range(depth - 1))
        self.full_resolution = nn.ModuleList([conv_norm(3, 64, 3), conv_norm(64, 64, 3)])
        self.join = conv_norm(128 + 64, 64, 3)

    def forward(self, images, features):
        up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        x = self.deepest_lateral(features[-1]).relu()
        for block, lateral, skip in zip(self.blocks, reversed(self.laterals), reversed(features[:-1])):
            x = block(torch.cat([up(x), lateral(skip).relu()], 1)).relu()
        fine = images
        for layer in self.full_resolution:
            fine = layer(fine).relu()
        return self.join(torch.cat([up(x), fine], 1)).relu()


class PaperUnet(nn.Module):
    def __init__(self, depth):
        super().__init__()
        resnet = torchvision.models.resnet18(weights=None)
        names = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")[: depth + 1]
        self.encoder = nn.ModuleDict({name: getattr(resnet, name) for name in names})
        self.decoder = PaperDecoder(depth)
        self.segmentation_head = nn.Sequential(nn.Conv2d(64, 2, 1))

    def forward(self, images):
        features = [self.encoder["bn1"](self.encoder["conv1"](images)).relu()]
        x = nn.functional.max_pool2d(features[0], 3, 2, 1)
        for name in ("layer1", "layer2", "layer3", "layer4"):
            if name in self.encoder:
                x = self.encoder[name](x)
                features.append(x)
        return self.segmentation_head(self.decoder(images, features))
