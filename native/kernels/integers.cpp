#include "kernels/integers.h"

namespace gdws {

DataType arithmeticType(const OperationView& operation) {
  const DataType type = operation.input(0).type;
  if (type != DataType::float32 && type != DataType::int64 && type != DataType::int32) {
    operation.fail("input 0 is none of float32, int64 and int32");
  }
  return type;
}

}  // namespace gdws
