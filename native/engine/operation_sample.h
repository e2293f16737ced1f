#pragma once

#include <memory>
#include <vector>

#include "kernels/kernel.h"
#include "program/program.h"

namespace gdws {

/// One operation by itself, to time its kernels on: operands of its shapes, filled with small numbers, since speed does
/// not depend on their values. A convolution's map is cut to fewer images and rows where these suffice.
class OperationSample {
 public:
  /// A convolution of more than `maxWork` multiply-accumulates is cut. Throws std::bad_alloc.
  OperationSample(const OperationView& operation, double maxWork);

  /// Whether the operation can be run on made-up numbers: all its operands are float32.
  static bool fits(const OperationView& operation);

  OperationView view() const { return OperationView(program_, program_.operations.front()); }
  Buffers buffers(std::byte* scratch) const { return {sources_.data(), results_.data(), scratch}; }

 private:
  void cut(double maxWork);
  void allocate();

  Program program_;
  std::vector<std::shared_ptr<float[]>> memory_;
  std::vector<const void*> sources_;
  std::vector<void*> results_;
};

}  // namespace gdws
