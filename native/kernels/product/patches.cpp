#include "kernels/product/patches.h"

#include <numeric>

#include "kernels/product/lines.h"
#include "kernels/product/rounding.h"

namespace gdws {

namespace {

class Patches final : public Producer {
 public:
  Patches(const PixelMap& map, const InputMaps& input, const Window& window, const VectorTable& vectors)
      : map_(map), input_(input), window_(window), vectors_(vectors) {}

  int64_t prepare(int64_t rows, int64_t columns) override {
    lines_ = Lines(window_, input_.height, input_.width, std::min(rows, map_.rows), columns, vectors_);
    return lines_.floats();
  }

  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Range& depth, float* panel,
               int64_t pitch, float* scratch) const override {
    const int64_t taps = window_.taps();
    forImages(map_, tile, [&](int64_t image, int64_t row, int64_t rows, int64_t done) {
      for (int64_t k = depth.begin; k < depth.end;) {
        const int64_t channel = group * input_.channelsPerGroup + k / taps;
        const int64_t end = std::min(depth.end, (k / taps + 1) * taps);
        lines_.fill(input_.plane(buffers, image, channel), row, rows, tile.firstColumn, tile.columns, scratch);
        for (; k < end; ++k) {
          vectors_.product.copyRows(scratch + lines_.taps()[static_cast<size_t>(k % taps)], lines_.rowPitch(), rows,
                                    tile.columns, panel + (k - depth.begin) * pitch + done * tile.columns);
        }
      }
    });
  }

  bool spills() const override { return true; }
  int64_t depthGrain() const override { return window_.taps(); }
  double cyclesPerDepth(int64_t rows, int64_t vectors) const override {
    return 2 * static_cast<double>(std::max(rows, vectors)) + 4;
  }
  bool hasHalo() const override { return window_.kernelHeight > window_.strideHeight; }

 private:
  PixelMap map_;
  InputMaps input_;
  Window window_;
  const VectorTable& vectors_;
  Lines lines_;
};

/// Patches of windows with strides or dilations so long that lines would be: each tap is read where it is.
class DistantPatches final : public Producer {
 public:
  DistantPatches(const PixelMap& map, const InputMaps& input, const Window& window, const VectorTable& vectors)
      : map_(map), input_(input), window_(window), vectors_(vectors) {}

  int64_t prepare(int64_t, int64_t) override { return 0; }

  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Range& depth, float* panel,
               int64_t pitch, float*) const override {
    const int64_t width = window_.kernelWidth;
    forImages(map_, tile, [&](int64_t image, int64_t row, int64_t rows, int64_t done) {
      for (int64_t k = depth.begin; k < depth.end;) {
        // Taps of one row of the kernel.
        const int64_t first = k % width, count = std::min(depth.end - k, width - first);
        const int64_t channel = group * input_.channelsPerGroup + k / window_.taps();
        const float* plane = input_.plane(buffers, image, channel);
        for (int64_t r = 0; r < rows; ++r) {
          const int64_t from =
              (row + r) * window_.strideHeight + k % window_.taps() / width * window_.dilationHeight - window_.padTop;
          float* to = panel + (k - depth.begin) * pitch + (done + r) * tile.columns;
          if (from < 0 || from >= input_.height) {
            for (int64_t i = 0; i < count; ++i) std::fill_n(to + i * pitch, tile.columns, 0.0f);
          } else {
            readTaps(plane + from * input_.width, {first, first + count}, tile, to, pitch);
          }
        }
        k += count;
      }
    });
  }

  bool spills() const override { return false; }
  double cyclesPerDepth(int64_t, int64_t vectors) const override {
    return static_cast<double>(vectors * vectors_.lanes);
  }
  bool hasHalo() const override { return false; }

