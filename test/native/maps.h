#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "native/random.h"

namespace gdws::test {

/// One axis of a window over a map.
struct Axis {
  int64_t length, kernel, stride, dilation, padBegin, padEnd;

  int64_t output() const { return (length + padBegin + padEnd - ((kernel - 1) * dilation + 1)) / stride + 1; }
  /// The length of the transposed convolution's output, before what an output padding adds.
  int64_t transposedOutput() const { return (length - 1) * stride + (kernel - 1) * dilation + 1 - padBegin - padEnd; }
};

struct Maps {
  Axis vertical, horizontal;
};

/// Maps and windows of convolutions: 1×1 maps, pads larger than the kernel, strides beyond it.
Maps randomMaps(Random& random);
/// The same for windows of 3×3 with stride and dilation 1.
Maps randomWinogradMaps(Random& random);

/// The number of a map's channels: often 1.
int64_t randomChannels(Random& random);
int64_t randomBatch(Random& random);
/// Keeps a case to some 10 million multiplications.
void limitBatch(int64_t& batch, double costPerImage);

/// Attributes with these groups and this window.
template <class Attributes>
Attributes windowOf(int64_t groups, const Maps& maps) {
  const auto both = [&](int64_t Axis::*member) {
    return std::array{static_cast<int32_t>(maps.vertical.*member), static_cast<int32_t>(maps.horizontal.*member)};
  };
  const auto [top, left] = both(&Axis::padBegin);
  const auto [bottom, right] = both(&Axis::padEnd);
  Attributes attributes;
  attributes.groups = static_cast<int32_t>(groups);
  attributes.strides = both(&Axis::stride);
  attributes.dilations = both(&Axis::dilation);
  attributes.pads = {top, left, bottom, right};
  return attributes;
}

/// g_c of each channel of a GDWS convolution; the intermediate channels divide among the groups.
std::vector<int32_t> randomKernels(Random& random, int64_t channels, int64_t groups);

}  // namespace gdws::test
