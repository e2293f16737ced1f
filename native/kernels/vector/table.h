#pragma once

#include "kernels/vector/elementwise_functions.h"
#include "kernels/vector/product_functions.h"
#include "kernels/vector/winograd_functions.h"

namespace gdws {

enum class InstructionSet { portable, avx2, avx512, neon };

const char* nameOf(InstructionSet instructionSet);

/// The vector functions of one instruction set, filled in by its translation unit.
struct VectorTable {
  InstructionSet instructionSet;
  int lanes;                         ///< floats in a vector
  ProductFunctions product;          ///< matrix product, patches, depthwise
  ElementwiseFunctions elementwise;  ///< everything that reads memory once
  WinogradFunctions winograd[2];     ///< for output tiles of 2 × 2 and 4 × 4
};

extern const VectorTable portableVectors;
#if defined(__x86_64__)
extern const VectorTable avx2Vectors;
extern const VectorTable avx512Vectors;
#elif defined(__aarch64__)
extern const VectorTable neonVectors;
#endif

/// The tables this processor can run, the best first.
/// The environment variable GDWS_MAX_ISA (portable, avx2, avx512, neon) leaves out those above it.
const VectorTable& bestVectors();

}  // namespace gdws
