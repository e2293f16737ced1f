#pragma once

#include <vector>

namespace gdws {

/// Keeps a team that is as large as the processors are many on a processor each, while it runs. Left alone, Linux often
/// wakes a thread that waited at a barrier on the processor of the one that wakes it, and for the few milliseconds of a
/// run two threads share one processor while the other idles.
///
/// The threads stay bound between runs, since to bind them takes system calls and some time to move. They belong to the
/// scheduler's workers: the JavaScript thread is never bound, and what it is allowed is what the process is.
class Placement {
 public:
  /// On the thread that will be the team's first, before the team starts: threads that join later are allowed what it
  /// is, so that it is let go where this team is not to be bound.
  explicit Placement(int threads);

  /// On each thread of the team: binds it to its processor, or lets it go where the team is not to be bound.
  void bind(int index) const;

  /// Lets the calling thread go where the process may, if it was bound.
  static void release();

 private:
  std::vector<int> processors_;  ///< of each thread; empty where the system is to place them
};

}  // namespace gdws
