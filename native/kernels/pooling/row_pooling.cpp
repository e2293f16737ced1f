#include "kernels/pooling/row_pooling.h"

#include <algorithm>
#include <limits>

namespace gdws {

namespace {

/// Floats of folded rows that are walked at once: they stay in the first-level cache.
constexpr int64_t sideBySide = 1024;

bool tilesExactly(const PoolAxis& axis) {
  return axis.padBegin == 0 && axis.dilation == 1 && axis.kernel <= axis.stride && axis.to * axis.stride == axis.from;
}

bool seesAll(const PoolAxis& axis) {
  const Taps taps = axis.inside(0);
  return axis.to == 1 && axis.dilation == 1 && taps.count() == axis.from;
}

}  // namespace

RowPooling::RowPooling(const PoolOperation& operation, Fold fold, const ElementwiseFunctions& functions)
    : operation_(operation),
      fold_(fold),
      functions_(functions),
      global_(seesAll(operation.height) && seesAll(operation.width)),
      padded_(operation.width.isPaddedLittle()),
      rowLength_(padded_ ? operation.width.paddedLength() : operation.width.from),
      rowsAtOnce_(tilesExactly(operation.width) ? std::max<int64_t>(1, sideBySide / std::max<int64_t>(1, rowLength_))
                                                : 1),
      pairs_(tilesExactly(operation.width) && tilesExactly(operation.height) && operation.height.kernel == 2 &&
             operation.height.stride == 2),
      scratchFloats_((rowsAtOnce_ * rowLength_ + windowOverrun + 15) / 16 * 16) {}

float RowPooling::paddingValue() const { return fold_ == Fold::max ? -std::numeric_limits<float>::infinity() : 0.0f; }

void RowPooling::prepare(float* scratch) const { std::fill_n(scratch, scratchFloats_, paddingValue()); }

void RowPooling::foldDown(const float* x, int64_t row, float* result) const {
  const auto& [maps, height, width] = operation_;
  const int64_t position = row % height.to;
  const Taps taps = height.inside(position);
  const float* map = x + row / height.to * height.from * width.from;
  const auto source = [&, start = height.start(position), dilation = height.dilation,
                       length = width.from](int64_t tap) { return map + (start + tap * dilation) * length; };
  const int64_t count = taps.count();
  if (count == 0) {
    std::fill_n(result, width.from, paddingValue());
  } else if (count == 1) {
    std::copy_n(source(taps.begin), width.from, result);
  } else {
    const BinaryFunction function = fold_ == Fold::max ? BinaryFunction::max : BinaryFunction::add;
    functions_.binary[static_cast<int>(function)][static_cast<int>(OperandForm::bothRows)][static_cast<int>(
        Activation::none)](source(taps.begin), source(taps.begin + 1), result, width.from, 0, 0);
    for (int64_t tap = taps.begin + 2; tap < taps.end; ++tap) {
      functions_.foldInto[static_cast<int>(fold_)](source(tap), result, width.from);
    }
  }
}

void RowPooling::foldAcross(const float* row, float* y) const {
  const PoolAxis& width = operation_.width;
  for (int64_t position = 0; position < width.to; ++position) {
    const Taps taps = width.inside(position);
    float folded = paddingValue();
    for (int64_t tap = taps.begin; tap < taps.end; ++tap) {
      const float x = row[width.start(position) + tap * width.dilation];
      folded = fold_ == Fold::sum ? folded + x : x > folded || x != x ? x : folded;
    }
    y[position] = folded;
  }
}

void RowPooling::rows(const float* x, float* y, int64_t first, int64_t count, float* scratch) const {
  const PoolAxis& width = operation_.width;
  if (!padded_) {
    for (int64_t i = 0; i < count; ++i) {
      foldDown(x, first + i, scratch);
      foldAcross(scratch, y + (first + i) * width.to);
    }
    return;
  }
  if (pairs_) {
    functions_.foldPairs[static_cast<int>(fold_)](x + 2 * first * rowLength_, scratch, count, rowLength_);
  } else {
    for (int64_t i = 0; i < count; ++i) foldDown(x, first + i, scratch + i * rowLength_ + width.padBegin);
  }
  const auto walk = fold_ == Fold::max ? functions_.maxWindows : functions_.sumWindows;
  walk(scratch, y + first * width.to, count * width.to, width.kernel, width.stride, width.dilation);
}

double RowPooling::whole(const float* x, int64_t map) const {
  const int64_t count = operation_.height.from * operation_.width.from;
  return functions_.foldRow[static_cast<int>(fold_)](x + map * count, count);
}

}  // namespace gdws
