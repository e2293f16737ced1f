#include "base/brief_spin.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace gdws {

namespace {

bool sleepIsAskedFor() {
  // GCC's runtime reads them in this order, too.
  if (const char* const count = std::getenv("GOMP_SPINCOUNT")) return std::string(count) == "0";
  const char* const given = std::getenv("OMP_WAIT_POLICY");
  std::string policy = given == nullptr ? "" : given;
  std::transform(policy.begin(), policy.end(), policy.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return policy == "passive";
}

}  // namespace

BriefSpin::BriefSpin(int processors) : processors_(processors), spins_(processors > 1 && !sleepIsAskedFor()) {}

void BriefSpin::pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  asm volatile("yield");
#else
  std::this_thread::yield();
#endif
}

}  // namespace gdws
