#pragma once

#include <algorithm>
#include <cstdint>

namespace gdws {

/// A part of a range of work.
struct Range {
  int64_t begin;
  int64_t end;
};

/// Where the threads of a team wait for each other.
class Meeting {
 public:
  virtual ~Meeting() = default;
  /// Returns once all threads of the team have called it.
  virtual void wait() const = 0;
  /// Estimated cycles of that.
  virtual double cycles() const = 0;
};

/// The threads that run an operation together, as one of them sees it.
struct Team {
  int index;
  int size;
  const Meeting* meeting = nullptr;  ///< null where they cannot wait for each other

  /// This thread's contiguous share of `count` items, in multiples of `grain`.
  Range share(int64_t count, int64_t grain = 1) const {
    const int64_t grains = (count + grain - 1) / grain;
    const int64_t begin = grains * index / size * grain;
    const int64_t end = grains * (index + 1) / size * grain;
    return {std::min(begin, count), std::min(end, count)};
  }
};

}  // namespace gdws
