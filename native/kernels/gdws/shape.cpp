#include "kernels/gdws/shape.h"

#include <string>

namespace gdws {

namespace {

constexpr size_t kernelsAt = 10;

}  // namespace

GdwsShape GdwsShape::of(const OperationView& operation) {
  const Value& d = inputOf(operation, 1);
  const Value& p = inputOf(operation, 2);
  GdwsShape shape{readConvolution(operation, d), d.dims[0], {}};
  const ConvolutionShape& map = shape.map;
  checkOutputMap(operation, map);
  if (d.dims[1] != 1) operation.fail("the depthwise kernels are " + describe(d.dims) + ", not (G, 1, KH, KW)");
  if (shape.intermediate % map.groups != 0 || map.outputs % map.groups != 0 ||
      p.dims != std::vector<int64_t>{map.outputs, shape.depth(), 1, 1}) {
    operation.fail("pointwise weights " + describe(p.dims) + " do not take " + std::to_string(shape.intermediate) +
                   " intermediate channels to " + std::to_string(map.outputs) + " in " + std::to_string(map.groups) +
                   " groups");
  }
  const std::vector<int32_t>& ints = operation.integers();
  if (static_cast<int64_t>(ints.size()) != static_cast<int64_t>(kernelsAt) + map.channels) {
    operation.fail("a number of kernels is needed for each of " + std::to_string(map.channels) + " channels");
  }
  shape.kernelsOf.assign(ints.begin() + kernelsAt, ints.end());
  int64_t sum = 0;
  for (const int32_t kernels : shape.kernelsOf) {
    if (kernels < 0) operation.fail("a channel has " + std::to_string(kernels) + " kernels");
    sum += kernels;
  }
  if (sum != shape.intermediate) {
    operation.fail("the channels have " + std::to_string(sum) + " kernels where there are " +
                   std::to_string(shape.intermediate));
  }
  shape.map.addends = readAddends(operation, map.outputs, 3);
  return shape;
}

}  // namespace gdws
