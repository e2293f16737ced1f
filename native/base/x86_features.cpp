#if defined(__x86_64__)

#include "base/x86_features.h"

#include <cpuid.h>

#include <cstdint>

namespace gdws {

namespace {

// Numbers of leaves, bits and states: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID,
// and volume 1, 13.1.

struct Leaf {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

/// Zeros where the processor has no such leaf.
Leaf leafOf(unsigned number, unsigned part = 0) {
  Leaf leaf;
  if (__get_cpuid_count(number, part, &leaf.a, &leaf.b, &leaf.c, &leaf.d) == 0) return {};
  return leaf;
}

bool hasBits(uint64_t word, uint64_t bits) { return (word & bits) == bits; }

/// Whether the system keeps these registers apart for each thread.
bool keepsRegisters(uint64_t registers) {
  constexpr unsigned mayAsk = 1u << 27;
  if (!hasBits(leafOf(1).c, mayAsk)) return false;
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return hasBits(uint64_t{high} << 32 | low, registers);
}

constexpr uint64_t registersOf32Bytes = 0x6, registersOf64Bytes = 0xe6;

}  // namespace

bool hasAvx2() { return keepsRegisters(registersOf32Bytes) && hasBits(leafOf(7).b, 1u << 5); }

bool hasFma() { return keepsRegisters(registersOf32Bytes) && hasBits(leafOf(1).c, 1u << 12); }

bool hasAvxVnni() { return keepsRegisters(registersOf32Bytes) && hasBits(leafOf(7, 1).a, 1u << 4); }

bool hasAvx512() {
  constexpr unsigned f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
  return keepsRegisters(registersOf64Bytes) && hasBits(leafOf(7).b, f | dq | bw | vl);
}

bool hasAvx512Vnni() { return hasAvx512() && hasBits(leafOf(7).c, 1u << 11); }

bool hasAvx512Vbmi() { return hasAvx512() && hasBits(leafOf(7).c, 1u << 1); }

bool hasAmxInt8() { return hasBits(leafOf(7).d, 1u << 24 | 1u << 25); }

}  // namespace gdws

#endif
