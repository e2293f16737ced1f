#include "kernels/integer/window_words.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <utility>

#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// No load has so many bytes.
constexpr int tooFar = IntegerPatterns::bytes + 1;

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

WindowWords::WindowWords(const Window& window, int64_t height, int64_t width, Packing packing,
                         const IntegerTiles& tiles, const IntegerFunctions& functions)
    : window_(window),
      height_(height),
      width_(width),
      packing_(packing),
      map_(tiles.map),
      rows_(tiles.tiling.rows.largest()),
      columns_(tiles.rowPitch()),
      acrossImages_(tiles.acrossImages),
      functions_(&functions) {
  const int64_t lanes = functions.lanes;
  copies_ = packing == Packing::channels ? window.kernelWidth : quotientUp(window.kernelWidth, functions.depthPerWord);
  chooseBlocks();
  const int64_t stored = blocks_.back().first + rows_ + blocks_.back().extra;
  if (packing == Packing::bytes) {
    paddedLength_ = window.columnSpan(columns_);
    patterns_ = choosePatterns(window, columns_, lanes);
    storedBytes_ = stored * patterns_.pitch;
    copyPitch_ = wholeLines(quotientUp(storedBytes_ + IntegerPatterns::bytes, 4));
    for (int64_t copy = 0; copy < copies_; ++copy) {
      for (const int64_t start : rowStart_) {
        const int64_t column = copy * functions.depthPerWord * window.dilationWidth;
        offsets_.push_back(static_cast<int32_t>(start * patterns_.pitch + column));
      }
    }
    placePatterns();
    makeGathers(tiles);
    return;
  }
  copyPitch_ = roundUp(stored * columns_ + lanes, lanes);
  paddedLength_ = window.columnSpan(columns_) + 3 * lanes;
  for (int64_t copy = 0; copy < copies_; ++copy) {
    for (int64_t kh = 0; kh < window.kernelHeight; ++kh) {
      offsets_.push_back(static_cast<int32_t>(copy * copyPitch_ + rowStart_[static_cast<size_t>(kh)] * columns_));
    }
  }
  const bool isPointwise = window.kernelWidth == 1 && window.padLeft == 0;
  isFlat_ = window.strideHeight == 1 && window.strideWidth == 1 && width == map_.columns &&
            (columns_ == width || isPointwise);
  // Of a window that moves by two, all rows of the map are taken at once, too, and then parted into blocks.
  isPaired_ = packing == Packing::taps && window.strideHeight == 2 && window.strideWidth == 2 &&
              window.dilationWidth == 1 && width == 2 * columns_ && columns_ == map_.columns && blocks_.size() == 2 &&
              !acrossImages_;
  if (isPaired_) {
    runGuard_ = roundUp(std::abs(window.padLeft) + window.kernelWidth + 2 * lanes, 64);
    runPitch_ = roundUp(window.rowSpan(rows_) * width + 2 * runGuard_, 64);
  }
  if (!isFlat_) return;
  int64_t most = 0;
  for (const Block& block : blocks_) most = std::max(most, (rows_ + block.extra) * columns_);
  runGuard_ = roundUp(std::abs(window.padLeft) + window.columnSpan(1) + 2 * lanes, 64);
  runPitch_ = most + 2 * runGuard_;
  isRun_ = columns_ == width && packing == Packing::taps && window.dilationWidth == 1 && blocks_.size() == 1 &&
           !acrossImages_;
  if (isRun_) makeMasks(std::min(most, height_ * width_));  // of rows inside of the map
}

WindowWords::Packing WindowWords::packingOfTaps(const Window& window, const IntegerTiles& tiles,
                                                const IntegerFunctions& functions) {
  if (functions.depthwiseOfBytes == nullptr) return Packing::taps;
  const Patterns patterns = choosePatterns(window, tiles.rowPitch(), functions.lanes);
  return patterns.reach <= IntegerPatterns::bytes ? Packing::bytes : Packing::taps;
}

