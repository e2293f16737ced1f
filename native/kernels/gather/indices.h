#pragma once

#include <optional>

#include "kernels/operands.h"

namespace gdws {

/// Indices into an axis of `n` elements, -n … n - 1, which are an input of a program. Constant ones are checked when
/// the kernel is made. Those that a run computes are clamped: one below counts as 0 and one beyond as n - 1.
class Indices {
 public:
  /// Input `i` of the operation, int32 or int64. Throws ProgramError where a constant index is out of range, or where
  /// there are indices into no elements.
  Indices(const OperationView& operation, size_t i, int64_t n);

  /// The constant indices, each 0 … n - 1; none where a run computes them.
  const std::optional<std::vector<int32_t>>& constant() const { return constant_; }
  int64_t count() const { return count_; }
  /// Index `position`, 0 … n - 1; `memory` is the run's pointer to the input, which is not used for constants.
  int64_t at(const void* memory, int64_t position) const {
    if (constant_) return (*constant_)[position];
    return within(wide_ ? static_cast<const int64_t*>(memory)[position]
                        : static_cast<const int32_t*>(memory)[position]);
  }

 private:
  int64_t within(int64_t index) const {
    if (index < 0) index += n_;
    return index < 0 ? 0 : index >= n_ ? n_ - 1 : index;
  }

  int64_t n_;
  int64_t count_;
  bool wide_;
  std::optional<std::vector<int32_t>> constant_;
};

}  // namespace gdws
