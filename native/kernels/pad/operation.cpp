#include "kernels/pad/operation.h"

#include <cstring>

#include "kernels/convert.h"
#include "program/attributes.h"

namespace gdws {

namespace {

template <class Element>
void setValue(std::array<std::byte, 8>& value, float number) {
  const auto element = convert<Element>(number);
  std::memcpy(value.data(), &element, sizeof element);
}

}  // namespace

PadOperation::PadOperation(const OperationView& operation) {
  const auto attributes = PadAttributes::of(operation);
  const Value& y = operation.output();
  const Value& x = inputOf(operation, 0, y.type);
  if (x.rank() != y.rank() || attributes.begins.size() != y.rank()) {
    operation.fail("x " + describe(x.dims) + ", the output " + describe(y.dims) + " and " +
                   std::to_string(attributes.begins.size()) + " paddings do not fit together");
  }
  elements = static_cast<int64_t>(y.elements);
  elementBytes = bytesOf(y.type);
  for (size_t axis = 0; axis < y.rank(); ++axis) {
    axes.push_back({x.dims[axis], y.dims[axis], attributes.begins[axis]});
  }
  switch (y.type) {
    case DataType::float32:
      setValue<float>(value, attributes.value);
      break;
    case DataType::int32:
      setValue<int32_t>(value, attributes.value);
      break;
    case DataType::int64:
      setValue<int64_t>(value, attributes.value);
      break;
    case DataType::uint8:
      setValue<uint8_t>(value, attributes.value);
      break;
    case DataType::int8:
      setValue<int8_t>(value, attributes.value);
      break;
    case DataType::boolean:
      setValue<bool>(value, attributes.value);
      break;
  }
}

}  // namespace gdws
