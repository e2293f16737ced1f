// Micro-kernels of the matrix product: a tile of Rows × Vectors sums is held in registers along the whole depth.
#pragma once

#include "kernels/vector/activation.vector.h"
#include "kernels/vector/product_functions.h"
#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

/// Vector registers of the instruction set.
#if GDWS_VECTOR_BYTES == 64 || defined(__aarch64__)
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
#endif

/// Registers that a micro-kernel needs besides its sums and a row of columns: a broadcast and, without fused
/// multiply-add, a product. On ARM, four rows, the next four and a row that is left over.
#if defined(__aarch64__)
inline constexpr int otherRegisters = 3;
#elif GDWS_VECTOR_BYTES == 16
inline constexpr int otherRegisters = 2;
#else
inline constexpr int otherRegisters = 1;
#endif

template <int Rows, int Vectors>
void multiply(const MicroTile& tile) {
  Vector sum[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
    const Vector bias = tile.rowBias == nullptr ? Vector{} : broadcast(tile.rowBias[i]);
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) sum[i][v] = bias;
  }
  if (tile.columnBias != nullptr) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const Vector bias = load(tile.columnBias + v * lanes);
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) sum[i][v] += bias;
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
    const VectorPlace& place = tile.places[v];
    if (place.initial == nullptr) continue;
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) sum[i][v] += load(place.initial + i * place.initialPitch);
  }

  const float* rows = tile.rows;
  const float* columns = tile.columns;
  for (int64_t k = 0; k < tile.depth; ++k) {
    Vector column[Vectors];
    const float* ahead = tile.ahead + (k >> tile.aheadShift) * tile.aheadPitch;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      column[v] = load(columns + v * lanes);
      if (v * lanes % 16 == 0) __builtin_prefetch(ahead + v * lanes);
    }
#if defined(__aarch64__)
    // Multiplies by elements of a vector, so that several rows need one load and one register.
    constexpr int whole = Rows / lanes * lanes;
#pragma GCC unroll 16
    for (int i = 0; i < whole; i += lanes) {
      const Vector four = load(rows + i);
#pragma GCC unroll 4
      for (int l = 0; l < lanes; ++l) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sum[i + l][v] += four[l] * column[v];
      }
    }
#else
    constexpr int whole = 0;
#endif
#pragma GCC unroll 16
    for (int i = whole; i < Rows; ++i) {
      const Vector row = broadcast(rows[i]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sum[i][v] += row * column[v];
    }
    rows += tile.rowsPitch;
    columns += tile.columnsPitch;
  }

  if (tile.activation != Activation::none) {
    const Vector a = broadcast(tile.a), b = broadcast(tile.b);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sum[i][v] = activateVector(sum[i][v], tile.activation, a, b);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
    const VectorPlace& place = tile.places[v];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) store(place.result + i * place.resultPitch, sum[i][v]);
  }
}

/// Whether the registers hold a micro-kernel of this size.
constexpr bool hasMicroKernel(int rows, int vectors) {
#if defined(__wasm__)
  // V8 keeps larger ones partly in memory on x86-64, where every step then waits for it.
  if (rows * vectors > (vectors == 1 ? 12 : 9)) return false;
#endif
  return (rows + 1) * vectors + otherRegisters <= registers;
}

template <int Rows, int Vectors>
constexpr MicroKernel microKernel() {
  if constexpr (hasMicroKernel(Rows, Vectors)) {
    return multiply<Rows, Vectors>;
  } else {
    return nullptr;
  }
}

}  // namespace GDWS_ISA
}  // namespace gdws
