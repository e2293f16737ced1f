#pragma once

#include <cstdint>
#include <numeric>
#include <utility>

namespace gdws {

/// The b from 0 to m - 1 for which a·b is 1 modulo m, which has no factor in common with a: Euclid's algorithm.
constexpr int64_t inverse(int64_t a, int64_t m) {
  int64_t remainder = m, next = a % m, factor = 0, nextFactor = 1;
  while (next != 0) {
    const int64_t quotient = remainder / next;
    remainder = std::exchange(next, remainder - quotient * next);
    factor = std::exchange(nextFactor, factor - quotient * nextFactor);
  }
  return (factor % m + m) % m;
}

/// One axis of a transposed convolution, for the output positions with one remainder by the stride. For these it is an
/// ordinary convolution of stride 1 with every tapStep-th tap, in reverse.
struct Phase {
  int64_t firstTap = 0;  ///< of the original kernel; the next ones are tapStep apart
  int64_t tapStep = 1;
  int64_t taps = 0;
  int64_t dilation = 1;
  int64_t pad = 0;
  int64_t outputs = 0;

  /// Of outputs remainder, remainder + stride … below `length`.
  static Phase of(int64_t remainder, int64_t stride, int64_t kernel, int64_t kernelDilation, int64_t kernelPad,
                  int64_t length) {
    Phase phase;
    phase.outputs = remainder < length ? (length - remainder - 1) / stride + 1 : 0;
    // Output stride·i + remainder meets input (stride·i + remainder + pad - tap·dilation) / stride where that is an
    // integer.
    const auto distance = [&](int64_t tap) { return remainder + kernelPad - tap * kernelDilation; };
    const int64_t divisor = std::gcd(stride, kernelDilation);
    phase.tapStep = stride / divisor;
    if (distance(0) % divisor != 0) return phase;
    phase.firstTap =
        distance(0) / divisor % phase.tapStep * inverse(kernelDilation / divisor, phase.tapStep) % phase.tapStep;
    if (phase.firstTap >= kernel) return phase;
    phase.taps = (kernel - 1 - phase.firstTap) / phase.tapStep + 1;
    phase.dilation = phase.tapStep * kernelDilation / stride;
    phase.pad = (phase.taps - 1) * phase.dilation - distance(phase.firstTap) / stride;
    return phase;
  }

  /// Whether both read the same elements for each of as many outputs.
  bool readsLike(const Phase& other) const {
    return taps == other.taps && dilation == other.dilation && pad == other.pad && outputs == other.outputs;
  }

  /// The original tap behind tap `i` of the ordinary convolution.
  int64_t tap(int64_t i) const { return firstTap + (taps - 1 - i) * tapStep; }
};

}  // namespace gdws
