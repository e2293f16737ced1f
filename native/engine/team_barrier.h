#pragma once

#include "base/team.h"

namespace gdws {

/// The barrier of the OpenMP team that the calling thread belongs to.
class TeamBarrier final : public Meeting {
 public:
  void wait() const override {
#pragma omp barrier
  }
  double cycles() const override { return 3000; }
};

}  // namespace gdws
