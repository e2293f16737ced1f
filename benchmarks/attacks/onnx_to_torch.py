"""An ONNX classifier as a function of PyTorch tensors, for the operators that exported image classifiers use."""

import numpy
import onnx
import onnx.numpy_helper
import torch
from torch.nn import functional


class OnnxNetwork:
    """Calls as the network's first output, of its first input. Weights need no gradient unless asked for.

    What depends on shapes and constants alone is computed once for the given input dims: the graph that is left is what a
    user of PyTorch would have written.
    """

    def __init__(self, file, dims, weights=(), precision=torch.float32):
        graph = onnx.load(file).graph
        self.initializers = {
            one.name: in_precision(torch.from_numpy(numpy.array(onnx.numpy_helper.to_array(one))), precision)
            for one in graph.initializer
        }
        for name in weights:
            self.initializers[name].requires_grad_()
        self.input = next(one.name for one in graph.input if one.name not in self.initializers)
        self.output = graph.output[0].name
        self.nodes = []
        known = dict(self.initializers)
        computed = {self.input: torch.zeros(dims, dtype=precision)}
        for node in graph.node:
            call = Call(node)
            if node.op_type == 'Shape':
                known.update(zip(node.output, call.results(known | computed)))
            elif all(name in known or name == '' for name in node.input) and not any(
                known[name].requires_grad for name in node.input if name
            ):
                known.update(zip(node.output, call.results(known)))
            else:
                computed.update(zip(node.output, call.results(known | computed)))
                self.nodes.append(call)
        self.known = known

    def __call__(self, x):
        values = {**self.known, self.input: x}
        for call in self.nodes:
            values.update(zip(call.node.output, call.results(values)))
        return values[self.output]


def in_precision(tensor, precision):
    return tensor.to(precision) if tensor.is_floating_point() else tensor


class Call:
    def __init__(self, node):
        self.node = node
        self.attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        self.operator = OPERATORS[node.op_type]

    def results(self, values):
        inputs = [values[name] if name else None for name in self.node.input]
        result = self.operator(self.attributes, *inputs)
        return result if isinstance(result, (list, tuple)) else [result]


def whole_pads(attributes, axes):
    """Pads (left, right, top, bottom) as torch's pad takes them, and whether both sides of each axis are alike."""
    pads = attributes.get('pads', [0] * 2 * axes)
    begins, ends = pads[:axes], pads[axes:]
    return begins, [pad for axis in reversed(range(axes)) for pad in (begins[axis], ends[axis])], begins == ends


def convolution(attributes, x, w, bias=None):
    axes = w.dim() - 2
    begins, around, alike = whole_pads(attributes, axes)
    if not alike:
        x, begins = functional.pad(x, around), [0] * axes
    convolve = functional.conv2d if axes == 2 else functional.conv1d
    return convolve(
        x,
        w,
        bias,
        attributes.get('strides', [1] * axes),
        begins,
        attributes.get('dilations', [1] * axes),
        attributes.get('group', 1),
    )


def pooling(pool, fill):
    def call(attributes, x):
        axes = len(attributes['kernel_shape'])
        begins, around, alike = whole_pads(attributes, axes)
        if not alike:
            x, begins = functional.pad(x, around, value=fill), [0] * axes
        return pool(attributes, x, attributes['kernel_shape'], attributes.get('strides', [1] * axes), begins)

    return call


def max_pool(attributes, x, kernel, strides, pads):
    return functional.max_pool2d(x, kernel, strides, pads, ceil_mode=bool(attributes.get('ceil_mode', 0)))


def average_pool(attributes, x, kernel, strides, pads):
    return functional.avg_pool2d(
        x,
        kernel,
        strides,
        pads,
        ceil_mode=bool(attributes.get('ceil_mode', 0)),
        count_include_pad=bool(attributes.get('count_include_pad', 0)),
    )