/// At a distance of rows that lets few loads touch two cache lines, unless it makes them longer.
WindowWords::Patterns WindowWords::choosePatterns(const Window& window, int64_t columns, int64_t lanes) {
  const int64_t length = window.columnSpan(columns);
  // They are where they were as many vectors before as have whole rows.
  const int64_t period = columns / std::gcd(columns, lanes);
  Patterns best;
  for (const auto pitch : {static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(length))), length}) {
    const auto byteOf = [&](int64_t pixel) { return pixel / columns * pitch + pixel % columns * window.strideWidth; };
    Patterns patterns{{}, IntegerPatterns::fewBytes, pitch};
    for (int64_t pixel = 0; pixel < period * lanes; ++pixel) {
      for (int64_t i = 0; i < 4; ++i) {
        const int64_t byte = byteOf(pixel) - byteOf(pixel / lanes * lanes) + i * window.dilationWidth;
        patterns.bytes.push_back(static_cast<uint8_t>(byte));
        if (byte >= patterns.reach) patterns.reach = IntegerPatterns::bytes;
        if (byte >= patterns.reach) patterns.reach = tooFar;
      }
    }
    if (best.pitch == 0 || patterns.reach < best.reach) best = std::move(patterns);
  }
  return best;
}

void WindowWords::placePatterns() {
  for (int64_t pixel = 0; pixel < rows_ * columns_; pixel += functions_->lanes) {
    patternsAt_.push_back(
        static_cast<int32_t>(pixel / columns_ * patterns_.pitch + pixel % columns_ * window_.strideWidth));
  }
}

void WindowWords::makeGathers(const IntegerTiles& tiles) {
  constexpr int64_t size = IntegerPatterns::bytes, manyTiles = 8;
  if (acrossImages_ || patterns_.pitch >= size || tiles.tiling.count() > manyTiles) return;
  for (int64_t index = 0; index < tiles.tiling.count(); ++index) {
    const PixelTile tile = tiles.tiling.tile(index);
    // The byte of the map that each byte of the padded one is.
    std::vector<int64_t> bytes(static_cast<size_t>(roundUp(storedBytes_, size)), -1);
    const int64_t firstColumn = tile.firstColumn * window_.strideWidth - window_.padLeft;
    for (const Block& block : blocks_) {
      const Rows rows{0, tile.firstRow, tile.rows + block.extra, 0};
      const auto [first, begin, end] = inside(block, rows);
      for (int64_t row = begin; row < end; ++row) {
        for (int64_t i = 0; i < paddedLength_; ++i) {
          const int64_t column = firstColumn + i;
          if (column < 0 || column >= width_) continue;
          bytes[static_cast<size_t>((block.first + row) * patterns_.pitch + i)] =
              (first + row * window_.strideHeight) * width_ + column;
        }
      }
    }
    Gather gather{tile.firstRow, tile.firstColumn, {}};
    for (size_t at = 0; at < bytes.size(); at += size) {
      IntegerGatherTask::Source source{};
      int64_t least = height_ * width_;
      for (size_t i = 0; i < size; ++i) {
        if (bytes[at + i] >= 0) least = std::min(least, bytes[at + i]);
      }
      source.at = least;
      for (size_t i = 0; i < size; ++i) {
        if (bytes[at + i] < 0) continue;
        const int64_t distance = bytes[at + i] - least;
        if (distance >= size) {
          gathers_.clear();
          return;
        }
        source.indices[i] = static_cast<uint8_t>(distance);
        source.inside |= uint64_t{1} << i;
        source.loaded |= uint64_t{1} << distance;
      }
      gather.sources.push_back(source);
    }
    gathers_.push_back(std::move(gather));
  }
}

