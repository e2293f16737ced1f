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
  /// Length of a row with its padding, so that every window lies within it.
  int64_t paddedLength() const;
  /// Whether a row with its padding is worth to be made.
  bool isPaddedLittle() const { return paddedLength() <= 4 * from + 1024; }

 private:
  Taps between(int64_t position, int64_t low, int64_t high) const;
};

/// Throws ProgramError where there is no such pooling.
void checkPoolAxis(const OperationView& operation, const PoolAxis& axis);

/// One of the axes that a pooling's attributes describe, from `from` to `to` elements. Throws ProgramError.
template <class Attributes>
PoolAxis poolAxis(const OperationView& operation, const Attributes& attributes, size_t axis, int64_t from, int64_t to) {
  const PoolAxis result{attributes.kernel[axis],
                        attributes.strides[axis],
                        attributes.dilations[axis],
                        attributes.pads[axis],
                        attributes.pads[axis + attributes.kernel.size()],
                        from,
                        to};
  checkPoolAxis(operation, result);
  return result;
}

/// A checked pooling: x (N,C,H,W), y (N,C,OH,OW). Its size may be rounded up.
struct PoolOperation {
  int64_t maps;  ///< N·C, 0 where y has no elements
  PoolAxis height;
  PoolAxis width;

  /// The pooling of x to y. Throws ProgramError where anything does not fit.
  template <class Attributes>
  static PoolOperation of(const OperationView& operation, const Attributes& attributes, const Value& x,
                          const Value& y) {
    return {mapsOf(operation, x, y), poolAxis(operation, attributes, 0, x.dims[2], y.dims[2]),
            poolAxis(operation, attributes, 1, x.dims[3], y.dims[3])};
  }
  /// The pooling of input 0 to the output.
  template <class Attributes>
  static PoolOperation of(const OperationView& operation, const Attributes& attributes) {
    return of(operation, attributes, inputOf(operation, 0), outputOf(operation));
  }

 private:
  static int64_t mapsOf(const OperationView& operation, const Value& x, const Value& y);
};

}  // namespace gdws
