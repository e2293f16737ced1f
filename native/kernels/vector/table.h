#pragma once

#include "kernels/vector/elementwise_functions.h"
#include "kernels/vector/product_functions.h"
#include "kernels/vector/winograd_functions.h"

namespace gdws {

struct IntegerFunctions;

/// avxvnni, avx512vnni and dotprod add products of bytes to avx2, avx512 and neon, avx512vbmi permutations of bytes to
/// avx512vnni, amx products of matrices of bytes to that; the floats are those of the sets that they add to. wasm is
/// portable, where that is compiled to SIMD128.
enum class InstructionSet { portable, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, amx, neon, dotprod, wasm };

const char* nameOf(InstructionSet instructionSet);

/// The vector functions of one instruction set, filled in by its translation unit, but for the integers, which have
/// units of their own.
struct VectorTable {
  InstructionSet instructionSet;
  int lanes;                         ///< floats in a vector
  ProductFunctions product;          ///< matrix product, patches, depthwise
  ElementwiseFunctions elementwise;  ///< everything that reads memory once
  WinogradFunctions winograd[2];     ///< for output tiles of 2 × 2 and 4 × 4
  const IntegerFunctions* integers;  ///< products of bytes
};

extern const VectorTable portableVectors;
extern const IntegerFunctions portableIntegers;
#if defined(__x86_64__)
extern const IntegerFunctions avx2Integers, avxvnniIntegers, avx512Integers, avx512vnniIntegers, avx512vbmiIntegers;
const IntegerFunctions& amxIntegers();
extern const VectorTable avx2Vectors;
extern const VectorTable avx512Vectors;
#elif defined(__aarch64__)
extern const IntegerFunctions dotprodIntegers;
extern const VectorTable neonVectors;
#endif

/// In order, the least capable of each processor family first.
inline constexpr InstructionSet instructionSets[] = {
    InstructionSet::portable,   InstructionSet::avx2,       InstructionSet::avxvnni, InstructionSet::avx512,
    InstructionSet::avx512vnni, InstructionSet::avx512vbmi, InstructionSet::amx,     InstructionSet::neon,
    InstructionSet::dotprod,    InstructionSet::wasm};

/// Whether this build has code for it and this processor runs it.
bool isSupported(InstructionSet instructionSet);

/// The table of the best of them.
/// The environment variable GDWS_MAX_ISA (portable, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, amx, neon, dotprod,
/// wasm) excludes those above it.
const VectorTable& bestVectors();

}  // namespace gdws
