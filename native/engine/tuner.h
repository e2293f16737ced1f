#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "engine/stopwatch.h"
#include "kernels/kernel.h"
#include "program/program.h"

namespace gdws {

/// Times the kernels that compete for the operations of a program, and leaves the fastest in MeasuredKernels.
///
/// The operations with the most work come first, until the time is over. Estimates decide for the others, which are
/// measured when a program with them is compiled again. Equal operations are measured once. No weights are needed.
class Tuner {
 public:
  struct Choice {
    std::string key;
    const KernelDefinition* fastest;
  };

  /// Finds the operations to measure. An invalid program has none: compiling it throws the error.
  Tuner(const Program& program, const VectorTable& vectors, int threads);

  /// Whether nothing is left to be measured.
  bool idle() const { return jobs_.empty(); }

  /// Measures with the threads of a run, for about `seconds`, or until `aborted`. Where memory is short, measures less.
  std::vector<Choice> run(double seconds, const std::atomic<bool>& aborted);

 private:
  struct Job {
    std::string key;
    Operation operation;
    double cycles;  ///< estimated, of all operations with this key
  };

  /// Repeats its timings while there are `seconds` left. Null where it cannot be measured, or was aborted.
  const KernelDefinition* fastestOf(const Job& job, Stopwatch& stopwatch, double seconds,
                                    const std::atomic<bool>& aborted) const;

  std::vector<Value> values_;
  std::vector<Job> jobs_;
  const VectorTable& vectors_;
  int threads_;
};

}  // namespace gdws
