#pragma once

#include <memory>
#include <vector>

#include "kernels/kernel.h"
#include "program/program.h"

namespace gdws {

/// One operation by itself, for its kernels to be timed on: memory of its operands' shapes, filled with small numbers,
/// since what they are does not matter to speed. A convolution's map is cut to the images and rows that show as much.
class OperationSample {
 public:
  /// `mostWork` are the multiply-accumulates beyond which a convolution is cut. Throws std::bad_alloc.
  OperationSample(const OperationView& operation, double mostWork);

  /// Whether the operation can be run on made-up numbers: all its operands are float32.
  static bool fits(const OperationView& operation);

  OperationView view() const { return OperationView(program_, program_.operations.front()); }
  Buffers buffers(std::byte* scratch) const { return {sources_.data(), results_.data(), scratch}; }

 private:
  void cut(double mostWork);
  void allocate();

  Program program_;
  std::vector<std::shared_ptr<float[]>> memory_;
  std::vector<const void*> sources_;
  std::vector<void*> results_;
};

}  // namespace gdws
