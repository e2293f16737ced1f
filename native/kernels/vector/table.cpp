#include "kernels/vector/table.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace gdws {

const char* nameOf(InstructionSet instructionSet) {
  switch (instructionSet) {
    case InstructionSet::avx2: return "avx2";
    case InstructionSet::avx512: return "avx512";
    case InstructionSet::neon: return "neon";
    default: return "portable";
  }
}

namespace {

/// Where `name` stands among the instruction sets, or the highest where it names none.
InstructionSet highestAllowed() {
  const char* cap = std::getenv("GDWS_MAX_ISA");
  for (const auto set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512, InstructionSet::neon}) {
    if (cap != nullptr && std::strcmp(cap, nameOf(set)) == 0) return set;
  }
  return InstructionSet::neon;
}

const VectorTable& choose() {
  [[maybe_unused]] const InstructionSet highest = highestAllowed();
#if defined(__x86_64__)
  // The compiler's check reads CPUID and XGETBV: the processor has the instructions and the system saves the registers.
  __builtin_cpu_init();
  if (highest >= InstructionSet::avx512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return avx512Vectors;
  }
  if (highest >= InstructionSet::avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return avx2Vectors;
  }
#elif defined(__aarch64__)
  if (highest >= InstructionSet::neon) return neonVectors;
#endif
  return portableVectors;
}

}  // namespace

const VectorTable& bestVectors() {
  static const VectorTable& best = choose();
  return best;
}

}  // namespace gdws
