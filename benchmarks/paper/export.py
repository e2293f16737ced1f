"""Exports a PyTorch checkpoint of a published network to ONNX, batch normalisation unfolded and the batch dimension free.

    python3 export.py hydra/models/vgg_cifar.py "vgg16_bn(nn.Conv2d, nn.Linear, 'kaiming_normal')" vgg16.onnx \
        --checkpoint model_best_dense.pth.tar

The architecture comes from the file of its authors, which is run; so is the expression. README.md has those of each network.
"""

import argparse
import importlib.util
import sys

import torch
from torch import nn


class Normalized(nn.Module):
    """A network of normalised images as one of images in [0, 1]."""

    def __init__(self, network, mean, std):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images):
        return self.network((images - self.mean) / self.std)


def build(architecture, expression):
    spec = importlib.util.spec_from_file_location("architecture", architecture)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return eval(expression, {**vars(module), "torch": torch, "nn": nn})


def load(network, checkpoint, trusted=False):
    found = torch.load(checkpoint, map_location="cpu", weights_only=not trusted)
    state = found.get("state_dict", found)
    state = {name.removeprefix("module."): value for name, value in state.items()}
    # HYDRA's masked layers carry scores beside weights that are masked already in its dense checkpoints.
    if any(name.endswith("popup_scores") for name in state):
        sys.exit(f"{checkpoint} has masked layers: take the checkpoint with dense ones.")
    network.load_state_dict(state)


def randomize(network):
    """Batch normalisation that is not the identity, so that what an exporter loses would show."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def numbers(text):
    return [float(part) for part in text.split(",")]


def export(network, image, output):
    """Writes a network of images (channels, height, width)."""
    network.eval()
    torch.onnx.export(
        network,
        torch.rand(2, *image),
        output,
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
        opset_version=13,
        # EVAL, the default, would fold batch normalisation into convolutions: other weights, so another β and α.
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("architecture", help="Python file that defines the network")
    parser.add_argument("network", help="expression that makes it, in the names of that file, torch and nn")
    parser.add_argument("output", help="ONNX file to write")
    parser.add_argument("--checkpoint", help="its weights; random ones without")
    parser.add_argument(
        "--trusted",
        action="store_true",
        help="read a checkpoint that holds more than weights: whatever code is in it is run",
    )
    parser.add_argument("--mean", type=numbers, help="what it expects to be subtracted: goes into the file")
    parser.add_argument("--std", type=numbers, help="what it expects to be divided by: goes into the file")
    parser.add_argument("--image", type=lambda text: [int(part) for part in text.split("x")], default=[3, 32, 32])
    options = parser.parse_args()

    torch.manual_seed(0)
    network = build(options.architecture, options.network)
    if options.checkpoint:
        load(network, options.checkpoint, options.trusted)
    else:
        randomize(network)
    if options.mean or options.std:
        network = Normalized(network, options.mean or [0.0], options.std or [1.0])
    export(network, options.image, options.output)


if __name__ == "__main__":
    main()
