#include "native/processor.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include "base/x86_features.h"
#endif

namespace gdws::test {

std::string processorDisagreements() {
  std::string found;
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  __builtin_cpu_init();
  const auto expectSame = [&found](bool own, bool compilers, const char* name) {
    if (own != compilers) found += std::string(" ") + name;
  };
  expectSame(hasAvx2(), __builtin_cpu_supports("avx2"), "avx2");
  expectSame(hasFma(), __builtin_cpu_supports("fma"), "fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  expectSame(hasAvx512(), avx512, "avx512");
  expectSame(hasAvx512Vnni(), avx512 && __builtin_cpu_supports("avx512vnni"), "avx512vnni");
  expectSame(hasAvx512Vbmi(), avx512 && __builtin_cpu_supports("avx512vbmi"), "avx512vbmi");
#endif
  return found;
}

}  // namespace gdws::test
