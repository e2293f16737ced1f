#pragma once

#include <vector>

#include "kernels/kernel.h"

namespace gdws {

/// Times one run of a kernel by a team, as it would be within a network: what the caches next to the processors held is
/// driven out first, since other layers' weights will have done so, and the operation's own input is brought back,
/// which the layer before has just written.
class Stopwatch {
 public:
  explicit Stopwatch(int threads);

  /// Seconds of one run. `input` are the `bytes` that the layer before wrote.
  double time(const Kernel& kernel, const Buffers& buffers, const void* input, size_t bytes);

 private:
  int threads_;
  std::vector<std::vector<char>> ballast_;  ///< a thread each
};

}  // namespace gdws
