#include "kernels/dequantize/operation.h"

#include "program/attributes.h"

namespace gdws {

namespace {

DataType checkedType(const OperationView& operation) {
  const DataType type = operation.input(0).type;
  if (type != DataType::uint8 && type != DataType::int8 && type != DataType::int32) {
    operation.fail("input 0 is neither uint8, int8 nor int32");
  }
  return type;
}

}  // namespace

DequantizeOperation::DequantizeOperation(const OperationView& operation)
    : scales(operation, DequantizeAttributes::of(operation).axis, checkedType(operation)) {
  outputLike(operation, operation.input(0));
}

}  // namespace gdws
