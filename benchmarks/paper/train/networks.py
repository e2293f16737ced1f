"""Networks of the paper, and a small one for digits: images of 32x32 (digits 28x28) in, logits out, no normalisation of the images."""

import torch
from torch import nn
from torch.nn import functional as F


def convolution(inputs, outputs, kernel=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class SmallCNN(nn.Sequential):
    """Five 3x3 convolutions, two of stride 2."""

    def __init__(self, channels, classes):
        layers = []
        for outputs, stride in [(32, 1), (48, 2), (64, 1), (96, 2), (96, 1)]:
            layers += [convolution(channels, outputs, stride=stride), nn.BatchNorm2d(outputs), nn.ReLU()]
            channels = outputs
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


class VGG16(nn.Sequential):
    """Simonyan and Zisserman (ICLR 2015), with batch normalisation and one linear layer, as is usual for 32x32."""

    def __init__(self, channels, classes):
        layers = []
        for width, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
            for _ in range(count):
                layers += [convolution(channels, width), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool2d(2))
        super().__init__(*layers, nn.Flatten(), nn.Linear(channels, classes))


class PreActivationBlock(nn.Module):
    """Normalises and rectifies before each convolution (He et al., ECCV 2016): two of 3x3, or 1x1, 3x3 and 1x1 (a bottleneck)."""

    def __init__(self, inputs, width, stride, is_bottleneck=False):
        super().__init__()
        shapes = [(width, 1, 1), (width, 3, stride), (4 * width, 1, 1)] if is_bottleneck else [(width, 3, stride), (width, 3, 1)]
        self.outputs = shapes[-1][0]
        is_changed = stride != 1 or inputs != self.outputs
        self.shortcut = convolution(inputs, self.outputs, 1, stride) if is_changed else None
        self.norms = nn.ModuleList()
        self.convolutions = nn.ModuleList()
        for outputs, kernel, step in shapes:
            self.norms.append(nn.BatchNorm2d(inputs))
            self.convolutions.append(convolution(inputs, outputs, kernel, step))
            inputs = outputs

    def forward(self, x):
        first = F.relu(self.norms[0](x))
        # Where the shape changes, the shortcut starts from what is normalised.
        straight = x if self.shortcut is None else self.shortcut(first)
        y = self.convolutions[0](first)
        for norm, layer in zip(list(self.norms)[1:], list(self.convolutions)[1:]):
            y = layer(F.relu(norm(y)))
        return y + straight


class PreActivationNet(nn.Module):
    """A 3x3 convolution, stages of blocks, each but the first with stride 2, and one linear layer."""

    def __init__(self, channels, classes, stem, stages, is_bottleneck=False):
        super().__init__()
        self.stem = convolution(channels, stem)
        blocks = []
        inputs = stem
        for stage, (width, count) in enumerate(stages):
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(PreActivationBlock(inputs, width, stride, is_bottleneck))
                inputs = blocks[-1].outputs
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(inputs)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        y = F.relu(self.norm(self.blocks(self.stem(x))))
        return self.linear(torch.flatten(F.adaptive_avg_pool2d(y, 1), 1))


def resnet(counts, is_bottleneck=False):
    stages = list(zip([64, 128, 256, 512], counts))
    return lambda channels, classes: PreActivationNet(channels, classes, 64, stages, is_bottleneck)


NETWORKS = {
    "small": SmallCNN,
    "vgg16": VGG16,
    "resnet18": resnet([2, 2, 2, 2]),
    "resnet50": resnet([3, 4, 6, 3], is_bottleneck=True),
    # Zagoruyko and Komodakis (BMVC 2016): 28 layers, 4 times as wide.
    "wrn28-4": lambda channels, classes: PreActivationNet(channels, classes, 16, [(64, 4), (128, 4), (256, 4)]),
}
