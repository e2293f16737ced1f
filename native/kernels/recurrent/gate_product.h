#pragma once

#include <memory>
#include <string>

#include "kernels/kernel.h"
#include "kernels/product/blocking.h"

namespace gdws {

/// Gates of a state, in rows of whole vectors: unit j of gate g of row b at b·rowPitch + g·gatePitch + j.
struct GateRows {
  float* floats;
  int64_t rowPitch, gatePitch;
};

/// Adds states times the recurrent weights of some gates to these gates: for each row b,
/// gates(g, j) += Σ_k r(g·hidden + j, k)·state(k). The units are divided into parts, which threads may share; the
/// weights of all gates of a part lie together, step of depth by step.
class GateProduct {
 public:
  /// Of gates firstGate.. of r, for at most `rows` rows of states.
  GateProduct(int64_t hidden, int64_t firstGate, int64_t gates, int64_t rows, const VectorTable& vectors);

  int64_t parts() const { return blocking_.vectors.parts; }
  /// The units of some parts.
  Range units(const Range& parts) const;
  /// Floats of the packed weights.
  int64_t packedFloats() const;
  /// The part of `packed` that belongs to some parts, from all weights r.
  void pack(const float* r, const Range& parts, float* packed) const;
  /// What packings of the same r have in common exactly if they are the same.
  std::string key() const;
  /// For some parts of the gates of `rows` rows; state k of row b is states[k·rows + b].
  void add(const float* packed, const float* states, int64_t rows, const Range& parts, const GateRows& gates) const;
  /// Estimated cycles of that for a thread with so many parts.
  double cycles(int64_t rows, int64_t parts) const;

 private:
  /// Where a part begins in the packed weights.
  int64_t partAt(int64_t part) const;

  int64_t hidden_, firstGate_, gates_;
  const VectorTable& vectors_;
  Blocking blocking_;
};

}  // namespace gdws
