#pragma once

#include "kernels/gather/indices.h"

namespace gdws {

/// A sample along one axis of a map: two neighbouring elements and their weights.
struct RoiSample {
  int64_t low;
  int64_t high;
  float lowWeight;
  float highWeight;
};

/// One axis of a region: bins of equal length from `start` on, in elements of the map, each sampled at equal distances.
struct RoiAxis {
  float start;
  float bin;
  int64_t samples;  ///< of a bin; 0 of a region without extent
};

/// A checked `roiAlign`: x (N,C,H,W), regions (R,4) from (x, y) to (x, y), the image of each (R), y (R,C,OH,OW).
struct RoiAlignOperation {
  explicit RoiAlignOperation(const OperationView& operation);

  /// Rows and columns of a region, given by its four numbers.
  RoiAxis rowsOf(const float* region) const { return axisOf(region[1], region[3], binRows); }
  RoiAxis columnsOf(const float* region) const { return axisOf(region[0], region[2], binColumns); }

  /// The largest number of samples of a bin that lie within `length` elements.
  int64_t maxSamples(int64_t length) const { return samplesOfBin > 0 ? samplesOfBin : 2 * length + 4; }
  /// Writes those samples of a bin that lie within the map, which may reach one element beyond its edges, and returns
  /// how many there are. The others are zeros.
  int64_t locate(const RoiAxis& axis, int64_t bin, int64_t length, RoiSample* samples) const;

  int64_t regions;  ///< 0 where y has no elements
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t binRows;
  int64_t binColumns;
  Indices images;
  bool takesLargest;     ///< of the weighted elements, instead of the mean of samples
  int64_t samplesOfBin;  ///< along each axis; 0 for about one for each element
  bool halfPixel;  ///< whether places count from the edge of the first element, and regions may be less than one long
  float scale;     ///< of regions, to elements of the map

 private:
  RoiAxis axisOf(float from, float to, int64_t bins) const;
};

}  // namespace gdws
