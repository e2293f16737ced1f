#pragma once

#include "kernels/pooling/window.h"

namespace gdws {

/// Pooling by rows: the rows of x that a row of y depends on are folded to one, padded, then windows walk along it. If
/// windows tile the width exactly, several such rows lie side by side and are treated as one. Where padding is much
/// longer than the rows, it is not written: windows look for their taps.
class RowPooling {
 public:
  /// `fold` is max or sum.
  RowPooling(const PoolOperation& operation, Fold fold, const ElementwiseFunctions& functions);

  /// Whether one window is the whole map, which is then folded at once.
  bool isGlobal() const { return global_ && !pairs_; }
  /// The rows of y, of all maps, that are made at once.
  int64_t rowsAtOnce() const { return rowsAtOnce_; }
  /// Floats of scratch memory that a thread needs, in whole cache lines.
  int64_t scratchFloats() const { return scratchFloats_; }

  /// Writes the padding into a thread's scratch memory, before its first rows.
  void prepare(float* scratch) const;
  /// Folds rows first … first + count - 1 of y, count at most rowsAtOnce(), counted through all maps.
  void rows(const float* x, float* y, int64_t first, int64_t count, float* scratch) const;
  /// The fold of the whole map, where isGlobal().
  double whole(const float* x, int64_t map) const;

 private:
  float paddingValue() const;
  void foldDown(const float* x, int64_t row, float* result) const;
  /// A row of y from the folded row of x without padding.
  void foldAcross(const float* row, float* y) const;

  PoolOperation operation_;
  Fold fold_;
  const ElementwiseFunctions& functions_;
  bool global_;
  bool padded_;        ///< rows are padded
  int64_t rowLength_;  ///< of a padded row
  int64_t rowsAtOnce_;
  bool pairs_;  ///< each row of y sees the next two rows of x, of all maps
  int64_t scratchFloats_;
};

}  // namespace gdws
