#include "kernels/gdws/shape.h"

#include <string>
#include <utility>

namespace gdws {

GdwsShape GdwsShape::of(const OperationView& operation) {
  auto attributes = GdwsAttributes::of(operation);
  const Value& d = inputOf(operation, 1);
  const Value& p = inputOf(operation, 2);
  GdwsShape shape{readConvolution(operation, attributes, d), d.dims[0], std::move(attributes.kernels)};
  const ConvolutionShape& map = shape.map;
  checkOutputMap(operation, map, attributes.pads);
  if (d.dims[1] != 1) operation.fail("the depthwise kernels are " + describe(d.dims) + ", not (G, 1, KH, KW)");
  if (shape.intermediate % map.groups != 0 || map.outputs % map.groups != 0 ||
      p.dims != std::vector<int64_t>{map.outputs, shape.depth(), 1, 1}) {
    operation.fail("pointwise weights " + describe(p.dims) + " do not take " + std::to_string(shape.intermediate) +
                   " intermediate channels to " + std::to_string(map.outputs) + " in " + std::to_string(map.groups) +
                   " groups");
  }
  if (static_cast<int64_t>(shape.kernelsOf.size()) != map.channels) {
    operation.fail("a number of kernels is needed for each of " + std::to_string(map.channels) + " channels");
  }
  int64_t sum = 0;
  for (const int32_t kernels : shape.kernelsOf) sum += kernels;
  if (sum != shape.intermediate) {
    operation.fail("the channels have " + std::to_string(sum) + " kernels where there are " +
                   std::to_string(shape.intermediate));
  }
  shape.map.addends = readAddends(operation, map.outputs, 3);
  return shape;
}

}  // namespace gdws
