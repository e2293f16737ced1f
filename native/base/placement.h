#pragma once

#include <vector>

namespace gdws {

/// Binds each thread of a team to a processor of its own, where the team has as many threads as there are processors.
/// Without that, Linux often wakes a thread that waited at a barrier on the processor of the thread that wakes it: for
/// the few milliseconds of a run two threads share one processor and another is idle.
///
/// The threads stay bound between runs, since binding takes system calls and time to move. They belong to the
/// scheduler's workers. The JavaScript thread is never bound, so that its affinity is that of the process.
class Placement {
 public:
  /// To be made on the team's first thread, before the team starts. New threads inherit the affinity of that thread, so
  /// it is released where this team is not to be bound.
  explicit Placement(int threads);

  /// On each thread of the team: binds it to its processor, or releases it where the team is not to be bound.
  void bind(int index) const;

  /// Allows the calling thread all processors of the process, if it was bound.
  static void release();

 private:
  std::vector<int> processors_;  ///< of each thread; empty where the team is not to be bound
};

}  // namespace gdws
