#include "native/maps.h"

#include <algorithm>

namespace gdws::test {

namespace {

/// A map smaller than the kernel needs padding to have any output.
void padForOutput(Axis& axis) {
  axis.padEnd = std::max(axis.padEnd, (axis.kernel - 1) * axis.dilation + 1 - axis.length - axis.padBegin);
}

Axis randomAxis(Random& random, int64_t kernel, int64_t stride) {
  Axis axis{};
  axis.length = random.chance(0.15) ? 1 : random.integer(1, random.choose<int64_t>({4, 9, 20, 40}));
  if (random.chance(0.3)) axis.length = random.choose<int64_t>({2, 4, 7, 8, 14, 16, 28, 32, 56});
  axis.kernel = kernel;
  axis.stride = stride;
  axis.dilation = random.chance(0.8) ? 1 : random.integer(2, 4);
  const bool same = random.chance(0.5);
  axis.padBegin = same ? (kernel - 1) * axis.dilation / 2 : random.integer(0, 3);
  axis.padEnd = same ? axis.padBegin : random.integer(0, 3);
  padForOutput(axis);
  return axis;
}

Axis randomWinogradAxis(Random& random) {
  Axis axis = randomAxis(random, 3, 1);
  axis.dilation = 1;
  padForOutput(axis);
  return axis;
}

/// A long stride, dilation or kernel, at times with padding longer than the map.
Axis randomDistantAxis(Random& random) {
  Axis axis{};
  axis.length = random.integer(1, random.choose<int64_t>({3, 100, 700}));
  axis.kernel = random.choose<int64_t>({1, 2, 3, 40, 40, 300});
  axis.stride = random.choose<int64_t>({1, 7, 33, 128});
  axis.dilation = axis.kernel > 3 ? 1 : random.choose<int64_t>({1, 50, 70000});
  const int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
  axis.padBegin = random.chance(0.5) ? 0 : random.integer(0, extent);
  axis.padEnd = random.chance(0.3) ? 0 : random.integer(0, 50);
  padForOutput(axis);
  return axis;
}

}  // namespace

Maps randomWinogradMaps(Random& random) { return {randomWinogradAxis(random), randomWinogradAxis(random)}; }

Maps randomMaps(Random& random) {
  int64_t kernel = random.choose<int64_t>({1, 1, 2, 3, 3, 3, 3, 4, 5, 7});
  int64_t stride = random.choose<int64_t>({1, 1, 1, 1, 2, 2, 3, 5});
  Maps maps{};
  maps.vertical = randomAxis(random, kernel, stride);
  if (random.chance(0.2)) {
    kernel = random.integer(1, 5);
    stride = random.integer(1, 4);
  }
  maps.horizontal = randomAxis(random, kernel, stride);
  if (random.chance(0.5)) {
    const int64_t length = maps.vertical.length;
    maps.horizontal = maps.vertical;
    maps.horizontal.length = length;
  }
  if (random.chance(0.12)) {
    maps.horizontal = randomDistantAxis(random);
    // Maps stay small.
    maps.vertical.length = std::min<int64_t>(maps.vertical.length, 5);
    padForOutput(maps.vertical);
  }
  return maps;
}

int64_t randomChannels(Random& random) {
  if (random.chance(0.2)) return 1;
  return random.chance(0.3) ? random.choose<int64_t>({8, 16, 32, 48, 64, 100}) : random.integer(1, 24);
}

int64_t randomBatch(Random& random) { return random.chance(0.5) ? 1 : random.integer(1, 9); }

void limitBatch(int64_t& batch, double costPerImage) {
  batch = std::clamp(static_cast<int64_t>(1e7 / std::max(costPerImage, 1.0)), int64_t{1}, batch);
}

std::vector<int32_t> randomKernels(Random& random, int64_t channels, int64_t groups) {
  std::vector<int32_t> kernels;
  int64_t intermediate = 0;
  const int64_t max = random.integer(0, 4);
  for (int64_t c = 0; c < channels; ++c) {
    kernels.push_back(static_cast<int32_t>(random.chance(0.3) ? max : random.integer(0, max)));
    intermediate += kernels.back();
  }
  while (intermediate % groups != 0) {
    ++kernels.back();
    ++intermediate;
  }
  return kernels;
}

}  // namespace gdws::test
