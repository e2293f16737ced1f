#include "kernels/grid_sample/operation.h"

#include <algorithm>
#include <cmath>

#include "program/attributes.h"

namespace gdws {

namespace {

/// Coordinates are clamped to this: they are outside of any map, and their index is exact in an int64.
constexpr float farAway = 1073741824.0f;

/// The place on an axis of a coordinate from -1 to 1: from centre to centre of the outer elements, or edge to edge.
float coordinateOf(float place, int64_t length, bool alignCorners) {
  const auto size = static_cast<float>(length);
  const float x = alignCorners ? (place + 1) / 2.0f * (size - 1) : ((place + 1) * size - 1) / 2.0f;
  // NaN is outside.
  return x > -farAway ? std::min(x, farAway) : -farAway;
}

/// Mirrors a place at `low` and `high` until it is between them.
float reflect(float x, float low, float high) {
  const float range = high - low;
  if (x >= low && x <= high) return x;
  if (!(range > 0)) return low;
  const float beyond = x < low ? low - x : x - high;
  const auto times = static_cast<int64_t>(beyond / range);
  const float rest = beyond - static_cast<float>(times) * range;
  return (x < low) == (times % 2 == 0) ? low + rest : high - rest;
}

/// Keys' cubic convolution, of elements at -1, 0, 1, 2 for a place `t` after 0.
void cubicWeights(float t, float* weight) {
  constexpr float a = -0.75f;
  const auto outer = [](float x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  const auto inner = [](float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  weight[0] = outer(t + 1);
  weight[1] = inner(t);
  weight[2] = inner(1 - t);
  weight[3] = outer(2 - t);
}

}  // namespace

GridSampleOperation::GridSampleOperation(const OperationView& operation) {
  const auto attributes = GridSampleAttributes::of(operation);
  interpolation = attributes.interpolation;
  outside = attributes.outside;
  alignCorners = attributes.alignCorners;
  const Value& x = inputOf(operation, 0);
  const Value& grid = inputOf(operation, 1);
  const Value& y = outputOf(operation);
  axes = static_cast<int64_t>(x.rank()) - 2;
  if (axes < 2 || axes > maxGridAxes || grid.rank() != x.rank()) {
    operation.fail("cannot sample " + describe(x.dims) + " on a grid " + describe(grid.dims));
  }
  if (axes != 2 && interpolation == Interpolation::cubic) operation.fail("a cubic sample of three axes");
  std::vector<int64_t> gridDims{y.dims.begin(), y.dims.begin() + 1};
  if (y.rank() == x.rank()) gridDims.insert(gridDims.end(), y.dims.begin() + 2, y.dims.end());
  gridDims.push_back(axes);
  if (y.rank() != x.rank() || y.dims[0] != x.dims[0] || y.dims[1] != x.dims[1] || grid.dims != gridDims) {
    operation.fail("sampling " + describe(x.dims) + " on a grid " + describe(grid.dims) + " does not give " +
                   describe(y.dims));
  }
  if (y.elements > 0 && x.elements == 0) operation.fail("there is nothing to sample: x is " + describe(x.dims));
  images = y.elements == 0 ? 0 : x.dims[0];
  channels = x.dims[1];
  points = countOf(y.dims, 2, y.rank());
  std::copy_n(x.dims.begin() + 2, axes, lengths);
  elements = countOf(x.dims, 2, x.rank());
}

void GridSampleOperation::locate(const float* place, AxisTaps* taps) const {
  const int64_t count = tapsOfAxis();
  for (int64_t axis = 0; axis < axes; ++axis) {
    const int64_t last = lengths[axis] - 1;
    const float low = alignCorners ? 0.0f : -0.5f;
    const float high = static_cast<float>(lengths[axis]) - (alignCorners ? 1.0f : 0.5f);
    float x = coordinateOf(place[axes - 1 - axis], lengths[axis], alignCorners);
    // Ties go to the even element.
    if (interpolation == Interpolation::nearest) x = std::nearbyint(x);
    if (outside == OutsideMap::reflection) x = reflect(x, low, high);
    const float floor = std::floor(x);
    const int64_t first = static_cast<int64_t>(floor) - (interpolation == Interpolation::cubic ? 1 : 0);
    AxisTaps& axisTaps = taps[axis];
    if (interpolation == Interpolation::nearest) {
      axisTaps.weight[0] = 1;
    } else if (interpolation == Interpolation::linear) {
      axisTaps.weight[0] = floor + 1 - x;
      axisTaps.weight[1] = x - floor;
    } else {
      cubicWeights(x - floor, axisTaps.weight);
    }
    for (int64_t tap = 0; tap < count; ++tap) {
      int64_t index = first + tap;
      if (outside == OutsideMap::zeros && (index < 0 || index > last)) axisTaps.weight[tap] = 0;
      if (outside == OutsideMap::reflection) {
        index = static_cast<int64_t>(reflect(static_cast<float>(index), low, high));
      }
      axisTaps.index[tap] = std::clamp<int64_t>(index, 0, last);
    }
  }
}

}  // namespace gdws
