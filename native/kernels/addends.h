#pragma once

#include "kernels/kernel.h"

namespace gdws {

/// The optional inputs that an operation adds to its result before the activation: a bias, then a residual of the
/// output's dims.
class Addends {
 public:
  Addends() = default;
  /// The bias is input `biasAt`, the residual the one after it.
  Addends(const OperationView& operation, size_t biasAt)
      : biasAt_(biasAt), hasBias_(operation.hasInput(biasAt)), hasResidual_(operation.hasInput(biasAt + 1)) {}

  bool hasResidual() const { return hasResidual_; }

  /// Null where absent.
  const float* bias(const Buffers& buffers) const { return hasBias_ ? buffers.floats(biasAt_) : nullptr; }
  const float* residual(const Buffers& buffers) const { return hasResidual_ ? buffers.floats(biasAt_ + 1) : nullptr; }

 private:
  size_t biasAt_ = 0;
  bool hasBias_ = false;
  bool hasResidual_ = false;
};

}  // namespace gdws
