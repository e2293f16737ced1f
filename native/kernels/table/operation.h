#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `table`: x uint8 or int8 of any dims, table (256), or (C,256) for x (N,C,…), y like x, of the type of the
/// table, which has one byte.
struct TableOperation {
  explicit TableOperation(const OperationView& operation);

  /// x is so many planes, plane p with table p % tables.
  int64_t planes, tables;
  int64_t elements;  ///< of a plane
};

}  // namespace gdws