def gemm(attributes, a, b, c=None):
    a = a.t() if attributes.get('transA', 0) else a
    b = b.t() if attributes.get('transB', 0) else b
    product = a @ b * attributes.get('alpha', 1.0) if attributes.get('alpha', 1.0) != 1 else a @ b
    return product if c is None else product + attributes.get('beta', 1.0) * c


def pad(_attributes, x, pads, value=None):
    axes = len(pads) // 2
    around = [int(pads[side * axes + axis]) for axis in reversed(range(axes)) for side in (0, 1)]
    return functional.pad(x, around, value=float(value) if value is not None else 0.0)


def slice_(_attributes, x, starts, ends, axes=None, steps=None):
    axes = range(len(starts)) if axes is None else axes.tolist()
    steps = [1] * len(starts) if steps is None else steps.tolist()
    for start, end, axis, step in zip(starts.tolist(), ends.tolist(), axes, steps):
        places = range(x.shape[axis])[start if start > -(2**62) else None : end if abs(end) < 2**62 else None : step]
        if step > 0:
            x = x[(slice(None),) * (axis % x.dim()) + (slice(places.start, places.stop, step),)]
        else:
            x = x.index_select(axis, torch.tensor(list(places)))
    return x


def reshape(_attributes, x, shape):
    return x.reshape([x.shape[axis] if size == 0 else size for axis, size in enumerate(shape.tolist())])


def reduce_mean(attributes, x):
    axes = attributes.get('axes', list(range(x.dim())))
    return x.mean(axes, keepdim=bool(attributes.get('keepdims', 1)))


def cast(attributes, x):
    return x.to({1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 11: torch.float64}[attributes['to']])


def constant_of_shape(attributes, shape):
    value = onnx.numpy_helper.to_array(attributes['value']) if 'value' in attributes else numpy.zeros(1, numpy.float32)
    return torch.from_numpy(numpy.full(shape.tolist(), value[0]))


OPERATORS = {
    'Add': lambda _a, x, y: x + y,
    'AveragePool': pooling(average_pool, 0.0),
    'BatchNormalization': lambda a, x, scale, shift, mean, variance: functional.batch_norm(
        x, mean, variance, scale, shift, eps=a.get('epsilon', 1e-5)
    ),
    'Cast': cast,
    'Concat': lambda a, *parts: torch.cat(parts, a['axis']),
    'Constant': lambda a: torch.from_numpy(numpy.array(onnx.numpy_helper.to_array(a['value']))),
    'ConstantOfShape': constant_of_shape,
    'Conv': convolution,
    'Div': lambda _a, x, y: torch.div(x, y, rounding_mode=None if x.is_floating_point() else 'trunc'),
    'Flatten': lambda a, x: x.flatten(a.get('axis', 1)),
    'Gather': lambda a, x, index: x.index_select(a.get('axis', 0), index.flatten()).reshape(
        [*x.shape[: a.get('axis', 0)], *index.shape, *x.shape[a.get('axis', 0) + 1 :]]
    ),
    'Gemm': gemm,
    'GlobalAveragePool': lambda _a, x: x.mean((2, 3), keepdim=True),
    'Identity': lambda _a, x: x,
    'MatMul': lambda _a, x, y: x @ y,
    'MaxPool': pooling(max_pool, float('-inf')),
    'Mul': lambda _a, x, y: x * y,
    'Pad': pad,
    'ReduceMean': reduce_mean,
    'Relu': lambda _a, x: functional.relu(x),
    'Reshape': reshape,
    'Shape': lambda _a, x: torch.tensor(x.shape),
    'Slice': slice_,
    'Sub': lambda _a, x, y: x - y,
    'Transpose': lambda a, x: x.permute(a['perm']),
    'Unsqueeze': lambda a, x, axes=None: x.reshape(
        numpy.expand_dims(numpy.empty(x.shape, numpy.bool_), tuple(a.get('axes', axes if axes is None else axes.tolist()))).shape
    ),
}
