#include "linalg/cholesky.h"

#include <limits>
#include <utility>
#include <vector>

#include "linalg/parallel.h"
#include "linalg/product.h"

namespace gdws {

namespace {

using Eigen::Index;
using Eigen::Lower;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Columns that are factorised at once: the depth of the products that follow.
constexpr Index panel = 128;

/// Rows and columns of the tiles in which the rest is updated, and right-hand sides that are solved at once. The
/// division does not depend on the number of threads, so that every product is summed in the same order.
constexpr Index tile = 256;

/// Unknowns of a triangular system that are solved between two products.
constexpr Index solved = 64;

struct Span {
  Index begin;
  Index size;
};

std::vector<Span> spans(Index begin, Index end) {
  std::vector<Span> result;
  for (; begin < end; begin += tile) result.push_back({begin, std::min(tile, end - begin)});
  return result;
}

}  // namespace

bool factorizeCholesky(Eigen::Map<MatrixXd>& matrix, int threads) {
  const Index n = matrix.rows();
  // A diagonal entry that is less than this after all columns before it are subtracted is rounding.
  const VectorXd least = matrix.diagonal() * (std::numeric_limits<double>::epsilon() * static_cast<double>(n));
  for (Index begin = 0; begin < n; begin += panel) {
    const Index size = std::min(panel, n - begin);
    auto diagonal = matrix.block(begin, begin, size, size);
    {
      Eigen::Ref<MatrixXd> inPlace(diagonal);
      const Eigen::LLT<Eigen::Ref<MatrixXd>> factor(inPlace);
      if (factor.info() != Eigen::Success) return false;
    }
    if (!(diagonal.diagonal().array().square() > least.segment(begin, size).array()).all()) return false;

    const std::vector<Span> rest = spans(begin + size, n);
    forEachInParallel(static_cast<int64_t>(rest.size()), threads, [&](int64_t i) {
      auto rows = matrix.block(rest[i].begin, begin, rest[i].size, size);
      diagonal.triangularView<Lower>().transpose().solveInPlace<Eigen::OnTheRight>(rows);
    });
    std::vector<std::pair<Span, Span>> tiles;
    for (size_t i = 0; i < rest.size(); ++i) {
      for (size_t j = 0; j <= i; ++j) tiles.emplace_back(rest[i], rest[j]);
    }
    forEachInParallel(static_cast<int64_t>(tiles.size()), threads, [&](int64_t i) {
      const auto [rows, columns] = tiles[i];
      auto updated = matrix.block(rows.begin, columns.begin, rows.size, columns.size);
      const auto left = matrix.block(rows.begin, begin, rows.size, size);
      if (rows.begin == columns.begin) {
        MatrixXd whole = updated.triangularView<Lower>();
        subtractProduct(whole, left, left.transpose());
        updated.triangularView<Lower>() = whole;
      } else {
        subtractProduct(updated, left, matrix.block(columns.begin, begin, columns.size, size).transpose());
      }
    });
  }
  return true;
}

void solveCholesky(const Eigen::Map<MatrixXd>& factor, Eigen::Map<MatrixXd>& right, int threads) {
  const std::vector<Span> parts = spans(0, right.cols());
  forEachInParallel(static_cast<int64_t>(parts.size()), threads, [&](int64_t i) {
    auto columns = right.middleCols(parts[i].begin, parts[i].size);
    const Index n = factor.rows();
    for (Index begin = 0; begin < n; begin += solved) {
      const Index size = std::min(solved, n - begin), rest = n - begin - size;
      auto own = columns.middleRows(begin, size);
      factor.block(begin, begin, size, size).triangularView<Lower>().solveInPlace(own);
      subtractProduct(columns.bottomRows(rest), factor.block(begin + size, begin, rest, size), own);
    }
    for (Index end = n; end > 0;) {
      const Index begin = (end - 1) / solved * solved, size = end - begin;
      auto own = columns.middleRows(begin, size);
      subtractProduct(own, factor.block(end, begin, n - end, size).transpose(), columns.bottomRows(n - end));
      factor.block(begin, begin, size, size).triangularView<Lower>().transpose().solveInPlace(own);
      end = begin;
    }
  });
}

}  // namespace gdws
