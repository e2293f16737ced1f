#pragma once

#include <atomic>
#include <cstdint>

namespace gdws {

/// What the engine has done in this process, over all sessions. Only ever grows, but for what is in use now.
struct Counters {
  static Counters& instance();

  std::atomic<int64_t> runs{0};                ///< ended, aborted ones among them
  std::atomic<int64_t> nanoseconds{0};         ///< that runs spent in their operations
  std::atomic<int64_t> programsCompiled{0};    ///< each for one set of input shapes
  std::atomic<int64_t> plansVerified{0};       ///< of programs compiled, their memory plans (verify_plan.h)
  std::atomic<int64_t> operationsMeasured{0};  ///< between whose kernels the tuner decided
  std::atomic<int64_t> measurementsReused{0};  ///< operations compiled with a kernel that measured time chose
  std::atomic<int64_t> arenaBytes{0};          ///< now held as working memory of runs
  std::atomic<int64_t> weightBytes{0};         ///< now held as weights, packed or plain
  std::atomic<int64_t> fileBytes{0};  ///< now held for the bytes of model files, whether they take memory or not
};

}  // namespace gdws
