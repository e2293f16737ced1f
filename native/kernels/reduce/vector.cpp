#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reduce/operation.h"
#include "kernels/registry.h"
#include "program/attributes.h"

namespace gdws {

namespace {

/// The number of results of a tile where the innermost axis is kept: they stay in the first-level cache.
constexpr int64_t tile = 1024;

/// The fold behind a function, which transforms the folded numbers at the end.
Fold foldOf(ReduceFunction function) {
  switch (function) {
    case ReduceFunction::max:
      return Fold::max;
    case ReduceFunction::min:
      return Fold::min;
    case ReduceFunction::prod:
      return Fold::product;
    case ReduceFunction::l1:
      return Fold::sumAbsolute;
    case ReduceFunction::l2:
    case ReduceFunction::sumSquare:
      return Fold::sumSquare;
    default:
      return Fold::sum;
  }
}

double startOf(Fold fold) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return fold == Fold::max ? -infinity : fold == Fold::min ? infinity : fold == Fold::product ? 1 : 0;
}

double join(Fold fold, double a, double b) {
  switch (fold) {
    case Fold::max:
      return a > b || a != a ? a : b;
    case Fold::min:
      return a < b || a != a ? a : b;
    case Fold::product:
      return a * b;
    default:
      return a + b;
  }
}

/// Where the innermost axis of x is reduced, folds rows of x; where it is kept, folds rows into rows of results.
class ReduceVector final : public Kernel {
 public:
  ReduceVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions), fold_(foldOf(operation_.function)) {
    operation_.kept = operation_.kept.collapsed();
    operation_.reduced = operation_.reduced.collapsed();
    innermostKept_ = operation_.kept.axes.back().strides[0] == 1;
    oneRow_ = operation_.reduced.axes.size() == 1 && operation_.reduced.axes.back().strides[0] == 1;
  }

  void run(const Buffers& buffers, const Team& team) const override {
    const float* x = buffers.floats(0);
    float* y = buffers.result();
    const Range share = team.share(operation_.kept.elements, innermostKept_ ? 16 : 1);
    forEachRun(operation_.kept, share, [&](int64_t first, int64_t count, const Offsets& offsets) {
      const int64_t stride = operation_.kept.axes.back().strides[0];
      if (innermostKept_) {
        for (int64_t i = 0; i < count; i += tile) {
          columns(x + offsets[0] + i, y + first + i, std::min(tile, count - i));
        }
      } else {
        for (int64_t i = 0; i < count; ++i) y[first + i] = static_cast<float>(row(x + offsets[0] + i * stride));
      }
    });
  }

 private:
  /// Calls visit with each run of elements that are reduced together, x being where they begin.
  template <class Visit>
  void forEachRow(const float* x, Visit visit) const {
    forEachRun(operation_.reduced, {0, operation_.reduced.elements},
               [&](int64_t, int64_t count, const Offsets& offsets) { visit(x + offsets[0], count); });
  }

  double finish(double folded) const {
    switch (operation_.function) {
      case ReduceFunction::mean:
        return folded / static_cast<double>(operation_.reduced.elements);
      case ReduceFunction::l2:
        return std::sqrt(folded);
      case ReduceFunction::logSum:
        return std::log(folded);
      default:
        return folded;
    }
  }

  double foldAll(const float* x, Fold fold) const {
    if (oneRow_) return functions_.foldRow[static_cast<int>(fold)](x, operation_.reduced.elements);
    double folded = startOf(fold);
    forEachRow(x, [&](const float* elements, int64_t count) {
      folded = join(fold, folded, functions_.foldRow[static_cast<int>(fold)](elements, count));
    });
    return folded;
  }

  double row(const float* x) const {
    if (operation_.function != ReduceFunction::logSumExp) return finish(foldAll(x, fold_));
    const double maximum = foldAll(x, Fold::max);
    if (std::isinf(maximum)) return maximum;
    double sum = 0;
    forEachRow(x, [&](const float* elements, int64_t count) {
      sum += functions_.exponentials(elements, nullptr, count, static_cast<float>(maximum));
    });
    return maximum + std::log(sum);
  }

  /// Calls visit with each row of elements that are reduced into columns.
  template <class Visit>
  void forEachColumnRow(const float* x, Visit visit) const {
    const int64_t stride = operation_.reduced.axes.back().strides[0];
    forEachRow(x, [&](const float* elements, int64_t count) {
      for (int64_t i = 0; i < count; ++i) visit(elements + i * stride);
    });
  }

  void foldColumns(const float* x, float* y, int64_t columns, Fold fold) const {
    std::fill_n(y, columns, static_cast<float>(startOf(fold)));
    forEachColumnRow(x, [&](const float* row) { functions_.foldInto[static_cast<int>(fold)](row, y, columns); });
  }

  void columns(const float* x, float* y, int64_t columns) const {
    if (operation_.function == ReduceFunction::logSumExp) {
      float sums[tile] = {};
      foldColumns(x, y, columns, Fold::max);
      forEachColumnRow(x, [&](const float* row) { functions_.exponentialsInto(row, y, nullptr, sums, columns); });
      for (int64_t i = 0; i < columns; ++i) {
        if (!std::isinf(y[i])) y[i] += std::log(sums[i]);
      }
      return;
    }
    foldColumns(x, y, columns, fold_);
    if (fold_ == Fold::sum || fold_ == Fold::sumSquare) {
      for (int64_t i = 0; i < columns; ++i) y[i] = static_cast<float>(finish(y[i]));
    }
  }

  ReduceOperation operation_;
  const ElementwiseFunctions& functions_;
  Fold fold_;
  bool innermostKept_;
  bool oneRow_;  ///< the reduced elements are consecutive
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type == DataType::float32;
}

}  // namespace

const KernelDefinition reduceVector = {"reduce.vector", Opcode::reduce, overwritesNothing, supports,
                                       makeVectorKernel<ReduceVector>};

}  // namespace gdws
