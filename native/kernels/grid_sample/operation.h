#pragma once

#include "kernels/operands.h"
#include "program/functions.h"

namespace gdws {

constexpr int64_t maxGridAxes = 3;
/// Taps of a cubic sample along an axis.
constexpr int64_t maxAxisTaps = 4;

/// The elements along one axis that a sample is made of. Those beyond the edge of zeros have the weight 0.
struct AxisTaps {
  int64_t index[maxAxisTaps];
  float weight[maxAxisTaps];
};

/// A checked `gridSample`: x (N,C,H,W), grid (N,OH,OW,2), y (N,C,OH,OW), or with three spatial axes; a place of the
/// grid names the innermost axis first, from -1 to 1 across the map. Elements at taps of weight 0 are not used.
struct GridSampleOperation {
  explicit GridSampleOperation(const OperationView& operation);

  /// Taps along each axis, outermost first, of the place that the grid has at `place`; `axes` of them are written.
  void locate(const float* place, AxisTaps* taps) const;

  int64_t tapsOfAxis() const {
    return interpolation == Interpolation::nearest ? 1 : interpolation == Interpolation::linear ? 2 : 4;
  }

  int64_t images;  ///< 0 where y has no elements
  int64_t channels;
  int64_t points;                ///< of an image of y
  int64_t axes;                  ///< spatial ones
  int64_t lengths[maxGridAxes];  ///< of x
  int64_t elements;              ///< of a map of x
  Interpolation interpolation;
  OutsideMap outside;  ///< zeros, the edge repeated, or the map mirrored
  bool alignCorners;
};

}  // namespace gdws
