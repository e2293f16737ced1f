#pragma once

#include <vector>

namespace gdws {

/// Keeps a team that is as large as the processors are many on a processor each, while it runs. Left alone, Linux often
/// wakes a thread that waited at a barrier on the processor of the one that wakes it, and for the few milliseconds of a
/// run two threads share one processor while the other idles.
class Placement {
 public:
  /// On the thread that will be the team's first, before the team starts.
  explicit Placement(int threads);

  /// On each thread of the team: binds it to its processor.
  void bind(int index) const;
  /// On each thread of the team: lets it go where it likes again.
  void release() const;

 private:
  std::vector<int> processors_;  ///< of each thread; empty where the system is to place them
};

}  // namespace gdws
