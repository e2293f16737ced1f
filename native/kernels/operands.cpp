#include "kernels/operands.h"

namespace gdws {

namespace {

constexpr int64_t maxCount = int64_t{1} << 40;

/// a·b, at most maxCount; a is at most that and b below 2^31, so that the product may not fit an int64.
int64_t boundedProduct(int64_t a, int64_t b) { return b != 0 && a > maxCount / b ? maxCount : a * b; }

const char* nameOf(DataType type) {
  switch (type) {
    case DataType::float32:
      return "float32";
    case DataType::int64:
      return "int64";
    case DataType::int32:
      return "int32";
    case DataType::uint8:
      return "uint8";
    case DataType::int8:
      return "int8";
    default:
      return "bool";
  }
}

void checkType(const OperationView& operation, const Value& value, DataType type, const std::string& what) {
  if (value.type != type) operation.fail(what + " is " + nameOf(value.type) + ", not " + nameOf(type));
}

}  // namespace

const Value& inputOf(const OperationView& operation, size_t i, DataType type) {
  const Value& value = operation.input(i);
  checkType(operation, value, type, "input " + std::to_string(i));
  return value;
}

const Value& indicesOf(const OperationView& operation, size_t i) {
  const Value& index = operation.input(i);
  if (index.type != DataType::int64 && index.type != DataType::int32) {
    operation.fail("input " + std::to_string(i) + " holds indices and is neither int32 nor int64");
  }
  return index;
}

const Value& outputOf(const OperationView& operation, DataType type) {
  const Value& value = operation.output();
  checkType(operation, value, type, "the output");
  return value;
}

const Value& outputLike(const OperationView& operation, const Value& x) {
  const Value& y = outputOf(operation);
  if (y.dims != x.dims) operation.fail("the output is " + describe(y.dims) + ", the input " + describe(x.dims));
  return y;
}

int32_t checkedBelow(const OperationView& operation, int32_t value, int64_t limit, const char* what) {
  if (value < 0 || value >= limit) {
    operation.fail(std::string(what) + " " + std::to_string(value) + " is not between 0 and " +
                   std::to_string(limit - 1));
  }
  return value;
}

int32_t checkedAxis(const OperationView& operation, int32_t axis, const Value& value) {
  return checkedBelow(operation, axis, static_cast<int64_t>(value.rank()), "axis");
}

std::string describe(const std::vector<int64_t>& dims) {
  std::string text = "(";
  for (size_t axis = 0; axis < dims.size(); ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(dims[axis]);
  return text + ")";
}

int64_t countOf(const std::vector<int64_t>& dims, size_t first, size_t last) {
  int64_t count = 1;
  for (size_t axis = first; axis < last; ++axis) count = boundedProduct(count, dims[axis]);
  return count;
}

std::vector<int64_t> stridesOf(const std::vector<int64_t>& dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = boundedProduct(strides[axis], dims[axis]);
  return strides;
}

}  // namespace gdws
