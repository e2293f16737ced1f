#pragma once

#include "kernels/operands.h"

namespace gdws {

/// Taps of a window: from `begin`, below `end`.
struct Taps {
  int64_t begin;
  int64_t end;

  int64_t count() const { return end > begin ? end - begin : 0; }
};

/// How a pooling window walks along one axis of the map.
struct PoolAxis {
  int64_t kernel;
  int64_t stride;
  int64_t dilation;
  int64_t padBegin;
  int64_t padEnd;
  int64_t from;  ///< length of the axis in x
  int64_t to;    ///< length of the axis in y

  /// Where in x the first tap of output `position` is; negative within the padding.
  int64_t start(int64_t position) const { return position * stride - padBegin; }
  /// The taps of output `position` that lie within x.
  Taps inside(int64_t position) const { return between(position, 0, from); }
  /// The taps of output `position` that lie within the padded x; rounding up lets windows reach beyond.
  Taps insidePadded(int64_t position) const { return between(position, -padBegin, from + padEnd); }

 private:
  Taps between(int64_t position, int64_t low, int64_t high) const;
};

/// The axis that the operation's ints describe, of `axes`: kernel sizes of all, then strides, dilations, paddings before and
/// after. Throws ProgramError where there is no such pooling from `from` to `to` elements.
PoolAxis poolAxis(const OperationView& operation, size_t axis, size_t axes, int64_t from, int64_t to);

/// A checked pooling: x (N,C,H,W), y (N,C,OH,OW). The output may be as long as rounding up makes it.
struct PoolOperation {
  explicit PoolOperation(const OperationView& operation);
  /// The pooling of x to y whose attributes the operation has.
  PoolOperation(const OperationView& operation, const Value& x, const Value& y);

  int64_t maps;  ///< N·C, 0 where y has no elements
  PoolAxis height;
  PoolAxis width;
};

}  // namespace gdws
