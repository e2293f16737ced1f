#pragma once

#include <cstdint>
#include <numeric>

namespace gdws {

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
    phase.tapStep = stride / std::gcd(stride, kernelDilation);
    // Output stride·i + remainder meets input (stride·i + remainder + pad - tap·dilation) / stride where that is an
    // integer.
    const auto distance = [&](int64_t tap) { return remainder + kernelPad - tap * kernelDilation; };
    while (phase.firstTap < phase.tapStep && distance(phase.firstTap) % stride != 0) ++phase.firstTap;
    if (phase.firstTap == phase.tapStep || phase.firstTap >= kernel) return phase;
    phase.taps = (kernel - 1 - phase.firstTap) / phase.tapStep + 1;
    phase.dilation = phase.tapStep * kernelDilation / stride;
    phase.pad = (phase.taps - 1) * phase.dilation - distance(phase.firstTap) / stride;
    return phase;
  }

  /// The original tap behind tap `i` of the ordinary convolution.
  int64_t tap(int64_t i) const { return firstTap + (taps - 1 - i) * tapStep; }
};

}  // namespace gdws