void WindowWords::makeMasks(int64_t count) {
  const int64_t perWord = functions_->depthPerWord, bits = 32 / perWord;
  const uint32_t all = perWord == 4 ? 0xff : 0xffff;
  masksPitch_ = roundUp(count, functions_->lanes);
  masks_.assign(static_cast<size_t>(copies_ * masksPitch_), 0);
  for (int64_t copy = 0; copy < copies_; ++copy) {
    for (int64_t i = 0; i < count; ++i) {
      uint32_t mask = 0;
      for (int64_t j = 0; j < perWord; ++j) {
        const int64_t column = i % columns_ + copy * perWord + j - window_.padLeft;
        if (column >= 0 && column < width_) mask |= all << (bits * j);
      }
      masks_[static_cast<size_t>(copy * masksPitch_ + i)] = static_cast<int32_t>(mask);
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

int64_t WindowWords::scratchBytes() const {
  // Bytes or words of a padded row, or of rows that follow each other.
  if (isPaired_) {
    const int64_t pairs = window_.rowSpan(rows_) * columns_ + functions_->lanes;
    return std::max(runPitch_ + roundUp(4 * pairs, 64), roundUp(4 * paddedLength_, 64));
  }
  return roundUp(4 * std::max(paddedLength_, runPitch_), 64);
}

WindowWords::Columns WindowWords::columnsOf(const PixelTile& tile) const {
  Columns columns{};
  columns.first = tile.firstColumn * window_.strideWidth - window_.padLeft;
  columns.length = window_.columnSpan(tile.columns);
  columns.begin = std::clamp<int64_t>(-columns.first, 0, columns.length);
  columns.end = std::clamp(width_ - columns.first, columns.begin, columns.length);
  return columns;
}

int32_t WindowWords::wordOf(const Source& source) const {
  return static_cast<int32_t>(source.zero * (functions_->depthPerWord == 4 ? 0x01010101u : 0x00010001u));
}

void WindowWords::fillZeros(const Source& source, int64_t count, int32_t* words) const {
  const int32_t zeros = wordOf(source);
  for (int64_t copy = 0; copy < copies_; ++copy) std::fill_n(words + copy * copyPitch_, count, zeros);
}

template <class Visit>
void WindowWords::forRows(const PixelTile& tile, const Block& block, Visit visit) const {
  if (!acrossImages_) {
    visit(Rows{tile.firstRow / map_.rows, tile.firstRow % map_.rows, tile.rows + block.extra, 0});
    return;
  }
  forImages(map_, tile, [&](int64_t image, int64_t row, int64_t count, int64_t done) {
    visit(Rows{image, row, count, done});
  });
}

WindowWords::Place WindowWords::place(const PixelTile& tile) const {
  Place place{tile, tile.firstRow / map_.rows, tile.firstRow % map_.rows, 0, 0};
  const int64_t first = place.row - window_.padTop, count = tile.rows + blocks_.front().extra;
  place.begin = std::clamp<int64_t>(-first, 0, count);
  place.end = std::clamp(height_ - first, place.begin, count);
  return place;
}

void WindowWords::fill(const Source& source, const Place& place, int32_t* words, std::byte* scratch) const {
  if (packing_ == Packing::bytes) {
    fillPadded(source, place, reinterpret_cast<uint8_t*>(words));
    return;
  }
  if (isPaired_) {
    fillPairs(source, place, words, scratch);
    return;
  }
  if (!isRun_) {
    fillBlocks(source, place.tile, words, scratch);
    return;
  }
  IntegerRunTask task{};
  task.from = source.plane + place.image * source.imagePitch + (place.row - window_.padTop + place.begin) * width_;
  task.count = (place.end - place.begin) * width_;
  task.flip = source.flip;
  task.zeros = wordOf(source);
  task.before = place.begin * width_;
  task.after = (place.tile.rows + blocks_.front().extra - place.end) * width_;
  task.bytes = reinterpret_cast<uint8_t*>(scratch) + runGuard_;
  for (int64_t copy = 0; copy < copies_; ++copy) {
    task.first = copy * functions_->depthPerWord - window_.padLeft;
    task.masks = masks_.data() + copy * masksPitch_;
    task.words = words + copy * copyPitch_;
    functions_->run(task);
  }
}

WindowWords::RowsInside WindowWords::inside(const Block& block, const Rows& rows) const {
  const int64_t stride = window_.strideHeight;
  const int64_t first = rows.first * stride - window_.padTop + block.offset;
  const int64_t begin = first >= 0 ? 0 : std::min(rows.count, quotientUp(-first, stride));
  const int64_t end = first >= height_ ? begin : std::clamp(quotientUp(height_ - first, stride), begin, rows.count);
  return {first, begin, end};
}

void WindowWords::fillPadded(const Source& source, const Place& place, uint8_t* bytes) const {
  const PixelTile& tile = place.tile;
  for (const Gather& gather : gathers_) {
    if (gather.row != place.row || gather.column != tile.firstColumn) continue;
    functions_->gather({source.plane + place.image * source.imagePitch, gather.sources.data(),
                        static_cast<int64_t>(gather.sources.size()), source.flip, source.zero, bytes});
    return;
  }
  IntegerPaddingTask task{};
  task.first = tile.firstColumn * window_.strideWidth - window_.padLeft;
  task.fromPitch = window_.strideHeight * width_;
  task.width = width_;
  task.flip = source.flip;
  task.zero = source.zero;
  task.length = paddedLength_;
  task.toPitch = patterns_.pitch;
  for (const Block& block : blocks_) {
    forRows(tile, block, [&](const Rows& rows) {
      const auto [first, begin, end] = inside(block, rows);
      uint8_t* const to = bytes + (block.first + rows.done) * task.toPitch;
      std::fill_n(to, begin * task.toPitch, source.zero);
      task.to = to + begin * task.toPitch;
      task.rows = end - begin;
      task.from = source.plane + rows.image * source.imagePitch + (first + begin * window_.strideHeight) * width_;
      functions_->pad(task);
      std::fill_n(to + end * task.toPitch, (rows.count - end) * task.toPitch, source.zero);
    });
  }
}

void WindowWords::fillPairs(const Source& source, const Place& place, int32_t* words, std::byte* scratch) const {
  const int64_t first = place.row * 2 - window_.padTop, count = window_.rowSpan(place.tile.rows);
  const int64_t begin = std::clamp<int64_t>(-first, 0, count), end = std::clamp(height_ - first, begin, count);
  auto* const bytes = reinterpret_cast<uint8_t*>(scratch) + runGuard_;
  auto* const pairs = reinterpret_cast<int32_t*>(scratch + runPitch_);
  const int64_t inside = end - begin;
  copyFlipped(source.plane + place.image * source.imagePitch + (first + begin) * width_, inside * width_, source.flip,
              bytes);
  const int32_t zeros = wordOf(source);
  for (int64_t copy = 0; copy < copies_; ++copy) {
    if (inside > 0) {
      functions_->everySecond(bytes + copy * functions_->depthPerWord - window_.padLeft, inside * columns_, pairs);
      padColumns(source, copy, inside, pairs);
    }
    for (const Block& block : blocks_) {
      int32_t* to = words + copy * copyPitch_ + block.first * columns_;
      for (int64_t i = 0; i < place.tile.rows + block.extra; ++i, to += columns_) {
        const int64_t row = block.offset + 2 * i;
        if (row < begin || row >= end) {
          std::fill_n(to, columns_, zeros);
        } else {
          std::copy_n(pairs + (row - begin) * columns_, columns_, to);
        }
      }
    }
  }
}

void WindowWords::fillBlocks(const Source& source, const PixelTile& tile, int32_t* words, std::byte* scratch) const {
  const Columns columns = columnsOf(tile);
  const int64_t stride = window_.strideHeight;
  for (const Block& block : blocks_) {
    forRows(tile, block, [&](const Rows& rows) {
      const uint8_t* const plane = source.plane + rows.image * source.imagePitch;
      int32_t* const to = words + (block.first + rows.done) * columns_;
      const auto [first, begin, end] = inside(block, rows);
      fillZeros(source, begin * columns_, to);
      if (isFlat_ && columns_ == width_) {
        if (end > begin) {
          fillRun(source, plane + (first + begin) * width_, end - begin, columns_, to + begin * columns_, scratch);
        }
      } else {
        for (int64_t i = begin; i < end; ++i) {
          const uint8_t* const from = plane + (first + i * stride) * width_;
          if (isFlat_) {
            fillRun(source, from + tile.firstColumn, 1, tile.columns, to + i * columns_, scratch);
          } else {
            fillRow(source, from, tile, columns, to + i * columns_, scratch);
          }
        }
      }
      fillZeros(source, (rows.count - end) * columns_, to + end * columns_);
    });
  }
}

void WindowWords::fillRow(const Source& source, const uint8_t* from, const PixelTile& tile, const Columns& columns,
                          int32_t* words, std::byte* scratch) const {
  const int64_t stride = window_.strideWidth, dilation = window_.dilationWidth, perWord = functions_->depthPerWord;
  const auto [first, length, begin, end] = columns;
  const uint8_t* sources[IntegerDepthwiseTask::maxKernels];
  if (packing_ == Packing::channels) {
    auto* const row = reinterpret_cast<int32_t*>(scratch);
    const int32_t zeros = wordOf(source);
    std::fill_n(row, begin, zeros);
    for (int64_t j = 0; j < perWord; ++j) {
      sources[j] = from + std::min(j, source.channels - 1) * height_ * width_ + first + begin;
    }
    functions_->interleaveExactly(sources, end - begin, source.flip, row + begin);
    std::fill_n(row + end, length - end, zeros);
    for (int64_t copy = 0; copy < copies_; ++copy) {
      functions_->copy(row + copy * dilation, stride, tile.columns, words + copy * copyPitch_);
    }
    return;
  }
  auto* const row = reinterpret_cast<uint8_t*>(scratch);
  std::fill_n(row, begin, source.zero);
  copyFlipped(from + first + begin, end - begin, source.flip, row + begin);
  std::fill_n(row + end, length - end, source.zero);
  for (int64_t copy = 0; copy < copies_; ++copy) {
    int32_t* const to = words + copy * copyPitch_;
    if (stride == 2 && dilation == 1) {
      functions_->everySecond(row + copy * perWord, tile.columns, to);
      continue;
    }
    for (int64_t j = 0; j < perWord; ++j) {
      sources[j] = row + std::min(copy * perWord + j, window_.kernelWidth - 1) * dilation;
    }
    if (stride == 1) {
      functions_->interleave(sources, tile.columns, 0, to);
      continue;
    }
    for (int64_t i = 0; i < tile.columns; ++i) {
      uint32_t word = 0;
      for (int64_t j = 0; j < perWord; ++j) word |= uint32_t{sources[j][i * stride]} << (32 / perWord * j);
      to[i] = static_cast<int32_t>(word);
    }
  }
}

void WindowWords::fillRun(const Source& source, const uint8_t* from, int64_t rows, int64_t columns, int32_t* words,
                          std::byte* scratch) const {
  const int64_t perWord = functions_->depthPerWord, count = rows * columns;
  const uint8_t* sources[IntegerDepthwiseTask::maxKernels];
  if (packing_ == Packing::taps) {
    uint8_t* const bytes = reinterpret_cast<uint8_t*>(scratch) + runGuard_;
    copyFlipped(from, count, source.flip, bytes);
    for (int64_t copy = 0; copy < copies_; ++copy) {
      for (int64_t j = 0; j < perWord; ++j) {
        const int64_t kw = std::min(copy * perWord + j, window_.kernelWidth - 1);
        sources[j] = bytes + kw * window_.dilationWidth - window_.padLeft;
      }
      functions_->interleave(sources, count, 0, words + copy * copyPitch_);
      padColumns(source, copy, rows, words + copy * copyPitch_);
    }
    return;
  }
  for (int64_t j = 0; j < perWord; ++j) sources[j] = from + std::min(j, source.channels - 1) * height_ * width_;
  if (copies_ == 1 && window_.padLeft == 0) {
    functions_->interleaveExactly(sources, count, source.flip, words);
    return;
  }
  int32_t* const run = reinterpret_cast<int32_t*>(scratch) + runGuard_;
  functions_->interleaveExactly(sources, count, source.flip, run);
  for (int64_t copy = 0; copy < copies_; ++copy) {
    functions_->copy(run + copy * window_.dilationWidth - window_.padLeft, 1, count, words + copy * copyPitch_);
    padColumns(source, copy, rows, words + copy * copyPitch_);
  }
}

void WindowWords::padColumns(const Source& source, int64_t copy, int64_t rows, int32_t* words) const {
  const int64_t perWord = functions_->depthPerWord;
  const bool byTaps = packing_ == Packing::taps;
  const int64_t size = byTaps ? 4 / perWord : 4;  // bytes of what a tap reads
  const uint32_t zeros = byTaps ? source.zero : static_cast<uint32_t>(wordOf(source));
  for (int64_t j = 0; j < (byTaps ? perWord : 1); ++j) {
    const int64_t kw = byTaps ? copy * perWord + j : copy;
    if (kw >= window_.kernelWidth) break;
    const int64_t shift = kw * window_.dilationWidth - window_.padLeft;
    const int64_t stride = window_.strideWidth;
    const int64_t begin = shift < 0 ? 0 : std::max<int64_t>(0, quotientUp(width_ - shift, stride));
    const int64_t end = shift < 0 ? std::min(columns_, quotientUp(-shift, stride)) : columns_;
    auto* to = reinterpret_cast<uint8_t*>(words) + j * size;
    for (int64_t row = 0; row < rows; ++row, to += 4 * columns_) {
      for (int64_t column = begin; column < end; ++column) {
        if (size == 4) {
          std::memcpy(to + 4 * column, &zeros, 4);
        } else if (size == 2) {
          std::memcpy(to + 4 * column, &zeros, 2);
        } else {
          to[4 * column] = static_cast<uint8_t>(zeros);
        }
      }
    }
  }
}

}  // namespace gdws
