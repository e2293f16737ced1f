#include "kernels/cast/operation.h"

#include "kernels/convert.h"

namespace gdws {

namespace {

template <class From, class To>
void castElements(const void* x, void* y, int64_t count) {
  const auto* source = static_cast<const From*>(x);
  auto* result = static_cast<To*>(y);
  for (int64_t i = 0; i < count; ++i) result[i] = convert<To>(source[i]);
}

/// Whether a byte of a bool tensor is not 0.
template <class To>
void castTruth(const void* x, void* y, int64_t count) {
  const auto* source = static_cast<const uint8_t*>(x);
  auto* result = static_cast<To*>(y);
  for (int64_t i = 0; i < count; ++i) result[i] = static_cast<To>(source[i] != 0);
}

template <class To>
CastFunction castTo(DataType from) {
  switch (from) {
    case DataType::float32:
      return castElements<float, To>;
    case DataType::int64:
      return castElements<int64_t, To>;
    case DataType::int32:
      return castElements<int32_t, To>;
    case DataType::uint8:
      return castElements<uint8_t, To>;
    case DataType::int8:
      return castElements<int8_t, To>;
    default:
      return castTruth<To>;
  }
}

}  // namespace

CastOperation::CastOperation(const OperationView& operation)
    : from(operation.input(0).type),
      to(operation.output().type),
      elements(static_cast<int64_t>(operation.output().elements)) {
  const Value& x = operation.input(0);
  if (x.dims != operation.output().dims) {
    operation.fail("the output is " + describe(operation.output().dims) + ", the input " + describe(x.dims));
  }
}

CastFunction castFunction(DataType from, DataType to) {
  switch (to) {
    case DataType::float32:
      return castTo<float>(from);
    case DataType::int64:
      return castTo<int64_t>(from);
    case DataType::int32:
      return castTo<int32_t>(from);
    case DataType::uint8:
      return castTo<uint8_t>(from);
    case DataType::int8:
      return castTo<int8_t>(from);
    default:
      return castTo<bool>(from);
  }
}

}  // namespace gdws
