#include "kernels/integer/window_words.h"

#include <algorithm>
#include <cstring>

#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// Copies `count` bytes, flipped.
void copyFlipped(const uint8_t* from, int64_t count, uint8_t flip, uint8_t* to) {
  constexpr int64_t word = sizeof(uint64_t);
  const uint64_t flips = flip * UINT64_C(0x0101010101010101);
  const auto move = [&](int64_t i) {
    uint64_t bytes;
    std::memcpy(&bytes, from + i, sizeof bytes);
    bytes ^= flips;
    std::memcpy(to + i, &bytes, sizeof bytes);
  };
  if (count < word) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i] ^ flip;
    return;
  }
  for (int64_t i = 0; i + word <= count; i += word) move(i);
  move(count - word);
}

}  // namespace

WindowWords::WindowWords(const Window& window, int64_t height, int64_t width, Packing packing, int64_t rows,
                         int64_t columns, bool acrossImages, const IntegerFunctions& functions)
    : window_(window),
      height_(height),
      width_(width),
      packing_(packing),
      rows_(rows),
      columns_(columns),
      acrossImages_(acrossImages),
      functions_(&functions) {
  const int64_t lanes = functions.lanes;
  copies_ = packing == Packing::channels ? window.kernelWidth : quotientUp(window.kernelWidth, functions.depthPerWord);
  chooseBlocks();
  const int64_t stored = blocks_.back().first + rows + blocks_.back().extra;
  copyPitch_ = roundUp(stored * columns + lanes, lanes);
  paddedPitch_ = quotientUp(window.columnSpan(columns), window.strideWidth) + 2 * lanes;
  isPhaseUsed_.assign(static_cast<size_t>(window.strideWidth), false);
  for (int64_t kw = 0; kw < window.kernelWidth; ++kw) {
    isPhaseUsed_[static_cast<size_t>(kw * window.dilationWidth % window.strideWidth)] = true;
  }
  for (int64_t copy = 0; copy < copies_; ++copy) {
    for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
      offsets_.push_back(static_cast<int32_t>(copy * copyPitch_ + rowStart_[static_cast<size_t>(kh)] * columns_));
    }
  }
}

void WindowWords::chooseBlocks() {
  // Kernel rows share stored rows, unless each of them has its own: across images, or where dilated kernel rows are far
  // apart.
  const int64_t stride = window_.strideHeight;
  const auto extraOf = [&](int64_t kh) { return kh * window_.dilationHeight / stride; };
  const auto remainderOf = [&](int64_t kh) { return kh * window_.dilationHeight % stride; };
  int64_t sharedRows = 0;
  for (int64_t kh = 0; kh < window_.kernelHeight; ++kh) {
    const auto isSame = [&](const Block& block) { return block.offset == remainderOf(kh); };
    auto found = std::find_if(blocks_.begin(), blocks_.end(), isSame);
    if (found == blocks_.end()) found = blocks_.insert(found, Block{remainderOf(kh), 0, 0});
    found->extra = extraOf(kh);
  }
  for (Block& block : blocks_) {
    block.first = sharedRows;
    sharedRows += rows_ + block.extra;
  }
  rowStart_.resize(static_cast<size_t>(window_.kernelHeight));
  if (!acrossImages_ && sharedRows <= rows_ * window_.kernelHeight) {
    for (int64_t kh = 0; kh < window_.kernelHeight; ++kh) {
      for (const Block& block : blocks_) {
        if (block.offset == remainderOf(kh)) rowStart_[static_cast<size_t>(kh)] = block.first + extraOf(kh);
      }
    }
    return;
  }
  blocks_.clear();
  for (int64_t kh = 0; kh < window_.kernelHeight; ++kh) {
    blocks_.push_back({kh * window_.dilationHeight, kh * rows_, 0});
    rowStart_[static_cast<size_t>(kh)] = kh * rows_;
  }
}

int64_t WindowWords::tapOf(int64_t step, int64_t i) const {
  const int64_t copy = step / window_.kernelHeight, kh = step % window_.kernelHeight;
  if (packing_ == Packing::channels) return kh * window_.kernelWidth + copy;
  const int64_t kw = copy * functions_->depthPerWord + i;
  return kw < window_.kernelWidth ? kh * window_.kernelWidth + kw : -1;
}

size_t WindowWords::scratchBytes() const {
  // Padded bytes of each channel, and their words.
  const int64_t phases = window_.strideWidth;
  const int64_t bytes = phases * paddedPitch_ * functions_->depthPerWord;
  return static_cast<size_t>(roundUp(bytes, 64) + roundUp(4 * (phases * paddedPitch_ + functions_->lanes), 64));
}

