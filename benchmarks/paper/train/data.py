"""Reads images and labels of MNIST, CIFAR and SVHN from the files that are published: bytes (N, C, H, W), and classes."""

import gzip
from pathlib import Path

import numpy as np
import torch


def read_idx(file):
    """An array of bytes in the IDX format, plain or with gzip."""
    content = Path(file).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{file} is not an IDX file of bytes.")
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_mnist(images):
    images = Path(images)
    labels = images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))
    return read_idx(images)[:, None], read_idx(labels)


def read_cifar(files, label_bytes):
    """Binary versions. The label is the last byte before the pixels: of CIFAR-100 the class, not the superclass."""
    records = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, label_bytes + 3072) for file in files])
    return records[:, label_bytes:].reshape(-1, 3, 32, 32), records[:, label_bytes - 1]


def read_svhn(file):
    from scipy.io import loadmat  # Only this format needs scipy.

    content = loadmat(file)
    return content["X"].transpose(3, 2, 0, 1), content["y"].ravel() % 10


def read(name, place):
    """One split: a file, or several with commas between them."""
    files = str(place).split(",")
    if name == "mnist":
        images, labels = read_mnist(files[0])
    elif name == "svhn":
        images, labels = read_svhn(files[0])
    else:
        images, labels = read_cifar(files, 1 if name == "cifar10" else 2)
    return torch.from_numpy(np.array(images)), torch.from_numpy(labels.astype(np.int64))