 private:
  /// What some taps of a row of the kernel read of a row of the map, for the columns of a tile.
  void readTaps(const float* row, const Range& taps, const PixelTile& tile, float* to, int64_t pitch) const {
    const int64_t stride = window_.strideWidth;
    const auto columnOf = [&](int64_t tap) {
      return tile.firstColumn * stride + tap * window_.dilationWidth - window_.padLeft;
    };
    // The output columns for which all of the taps lie within the row, if these are neighbours.
    Range inside{0, 0};
    if (window_.dilationWidth == 1) {
      inside.begin = inRow(columnOf(taps.begin), tile.columns).begin;
      inside.end = std::max(inside.begin, inRow(columnOf(taps.end - 1), tile.columns).end);
    }
    if (inside.end > inside.begin) {
      const float* from = row + columnOf(taps.begin) + inside.begin * stride;
      vectors_.product.transpose(from, stride, inside.end - inside.begin, taps.end - taps.begin, to + inside.begin,
                                 pitch);
    }
    for (int64_t tap = taps.begin; tap < taps.end; ++tap, to += pitch) {
      const int64_t first = columnOf(tap);
      const Range own = inRow(first, tile.columns);
      for (const Range& part : {Range{0, inside.begin}, Range{inside.end, tile.columns}}) {
        for (int64_t j = part.begin; j < part.end; ++j) {
          to[j] = j >= own.begin && j < own.end ? row[first + j * stride] : 0.0f;
        }
      }
    }
  }

  /// The j below `columns` with first + j·stride within a row.
  Range inRow(int64_t first, int64_t columns) const {
    const auto firstAt = [&](int64_t bound) {
      return first >= bound ? 0 : std::min(columns, quotientUp(bound - first, window_.strideWidth));
    };
    return {firstAt(0), firstAt(input_.width)};
  }

  PixelMap map_;
  InputMaps input_;
  Window window_;
  const VectorTable& vectors_;
};

class Planes final : public Producer {
 public:
  Planes(const PixelMap& map, const InputMaps& input, const VectorTable& vectors)
      : map_(map), input_(input), vectors_(vectors), spread_(spreads(input.height * input.width)) {}

  int64_t prepare(int64_t, int64_t) override { return 0; }

  Columns inPlaceColumns(const Buffers& buffers, const PixelTile& tile, int64_t group, const Range& depth,
                         int64_t floats) const override {
    const int64_t image = tile.firstRow, pitch = input_.height * input_.width;
    if (!spread_ || tile.rows != 1) return {nullptr, 0};
    const float* first = input_.plane(buffers, image, group * input_.channelsPerGroup + depth.begin) + tile.firstColumn;
    const float* end = input_.plane(buffers, map_.images, 0);
    if (end - first < (depth.end - depth.begin - 1) * pitch + floats) return {nullptr, 0};
    return {first, pitch};
  }

  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Range& depth, float* panel,
               int64_t pitch, float*) const override {
    forImages(map_, tile, [&](int64_t image, int64_t, int64_t, int64_t done) {
      const float* source =
          input_.plane(buffers, image, group * input_.channelsPerGroup + depth.begin) + tile.firstColumn;
      float* result = panel + done * tile.columns;
      for (int64_t k = depth.begin; k < depth.end; ++k) {
        vectors_.product.copy(source, result, tile.columns);
        source += input_.height * input_.width;
        result += pitch;
      }
    });
  }

  bool spills() const override { return false; }
  double cyclesPerDepth(int64_t rows, int64_t vectors) const override {
    return static_cast<double>(std::max(4 * rows, vectors));
  }
  bool hasHalo() const override { return false; }

 private:
  /// Whether rows at this pitch spread over all the sets of a first-level cache. Others are better copied together.
  static bool spreads(int64_t pitch) {
    constexpr int64_t sets = 64, linesOfRow = 4;
    return pitch % lineFloats != 0 || std::gcd(pitch / lineFloats, sets) <= linesOfRow;
  }

  PixelMap map_;
  InputMaps input_;
  const VectorTable& vectors_;
  bool spread_;
};

}  // namespace

std::unique_ptr<Producer> makePatches(const PixelMap& map, const InputMaps& input, const Window& window,
                                      const VectorTable& vectors) {
  if (!Lines::reasonable(window)) return std::make_unique<DistantPatches>(map, input, window, vectors);
  return std::make_unique<Patches>(map, input, window, vectors);
}

std::unique_ptr<Producer> makePlanes(const PixelMap& map, const InputMaps& input, const VectorTable& vectors) {
  return std::make_unique<Planes>(map, input, vectors);
}

}  // namespace gdws
