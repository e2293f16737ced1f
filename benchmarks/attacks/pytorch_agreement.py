"""What PyTorch makes of a request (a JSON file): losses, gradients by the images and by weights, in single and in double
precision, and plain PGD in single precision. Answers are doubles in the order of the request, written to one file."""

import json
import sys

import numpy
import torch
from torch.nn import functional

from onnx_to_torch import OnnxNetwork


def gradients(request, images, labels, precision):
    network = OnnxNetwork(request['model'], images.shape, request['weights'], precision)
    images = images.to(precision).requires_grad_()
    losses = functional.cross_entropy(network(images), labels, reduction='none')
    weights = [network.initializers[name] for name in request['weights']]
    return [losses, *torch.autograd.grad(losses.sum(), [images, *weights])]


def norm(x, order):
    return x.flatten(1).norm(order, dim=1).reshape(-1, 1, 1, 1)


def onto_l1_ball(delta, eps):
    """By sorting (Duchi et al., ICML 2008)."""
    sizes = delta.abs().flatten(1)
    falling = sizes.sort(1, descending=True)[0]
    counts = torch.arange(1, sizes.shape[1] + 1)
    thresholds = (falling.cumsum(1) - eps) / counts
    last = (falling > thresholds).sum(1, keepdim=True) - 1
    threshold = torch.where(sizes.sum(1, keepdim=True) > eps, thresholds.gather(1, last), torch.zeros(1))
    return ((sizes - threshold).clamp(min=0) * delta.flatten(1).sign()).reshape(delta.shape)


def l1_step(gradient, images, delta, length, pixels):
    """Equal parts of the step on the steepest pixels that are not at the end of their range."""
    at = images + delta
    stuck = ((gradient > 0) & (at >= 1)) | ((gradient < 0) & (at <= 0))
    open_gradient = gradient.masked_fill(stuck, 0).flatten(1)
    chosen = open_gradient.abs().topk(pixels, 1)[1]
    step = torch.zeros_like(open_gradient).scatter(1, chosen, open_gradient.gather(1, chosen).sign())
    return (step * length / pixels).reshape(delta.shape)


def attacked(network, images, labels, attack):
    """PGD as it is written everywhere: a step, into the ball, into the box."""
    eps, length = attack['eps'], attack['stepSize']
    delta = torch.zeros_like(images)
    for _ in range(attack['steps']):
        delta.requires_grad_()
        loss = functional.cross_entropy(network(images + delta), labels, reduction='sum')
        (gradient,) = torch.autograd.grad(loss, delta)
        delta = delta.detach()
        if attack['norm'] == 'linf':
            delta = (delta + length * gradient.sign()).clamp(-eps, eps)
        elif attack['norm'] == 'l2':
            delta = delta + length * gradient / norm(gradient, 2).clamp(min=1e-30)
            delta = delta * (eps / norm(delta, 2).clamp(min=eps))
        else:
            delta = onto_l1_ball(delta + l1_step(gradient, images, delta, length, attack['pixels']), eps)
        delta = (images + delta).clamp(0, 1) - images
    with torch.no_grad():
        logits = network(images + delta)
        return [functional.cross_entropy(logits, labels, reduction='none'), logits.argmax(1) == labels]


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    torch.set_num_threads(1)
    images = torch.from_numpy(numpy.fromfile(request['images'], numpy.float32).reshape(request['dims']))
    labels = torch.tensor(request['labels'])
    answers = [
        *gradients(request, images, labels, torch.float64),
        *gradients(request, images, labels, torch.float32),
    ]
    network = OnnxNetwork(request['model'], images.shape)
    for attack in request['attacks']:
        answers += attacked(network, images, labels, attack)
    with open(request['answers'], 'wb') as file:
        for answer in answers:
            file.write(answer.detach().numpy().astype(numpy.float64).tobytes())


main()
