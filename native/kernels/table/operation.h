#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `table`: x uint8 or int8 of any dims, table (256), y like x, of the type of the table, which has one byte.
struct TableOperation {
  explicit TableOperation(const OperationView& operation);

  int64_t elements;
};

}  // namespace gdws
