#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `concat`: inputs of one type that differ along one axis only. Seen in bytes, y is `outer` rows, and input
/// i gives rowBytes[i] of each row.
struct ConcatOperation {
  explicit ConcatOperation(const OperationView& operation);

  int64_t outer;
  std::vector<int64_t> rowBytes;
};

}  // namespace gdws
