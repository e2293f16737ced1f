#pragma once

#include "kernels/pooling/window.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `maxPool`. Throws ProgramError.
inline PoolOperation maxPoolOf(const OperationView& operation) {
  return PoolOperation::of(operation, MaxPoolAttributes::of(operation));
}

}  // namespace gdws
