#pragma once

#include <vector>

#include "kernels/kernel.h"

namespace gdws {

/// Times one run of a kernel by a team, with caches as they are within a network: first their contents are replaced, as
/// by other layers' weights, then the operation's input is read, which the layer before would just have written.
class Stopwatch {
 public:
  explicit Stopwatch(int threads);

  /// Seconds of one run. `input` are the `bytes` that the layer before wrote.
  double time(const Kernel& kernel, const Buffers& buffers, const void* input, size_t bytes);

 private:
  int threads_;
  std::vector<std::vector<char>> ballast_;  ///< one for each thread
};

}  // namespace gdws
