#include "kernels/vector/table.h"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "base/x86_features.h"
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__aarch64__) && defined(_WIN32)
#include <windows.h>
#endif

namespace gdws {

const char* nameOf(InstructionSet instructionSet) {
  switch (instructionSet) {
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avxvnni:
      return "avxvnni";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::avx512vnni:
      return "avx512vnni";
    case InstructionSet::avx512vbmi:
      return "avx512vbmi";
    case InstructionSet::amx:
      return "amx";
    case InstructionSet::neon:
      return "neon";
    case InstructionSet::dotprod:
      return "dotprod";
    case InstructionSet::wasm:
      return "wasm";
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
  return InstructionSet::wasm;
}

VectorTable tableOf(const VectorTable& floats, InstructionSet set, const IntegerFunctions& integers) {
  VectorTable table = floats;
  table.instructionSet = set;
  table.integers = &integers;
  return table;
}

VectorTable tableOf(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::avx2:
      return tableOf(avx2Vectors, set, avx2Integers);
    case InstructionSet::avxvnni:
      return tableOf(avx2Vectors, set, avxvnniIntegers);
    case InstructionSet::avx512:
      return tableOf(avx512Vectors, set, avx512Integers);
    case InstructionSet::avx512vnni:
      return tableOf(avx512Vectors, set, avx512vnniIntegers);
    case InstructionSet::avx512vbmi:
      return tableOf(avx512Vectors, set, avx512vbmiIntegers);
    case InstructionSet::amx:
      return tableOf(avx512Vectors, set, amxIntegers());
#elif defined(__aarch64__)
    case InstructionSet::neon:
      return tableOf(neonVectors, set, portableIntegers);
    case InstructionSet::dotprod:
      return tableOf(neonVectors, set, dotprodIntegers);
#endif
    default:
      return tableOf(portableVectors, set, portableIntegers);
  }
}

#if defined(__x86_64__)
#if defined(__linux__)
constexpr long matrixData = 18;  // XFEATURE_XTILEDATA
#endif

/// Whether the processor has matrix registers of bytes, and the system can save them.
bool hasMatrices() {
#if defined(__linux__)
  if (!hasAmxInt8()) return false;
  constexpr long askSupport = 0x1021;  // ARCH_GET_XCOMP_SUPP
  uint64_t supported = 0;
  return syscall(SYS_arch_prctl, askSupport, &supported) == 0 && (supported >> matrixData & 1) != 0;
#else
  return false;
#endif
}

/// Linux wants to be asked for these registers, once for all threads of a process. Then it refuses signal stacks that
/// are too small to save them; so only what is going to use them asks.
bool mayUseMatrices() {
#if defined(__linux__)
  constexpr long askPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  return syscall(SYS_arch_prctl, askPermission, matrixData) == 0;
#else
  return false;
#endif
}
#elif defined(__aarch64__)
/// Programs cannot ask the processor itself here.
bool hasDotProduct() {
#if defined(__linux__)
  constexpr unsigned long bit = 1ul << 20;  // HWCAP_ASIMDDP, which old headers lack
  return (getauxval(AT_HWCAP) & bit) != 0;
#elif defined(__APPLE__)
  int has = 0;
  size_t size = sizeof has;
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &has, &size, nullptr, 0) == 0 && has != 0;
#elif defined(_WIN32)
  constexpr DWORD dotProduct = 43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE, which old headers lack
  return IsProcessorFeaturePresent(dotProduct) != 0;
#else
  return false;
#endif
}
#endif

bool isGranted([[maybe_unused]] InstructionSet set) {
#if defined(__x86_64__)
  return set != InstructionSet::amx || mayUseMatrices();
#else
  return true;
#endif
}

VectorTable choose() {
  const InstructionSet highest = highestAllowed();
  InstructionSet best = InstructionSet::portable;
  for (const InstructionSet set : instructionSets) {
    if (set <= highest && isSupported(set) && isGranted(set)) best = set;
  }
  return tableOf(best);
}

}  // namespace

bool isSupported(InstructionSet instructionSet) {
  switch (instructionSet) {
    case InstructionSet::portable:
      return true;
#if defined(__x86_64__)
    case InstructionSet::avx2:
      return hasAvx2() && hasFma();
    case InstructionSet::avxvnni:
      return isSupported(InstructionSet::avx2) && hasAvxVnni();
    case InstructionSet::avx512:
      // Its units have fused products, too.
      return hasFma() && hasAvx512();
    case InstructionSet::avx512vnni:
      return isSupported(InstructionSet::avx512) && hasAvx512Vnni();
    case InstructionSet::avx512vbmi:
      return isSupported(InstructionSet::avx512vnni) && hasAvx512Vbmi();
    case InstructionSet::amx:
      return isSupported(InstructionSet::avx512vbmi) && hasMatrices();
#elif defined(__aarch64__)
    case InstructionSet::neon:
      return true;
    case InstructionSet::dotprod:
      return hasDotProduct();
#elif defined(__wasm__)
    case InstructionSet::wasm:
      return true;
#endif
    default:
      return false;
  }
}

const VectorTable& bestVectors() {
  static const VectorTable best = choose();
  return best;
}

}  // namespace gdws
