"""Trains a robust network by "fast" adversarial training and exports it to ONNX, with the normalisation inside.

    python3 train.py vgg16 cifar10 vgg16.onnx --train data_batch_1.bin,data_batch_2.bin,... --test test_batch.bin

Each step perturbs its images by FGSM from a random start, with a step of 1.25 eps (Wong, Rice and Kolter, "Fast is better than
free", ICLR 2020). The learning rate rises to its maximum in two fifths of the epochs and falls to 0. README.md has examples.
"""

import argparse
import copy
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from data import read
from export import Normalized, export, numbers
from networks import NETWORKS

# Classes, channels, bound, mean and deviation, and whether a mirrored image is of the same class.
DATA = {
    "mnist": (10, 1, 0.3, [0.0], [1.0], False),
    "cifar10": (10, 3, 8 / 255, [0.4914, 0.4822, 0.4465], [0.2471, 0.2435, 0.2616], True),
    "cifar100": (100, 3, 8 / 255, [0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762], True),
    "svhn": (10, 3, 8 / 255, [0.5], [0.5], False),
}


def gradient(network, images, labels):
    images = images.detach().requires_grad_()
    (result,) = torch.autograd.grad(F.cross_entropy(network(images), labels), images)
    return result


def attacked(network, images, labels, eps, step, steps=1):
    """Images in [0, 1], perturbed within eps by steps along the sign of the gradient, from a random start."""
    moved = (images + torch.empty_like(images).uniform_(-eps, eps)).clamp(0, 1)
    for _ in range(steps):
        moved = moved + step * gradient(network, moved, labels).sign()
        moved = torch.max(torch.min(moved, images + eps), images - eps).clamp(0, 1)
    return moved


def augmented(images, pad, is_mirrored):
    """Each image shifted by up to `pad` pixels, and perhaps mirrored."""
    count, _, height, width = images.shape
    padded = F.pad(images, [pad] * 4)
    rows = torch.randint(0, 2 * pad + 1, (count, 1)) + torch.arange(height)
    columns = torch.randint(0, 2 * pad + 1, (count, 1)) + torch.arange(width)
    if is_mirrored:
        columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    image = torch.arange(count)
    return padded[image[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def rate(progress, most):
    """The learning rate at a share of the training."""
    return most * (progress / 0.4 if progress < 0.4 else (1 - progress) / 0.6)


def batches(images, labels, size, is_shuffled):
    order = torch.randperm(len(labels)) if is_shuffled else torch.arange(len(labels))
    for part in order.split(size):
        yield images[part].float() / 255, labels[part]


def accuracy(network, images, labels, size, perturb=None):
    network.eval()
    right = 0
    for some, classes in batches(images, labels, size, is_shuffled=False):
        if perturb:
            some = perturb(some, classes)
        with torch.no_grad():
            right += (network(some).argmax(1) == classes).sum().item()
    return right / len(labels)


def train(network, images, labels, options, eps, is_mirrored, device):
    optimizer = torch.optim.SGD(network.parameters(), lr=0, momentum=0.9, weight_decay=5e-4)
    steps = -(-len(labels) // options.batch)
    kept, best = None, 0.0
    for epoch in range(options.epochs):
        begin = time.time()
        network.train()
        for index, (some, classes) in enumerate(batches(images, labels, options.batch, is_shuffled=True)):
            some, classes = augmented(some, options.shift, is_mirrored).to(device), classes.to(device)
            optimizer.param_groups[0]["lr"] = rate((epoch + (index + 1) / steps) / options.epochs, options.rate)
            loss = F.cross_entropy(network(attacked(network, some, classes, eps, 1.25 * eps)), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        some, classes = images[:256].to(device), labels[:256].to(device)
        robust = accuracy(network, some, classes, options.batch, lambda x, y: attacked(network, x, y, eps, eps / 4, 10))
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}, PGD-10 on 256 training images {100 * robust:.1f} %, {time.time() - begin:.0f} s", flush=True)
        # Catastrophic overfitting: the network withstands one step, and nothing else any more.
        if robust < best - 0.2:
            print("robust accuracy collapsed: the weights of the epoch before are kept")
            network.load_state_dict(kept)
            return
        kept, best = copy.deepcopy(network.state_dict()), max(best, robust)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("data", choices=DATA)
    parser.add_argument("output", help="ONNX file to write")
    parser.add_argument("--train", required=True, help="images to train on; files of CIFAR with commas between them")
    parser.add_argument("--test", required=True, help="images to measure accuracy on")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1, help="the largest learning rate")
    parser.add_argument("--shift", type=int, default=4, help="pixels by which images are shifted at most")
    parser.add_argument("--eps", type=float, help="bound of the perturbation; 8/255, of mnist 0.3, by default")
    parser.add_argument("--mean", type=numbers, help="mean to subtract, instead of that of the data")
    parser.add_argument("--std", type=numbers, help="deviation to divide by, instead of that of the data")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    classes, channels, usual_eps, mean, std, is_mirrored = DATA[options.data]
    eps = options.eps if options.eps is not None else usual_eps
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images, labels = read(options.data, options.train)
    network = Normalized(NETWORKS[options.network](channels, classes), options.mean or mean, options.std or std).to(device)
    train(network, images, labels, options, eps, is_mirrored, device)

    network.eval().cpu()
    images, labels = read(options.data, options.test)
    natural = accuracy(network, images, labels, 256)
    robust = accuracy(network, images, labels, 256, lambda x, y: attacked(network, x, y, eps, eps / 4, 20))
    print(f"{len(labels)} test images: natural {100 * natural:.2f} %, PGD-20 with steps of eps/4 {100 * robust:.2f} %")
    export(network, tuple(images.shape[1:]), options.output)


if __name__ == "__main__":
    main()
