"""PGD in PyTorch, as its users write it. Takes a network, images and labels once; then, for each line on standard input
that names a number of steps, attacks all images and answers with the milliseconds it took and the mean loss it reached."""

import argparse
import sys
import time

import numpy
import torch
from torch.nn import functional

from onnx_to_torch import OnnxNetwork


def attack(network, images, labels, eps, step_size, steps):
    adversarial = images.clone()
    for _ in range(steps):
        adversarial.requires_grad_()
        loss = functional.cross_entropy(network(adversarial), labels, reduction='sum')
        (gradient,) = torch.autograd.grad(loss, adversarial)
        with torch.no_grad():
            moved = adversarial + step_size * gradient.sign()
            adversarial = torch.clamp(images + torch.clamp(moved - images, -eps, eps), 0, 1)
    return adversarial


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--model', required=True)
    parser.add_argument('--images', required=True, help='float32, row-major')
    parser.add_argument('--labels', required=True, help='int32')
    parser.add_argument('--dims', type=int, nargs=3, required=True)
    parser.add_argument('--batch', type=int, required=True)
    parser.add_argument('--eps', type=float, required=True)
    parser.add_argument('--step-size', type=float, required=True)
    parser.add_argument('--threads', type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = torch.from_numpy(numpy.fromfile(options.images, numpy.float32).reshape(-1, *options.dims))
    labels = torch.from_numpy(numpy.fromfile(options.labels, numpy.int32).astype(numpy.int64))
    network = OnnxNetwork(options.model, (options.batch, *options.dims))
    parts = [slice(begin, begin + options.batch) for begin in range(0, len(images), options.batch)]
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        reached = [
            attack(network, images[part], labels[part], options.eps, options.step_size, int(line)) for part in parts
        ]
        milliseconds = 1000 * (time.perf_counter() - begin)
        with torch.no_grad():
            losses = [
                functional.cross_entropy(network(adversarial), labels[part], reduction='sum')
                for adversarial, part in zip(reached, parts)
            ]
        print(milliseconds, float(sum(losses)) / len(images), flush=True)


main()