void WindowWords::padRow(const uint8_t* from, const Source& source, int64_t firstColumn, int64_t columns,
                         uint8_t* to) const {
  const int64_t stride = window_.strideWidth;
  const int64_t length = quotientUp(window_.columnSpan(columns), stride);
  for (int64_t phase = 0; phase < stride; ++phase, to += paddedPitch_) {
    if (!isPhaseUsed_[static_cast<size_t>(phase)]) continue;
    // Columns first, first + stride, … of the map; `begin` to `end` of them are inside.
    const int64_t first = firstColumn + phase;
    const int64_t begin = first >= 0 ? 0 : std::min(length, quotientUp(-first, stride));
    const int64_t end = first >= width_ ? begin : std::clamp(quotientUp(width_ - first, stride), begin, length);
    for (int64_t i = 0; i < begin; ++i) to[i] = source.zero;
    if (stride == 1) {
      copyFlipped(from + first + begin, end - begin, source.flip, to + begin);
    } else {
      for (int64_t i = begin; i < end; ++i) to[i] = from[first + i * stride] ^ source.flip;
    }
    for (int64_t i = end; i < length; ++i) to[i] = source.zero;
  }
}

void WindowWords::fillZeros(const Source& source, int64_t columns, int32_t* row) const {
  const uint32_t ones = functions_->depthPerWord == 4 ? 0x01010101u : 0x00010001u;
  const auto zeros = static_cast<int32_t>(source.zero * ones);
  for (int64_t copy = 0; copy < copies_; ++copy) std::fill_n(row + copy * copyPitch_, columns, zeros);
}

void WindowWords::fill(const Source& source, const PixelMap& map, const PixelTile& tile, int32_t* words,
                       std::byte* scratch) const {
  const int64_t phases = window_.strideWidth, perWord = functions_->depthPerWord;
  const int64_t channelPitch = phases * paddedPitch_;
  auto* bytes = reinterpret_cast<uint8_t*>(scratch);
  auto* paddedWords = reinterpret_cast<int32_t*>(scratch + roundUp(channelPitch * perWord, 64));
  const int64_t firstColumn = tile.firstColumn * window_.strideWidth - window_.padLeft;
  const int64_t firstImage = tile.firstRow / map.rows, firstRow = tile.firstRow % map.rows;
  const uint8_t* sources[IntegerDepthwiseTask::maxKernels];
  for (const Block& block : blocks_) {
    for (int64_t i = 0; i < tile.rows + block.extra; ++i) {
      const int64_t row = acrossImages_ ? (firstRow + i) % map.rows : firstRow + i;
      const int64_t image = acrossImages_ ? firstImage + (firstRow + i) / map.rows : firstImage;
      const int64_t inputRow = row * window_.strideHeight - window_.padTop + block.offset;
      int32_t* to = words + (block.first + i) * columns_;
      if (inputRow < 0 || inputRow >= height_) {
        fillZeros(source, tile.columns, to);
        continue;
      }
      const uint8_t* from = source.plane + image * source.imagePitch + inputRow * width_;
      for (int64_t c = 0; c < source.channels; ++c) {
        padRow(from + c * height_ * width_, source, firstColumn, tile.columns, bytes + c * channelPitch);
      }
      if (packing_ == Packing::taps) {
        for (int64_t copy = 0; copy < copies_; ++copy) {
          for (int64_t j = 0; j < perWord; ++j) {
            sources[j] = bytes + columnStart(std::min(copy * perWord + j, window_.kernelWidth - 1));
          }
          functions_->interleave(sources, tile.columns, to + copy * copyPitch_);
        }
        continue;
      }
      for (int64_t phase = 0; phase < phases; ++phase) {
        if (!isPhaseUsed_[static_cast<size_t>(phase)]) continue;
        for (int64_t j = 0; j < perWord; ++j) {
          sources[j] = bytes + std::min(j, source.channels - 1) * channelPitch + phase * paddedPitch_;
        }
        const int64_t length = quotientUp(window_.columnSpan(tile.columns), phases);
        functions_->interleave(sources, length, copies_ == 1 ? to : paddedWords + phase * paddedPitch_);
      }
      if (copies_ == 1) continue;
      for (int64_t copy = 0; copy < copies_; ++copy) {
        functions_->copy(paddedWords + columnStart(copy), tile.columns, to + copy * copyPitch_);
      }
    }
  }
}

}  // namespace gdws
