#pragma once

#include <optional>

#include "kernels/operands.h"

namespace gdws {

/// Positions in some consecutive axes of a tensor, which are an input of a program: its last axis holds one index for
/// each of these axes, -n … n - 1. Constant ones are checked when the kernel is made. Those that a run computes are
/// clamped: each index below counts as 0 and each beyond as n - 1.
class Tuples {
 public:
  /// Input `i` of the operation, int32 or int64, and the `dims` that its tuples are positions in. Throws ProgramError
  /// where their lengths differ or are 0, where a constant index is out of range, or where there are positions among no
  /// elements.
  Tuples(const OperationView& operation, size_t i, std::vector<int64_t> dims);

  bool areConstant() const { return constant_.has_value(); }
  int64_t count() const { return count_; }
  /// Where tuple number `position` points among the elements of `dims`, in row-major order; `memory` is the run's
  /// pointer to the input, which is not used for constants.
  int64_t at(const void* memory, int64_t position) const {
    return constant_ ? (*constant_)[position] : read(memory, position);
  }

 private:
  int64_t read(const void* memory, int64_t position) const {
    const auto depth = static_cast<int64_t>(dims_.size());
    int64_t place = 0;
    for (int64_t k = 0; k < depth; ++k) {
      const int64_t n = dims_[k];
      int64_t index = indexAt(memory, position * depth + k);
      if (index < 0) index += n;
      place = place * n + (index < 0 ? 0 : index >= n ? n - 1 : index);
    }
    return place;
  }
  int64_t indexAt(const void* memory, int64_t position) const {
    return wide_ ? static_cast<const int64_t*>(memory)[position] : static_cast<const int32_t*>(memory)[position];
  }

  std::vector<int64_t> dims_;
  int64_t count_;
  bool wide_;
  std::optional<std::vector<int64_t>> constant_;
};

}  // namespace gdws
