#include "kernels/gdws/depthwise_columns.h"

#include "kernels/product/flat_maps.h"
#include "kernels/product/lines.h"
#include "kernels/product/patches.h"

namespace gdws {

namespace {

/// Taps whose patches are summed up at once, where lines would be too long.
constexpr int64_t tapsAtOnce = 32;

class DepthwiseColumns final : public Producer {
 public:
  DepthwiseColumns(const PixelMap& map, const GdwsShape& shape, const VectorTable& vectors)
      : map_(map),
        input_{shape.map.channels, shape.map.channels, shape.map.height, shape.map.width},
        window_(shape.map.window),
        depth_(shape.depth()),
        vectors_(vectors) {
    for (size_t c = 0; c < shape.kernelsOf.size(); ++c) {
      channelOf_.insert(channelOf_.end(), static_cast<size_t>(shape.kernelsOf[c]), static_cast<int32_t>(c));
    }
  }

  int64_t prepare(int64_t rows, int64_t columns) override {
    if (!Lines::reasonable(window_)) {
      patches_ = makePatches(map_, input_, window_, vectors_);
      return tapsAtOnce * rows * columns;
    }
    // Tiles of whole rows are read without padding, if the window allows it.
    flat_ = columns == map_.columns && FlatMaps::fits(window_, input_.width, columns);
    if (flat_) {
      flatMaps_ = FlatMaps(window_, input_.height, input_.width, std::min(rows, map_.rows), columns, vectors_);
      return flatMaps_.floats();
    }
    lines_ = Lines(window_, input_.height, input_.width, std::min(rows, map_.rows), columns, vectors_);
    return lines_.floats();
  }

  void produce(const Buffers& buffers, const PixelTile& tile, int64_t group, const Range& depth, float* panel,
               int64_t pitch, float* scratch) const override {
    if (patches_ != nullptr) {
      forKernels(
          group, depth, [](int64_t) {},
          [&](int64_t kernel, int64_t k, int64_t) { sumPatches(buffers, tile, kernel, panel + k * pitch, scratch); },
          1);
      return;
    }
    forImages(map_, tile, [&](int64_t image, int64_t row, int64_t rows, int64_t done) {
      float* result = panel + done * tile.columns;
      if (flat_) {
        FlatDepthwiseTask task = flatMaps_.task(scratch, rows);
        forKernels(
            group, depth,
            [&](int64_t channel) { flatMaps_.fill(input_.plane(buffers, image, channel), row, rows, scratch); },
            [&](int64_t kernel, int64_t k, int64_t count) {
              task.kernel = buffers.floats(1) + kernel * window_.taps();
              task.kernels = count;
              task.result = result + k * pitch;
              task.nextResult = pitch;
              vectors_.product.flatDepthwise(task);
            },
            vectors_.product.flatKernels);
        return;
      }
      DepthwiseTask task{scratch,
                         lines_.rowPitch(),
                         lines_.taps().data(),
                         window_.kernelHeight,
                         window_.kernelWidth,
                         nullptr,
                         rows,
                         tile.columns,
                         nullptr};
      forKernels(
          group, depth,
          [&](int64_t channel) {
            lines_.fill(input_.plane(buffers, image, channel), row, rows, tile.firstColumn, tile.columns, scratch);
          },
          [&](int64_t kernel, int64_t k, int64_t) {
            task.kernel = buffers.floats(1) + kernel * window_.taps();
            task.result = result + k * pitch;
            vectors_.product.depthwise(task);
          },
          1);
    });
  }

  bool spills() const override { return patches_ == nullptr; }
  double cyclesPerDepth(int64_t rows, int64_t vectors) const override {
    return 0.8 * static_cast<double>(window_.taps() * std::max(rows, vectors)) + 20;
  }
  bool hasHalo() const override { return window_.kernelHeight > window_.strideHeight; }

 private:
  void sumPatches(const Buffers& buffers, const PixelTile& tile, int64_t kernel, float* result, float* patches) const {
    const int64_t taps = window_.taps(), pixels = tile.pixels();
    const int64_t first = channelOf_[static_cast<size_t>(kernel)] * taps;
    const float* weights = buffers.floats(1) + kernel * taps;
    std::fill_n(result, pixels, 0.0f);
    for (int64_t tap = 0; tap < taps; tap += tapsAtOnce) {
      const int64_t end = std::min(taps, tap + tapsAtOnce);
      patches_->produce(buffers, tile, 0, {first + tap, first + end}, patches, pixels, nullptr);
      for (int64_t i = 0; i < end - tap; ++i) {
        for (int64_t j = 0; j < pixels; ++j) result[j] += weights[tap + i] * patches[i * pixels + j];
      }
    }
  }

  /// Calls compute(depthwise kernel, row of the panel, kernels) for rows `depth` of a group, up to `max` kernels of
  /// one channel at a time, and fill(channel) before the first of each channel.
  template <class Fill, class Compute>
  void forKernels(int64_t group, const Range& depth, Fill fill, Compute compute, int64_t max) const {
    const int32_t* const channels = channelOf_.data() + group * depth_;
    int32_t filled = -1;
    for (int64_t k = depth.begin; k < depth.end;) {
      if (channels[k] != filled) {
        filled = channels[k];
        fill(channels[k]);
      }
      int64_t count = 1;
      while (count < max && k + count < depth.end && channels[k + count] == filled) ++count;
      compute(group * depth_ + k, k - depth.begin, count);
      k += count;
    }
  }

  PixelMap map_;
  InputMaps input_;
  Window window_;
  int64_t depth_;
  const VectorTable& vectors_;
  std::vector<int32_t> channelOf_;  ///< by depthwise kernel
  bool flat_ = false;
  FlatMaps flatMaps_;                  ///< where flat
  Lines lines_;                        ///< elsewhere, but
  std::unique_ptr<Producer> patches_;  ///< where lines would be too long
};

}  // namespace

std::unique_ptr<Producer> makeDepthwiseColumns(const PixelMap& map, const GdwsShape& shape,
                                               const VectorTable& vectors) {
  return std::make_unique<DepthwiseColumns>(map, shape, vectors);
}

}  // namespace gdws
