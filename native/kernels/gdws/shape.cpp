#include "kernels/gdws/shape.h"

#include <string>
#include <utility>

namespace gdws {

void checkStages(const OperationView& operation, const ConvolutionShape& map, const Value& d, const Value& p,
                 const std::vector<int32_t>& kernelsOf) {
  if (d.dims[1] != 1) operation.fail("the depthwise kernels are " + describe(d.dims) + ", not (G, 1, KH, KW)");
  const int64_t intermediate = d.dims[0];
  if (intermediate % map.groups != 0 || map.outputs % map.groups != 0 ||
      p.dims != std::vector<int64_t>{map.outputs, intermediate / map.groups, 1, 1}) {
    operation.fail("pointwise weights " + describe(p.dims) + " do not take " + std::to_string(intermediate) +
                   " intermediate channels to " + std::to_string(map.outputs) + " in " + std::to_string(map.groups) +
                   " groups");
  }
  if (static_cast<int64_t>(kernelsOf.size()) != map.channels) {
    operation.fail("a number of kernels is needed for each of " + std::to_string(map.channels) + " channels");
  }
  int64_t sum = 0;
  for (const int32_t kernels : kernelsOf) sum += kernels;
  if (sum != intermediate) {
    operation.fail("the channels have " + std::to_string(sum) + " kernels where there are " +
                   std::to_string(intermediate));
  }
}

GdwsShape GdwsShape::of(const OperationView& operation) {
  auto attributes = GdwsAttributes::of(operation);
  const Value& d = inputOf(operation, 1);
  const Value& p = inputOf(operation, 2);
  GdwsShape shape{readConvolution(operation, attributes, d), d.dims[0], std::move(attributes.kernels)};
  checkOutputMap(operation, shape.map, attributes.pads);
  checkStages(operation, shape.map, d, p, shape.kernelsOf);
  shape.map.addends = readAddends(operation, shape.map.outputs, 3);
  return shape;
}

}  // namespace gdws
