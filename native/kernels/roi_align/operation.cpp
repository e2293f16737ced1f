#include "kernels/roi_align/operation.h"

#include <algorithm>
#include <cmath>

#include "program/attributes.h"

namespace gdws {

namespace {

/// With a higher limit a small program could take hours.
constexpr int64_t maxSamplesOfBin = 32;

int64_t imagesOf(const OperationView& operation) {
  const Value& x = inputOf(operation, 0);
  if (x.rank() != 4) operation.fail("regions of " + describe(x.dims) + ", which is no batch of maps");
  return x.dims[0];
}

}  // namespace

RoiAlignOperation::RoiAlignOperation(const OperationView& operation) : images(operation, 2, imagesOf(operation)) {
  const auto attributes = RoiAlignAttributes::of(operation);
  takesLargest = attributes.pooling == BinPooling::largest;
  samplesOfBin = checkedBelow(operation, attributes.samples, maxSamplesOfBin + 1, "number of samples");
  halfPixel = attributes.halfPixel;
  scale = attributes.scale;
  const Value& x = inputOf(operation, 0);
  const Value& rois = inputOf(operation, 1);
  const Value& y = outputOf(operation);
  if (rois.rank() != 2 || rois.dims[1] != 4 || operation.input(2).dims != std::vector<int64_t>{rois.dims[0]}) {
    operation.fail("regions " + describe(rois.dims) + " of images " + describe(operation.input(2).dims));
  }
  if (y.rank() != 4 || y.dims[0] != rois.dims[0] || y.dims[1] != x.dims[1]) {
    operation.fail("regions " + describe(rois.dims) + " of " + describe(x.dims) + " do not give " + describe(y.dims));
  }
  regions = y.elements == 0 ? 0 : y.dims[0];
  channels = x.dims[1];
  height = x.dims[2];
  width = x.dims[3];
  binRows = y.dims[2];
  binColumns = y.dims[3];
}

RoiAxis RoiAlignOperation::axisOf(float from, float to, int64_t bins) const {
  const float offset = halfPixel ? 0.5f : 0.0f;
  const float start = from * scale - offset;
  float length = to * scale - offset - start;
  if (!halfPixel) length = std::max(length, 1.0f);
  const float bin = length / static_cast<float>(bins);
  if (samplesOfBin > 0) return {start, bin, samplesOfBin};
  // NaN has no samples; a number beyond the integers is clamped.
  const double wanted = std::ceil(bin);
  return {start, bin, wanted > 0 ? static_cast<int64_t>(std::min(wanted, 2147483647.0)) : 0};
}

int64_t RoiAlignOperation::locate(const RoiAxis& axis, int64_t bin, int64_t length, RoiSample* samples) const {
  if (axis.samples == 0 || length == 0) return 0;
  const int64_t max = maxSamples(length);
  const float corner = axis.start + static_cast<float>(bin) * axis.bin;
  int64_t first = 0;
  if (samplesOfBin == 0) {
    // A bin may be much longer than the map: samples outside of the map are skipped.
    const double distance = static_cast<double>(axis.bin) / static_cast<double>(axis.samples);
    const double before = (-1.0 - corner) / distance - 2;
    if (before > 0) first = before < static_cast<double>(axis.samples) ? static_cast<int64_t>(before) : axis.samples;
  }
  int64_t count = 0;
  // Places may be so large that they are equal as floats; `max` ends the loop then.
  for (int64_t i = first; i < axis.samples && i < first + 2 * max + 8 && count < max; ++i) {
    float place = corner + (static_cast<float>(i) + 0.5f) * axis.bin / static_cast<float>(axis.samples);
    if (!(place >= -1.0f && place <= static_cast<float>(length))) continue;
    place = std::max(place, 0.0f);
    RoiSample& sample = samples[count++];
    sample.low = std::min(static_cast<int64_t>(place), length - 1);
    sample.high = std::min(sample.low + 1, length - 1);
    sample.highWeight = sample.low == length - 1 ? 0.0f : place - static_cast<float>(sample.low);
    sample.lowWeight = 1 - sample.highWeight;
  }
  return count;
}

}  // namespace gdws
