#pragma once

#include <atomic>
#include <cstdint>

namespace gdws {

/// What the engine has done in this process, over all sessions. All but the last three only grow.
struct Counters {
  static Counters& instance();

  std::atomic<int64_t> runs{0};                ///< ended, aborted ones among them
  std::atomic<int64_t> nanoseconds{0};         ///< total time of the runs' operations
  std::atomic<int64_t> programsCompiled{0};    ///< each for one set of input shapes
  std::atomic<int64_t> plansVerified{0};       ///< compiled programs whose memory plan was verified (verify_plan.h)
  std::atomic<int64_t> operationsMeasured{0};  ///< for which the tuner chose a kernel
  std::atomic<int64_t> measurementsReused{0};  ///< operations compiled with a kernel that measured time chose
  std::atomic<int64_t> arenaBytes{0};          ///< held at present as working memory of runs
  std::atomic<int64_t> weightBytes{0};         ///< held at present as weights, packed or plain
  std::atomic<int64_t> fileBytes{0};           ///< reserved at present for bytes of model files
};

}  // namespace gdws
