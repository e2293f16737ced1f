#include "kernels/vector/table.h"

#include <cstdlib>
#include <cstring>

namespace gdws {

const char* nameOf(InstructionSet instructionSet) {
  switch (instructionSet) {
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::neon:
      return "neon";
    default:
      return "portable";
  }
}

namespace {

/// The position of `name` among the instruction sets; the highest where it names none.
InstructionSet highestAllowed() {
  const char* cap = std::getenv("GDWS_MAX_ISA");
  for (const InstructionSet set : instructionSets) {
    if (cap != nullptr && std::strcmp(cap, nameOf(set)) == 0) return set;
  }
  return InstructionSet::neon;
}

const VectorTable& tableOf(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::avx2:
      return avx2Vectors;
    case InstructionSet::avx512:
      return avx512Vectors;
#elif defined(__aarch64__)
    case InstructionSet::neon:
      return neonVectors;
#endif
    default:
      return portableVectors;
  }
}

const VectorTable& choose() {
  const InstructionSet highest = highestAllowed();
  const VectorTable* best = &portableVectors;
  for (const InstructionSet set : instructionSets) {
    if (set <= highest && isSupported(set)) best = &tableOf(set);
  }
  return *best;
}

}  // namespace

bool isSupported(InstructionSet instructionSet) {
  switch (instructionSet) {
    case InstructionSet::portable:
      return true;
#if defined(__x86_64__)
    // The compiler's check reads CPUID and XGETBV: the processor has the instructions and the system saves the
    // registers.
    case InstructionSet::avx2:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSet::avx512:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case InstructionSet::neon:
      return true;
#endif
    default:
      return false;
  }
}

const VectorTable& bestVectors() {
  static const VectorTable& best = choose();
  return best;
}

}  // namespace gdws
