#pragma once

#include <cstddef>
#include <vector>

#include "kernels/convolution/window.h"
#include "kernels/integer/bytes.h"
#include "kernels/integer/tiles.h"

namespace gdws {

/// How a window reads maps of bytes as words (IntegerTile): each word of an output pixel holds what one tap reads of
/// several channels, or what several neighbouring taps read of one channel. For each step of the depth the words of a
/// tile's pixels, row by row, are consecutive.
///
/// A unit is a channel, or as many channels as a word holds. Its words are copies of the rows that the window reads,
/// one copy for each column of taps, or for as many columns as a word holds.
///
/// Where a vector's words can be taken from bytes as fast as they can be loaded, a unit of taps may be the bytes of
/// these rows with their padding: offsets are then of bytes.
class WindowWords {
 public:
  enum class Packing { channels, taps, bytes };

  /// Where the bytes of a unit are.
  struct Source {
    const uint8_t* plane;  ///< of the unit's first channel, in image 0
    int64_t imagePitch;
    int64_t channels;  ///< at most as many as a word holds
    uint8_t flip;      ///< 0x80 where their type has a sign and those in words have not, or the other way round
    uint8_t zero;      ///< what padding is, flipped
  };

  /// A tile, and what is the same for all units of it.
  struct Place {
    PixelTile tile;
    int64_t image, row;  ///< of the tile's first row
    int64_t begin, end;  ///< the first block's stored rows that are inside of the map
  };

  /// How a channel's taps are best packed.
  static Packing packingOfTaps(const Window& window, const IntegerTiles& tiles, const IntegerFunctions& functions);

  WindowWords() = default;
  /// Of maps height × width.
  WindowWords(const Window& window, int64_t height, int64_t width, Packing packing, const IntegerTiles& tiles,
              const IntegerFunctions& functions);

  /// What a number of a type of bytes is greater by in words.
  int32_t shift(DataType type) const { return functions_->leastByte - ByteRange(type).least; }
  /// Of channels one by one, each at a plane that is still to be set: numbers of a type with a zero point.
  Source source(DataType type, int32_t zeroPoint, int64_t imagePitch) const {
    const int32_t greater = shift(type);
    return {nullptr, imagePitch, 1, static_cast<uint8_t>(greater), static_cast<uint8_t>(zeroPoint + greater)};
  }
  int64_t unitWords() const { return packing_ == Packing::bytes ? copyPitch_ : copies_ * copyPitch_; }
  /// Of a unit's steps: copy by copy, kernel row by kernel row.
  const std::vector<int32_t>& offsets() const { return offsets_; }
  /// The tap, kernel row by kernel row, that byte or int16 `i` of a step's words belongs to; -1 where none.
  int64_t tapOf(int64_t step, int64_t i) const;
  int64_t scratchBytes() const;
  Place place(const PixelTile& tile) const;
  /// Where the bytes of a tile's vectors are; of Packing::bytes.
  IntegerPatterns patterns() const {
    return {patterns_.reach, patterns_.bytes.data(),
            static_cast<int64_t>(patterns_.bytes.size()) / IntegerPatterns::bytes, patternsAt_.data()};
  }
  /// Fills a unit's words for a tile of the map of outputs.
  void fill(const Source& source, const Place& place, int32_t* words, std::byte* scratch) const;

 private:
  /// Stored rows that follow each other by one output row.
  struct Block {
    int64_t offset;  ///< of the first one's input row from that of the window
    int64_t first;   ///< among the stored rows
    int64_t extra;   ///< more than the tile's rows
  };

  /// IntegerPatterns of maps whose padded rows are at this distance.
  struct Patterns {
    std::vector<uint8_t> bytes;
    int reach = 0;
    int64_t pitch = 0;
  };

  /// How a tile's padded map is taken from a small one.
  struct Gather {
    int64_t row, column;  ///< of the tile
    std::vector<IntegerGatherTask::Source> sources;
  };

  /// Output rows of one image.
  struct Rows {
    int64_t image, first, count;
    int64_t done;  ///< rows of the tile before them
  };

  /// The input row of the first of a block's rows, and which of them are inside of the map.
  struct RowsInside {
    int64_t first, begin, end;
  };

  /// The columns of a map that a tile reads, from the first to the last.
  struct Columns {
    int64_t first, length;
    int64_t begin, end;  ///< those that are inside of the map
  };

  static Patterns choosePatterns(const Window& window, int64_t columns, int64_t lanes);

  void chooseBlocks();
  void placePatterns();
  void makeGathers(const IntegerTiles& tiles);
  void makeMasks(int64_t count);
  int32_t wordOf(const Source& source) const;  ///< of padding
  void fillPairs(const Source& source, const Place& place, int32_t* words, std::byte* scratch) const;
  void fillBlocks(const Source& source, const PixelTile& tile, int32_t* words, std::byte* scratch) const;
  RowsInside inside(const Block& block, const Rows& rows) const;
  template <class Visit>
  void forRows(const PixelTile& tile, const Block& block, Visit visit) const;
  void fillZeros(const Source& source, int64_t count, int32_t* words) const;
  void fillRow(const Source& source, const uint8_t* from, const PixelTile& tile, const Columns& columns, int32_t* words,
               std::byte* scratch) const;
  void fillRun(const Source& source, const uint8_t* from, int64_t rows, int64_t columns, int32_t* words,
               std::byte* scratch) const;
  void fillPadded(const Source& source, const Place& place, uint8_t* bytes) const;
  void padColumns(const Source& source, int64_t copy, int64_t rows, int32_t* words) const;
  Columns columnsOf(const PixelTile& tile) const;

  Window window_;
  int64_t height_ = 0, width_ = 0;
  Packing packing_ = Packing::channels;
  PixelMap map_;                    ///< of outputs
  int64_t rows_ = 0, columns_ = 0;  ///< of the largest tile
  bool acrossImages_ = false;
  bool isFlat_ = false;  ///< rows of a map follow each other as the pixels of a tile do
  const IntegerFunctions* functions_ = nullptr;
  int64_t copies_ = 0, copyPitch_ = 0;
  int64_t runGuard_ = 0, runPitch_ = 0;  ///< of rows that follow each other
  int64_t paddedLength_ = 0;             ///< of a padded row
  std::vector<Block> blocks_;
  std::vector<int64_t> rowStart_;  ///< stored row of each kernel row, for the first output row
  std::vector<int32_t> offsets_;
  bool isPaired_ = false;       ///< words are of every second byte of whole maps
  bool isRun_ = false;          ///< a tile's words are of one run of bytes
  std::vector<int32_t> masks_;  ///< of a run, copy by copy: 0 where a tap is in the padding of columns
  int64_t masksPitch_ = 0;
  Patterns patterns_;
  std::vector<Gather> gathers_;  ///< of each tile of an image; empty where padded rows are made one by one
  std::vector<int32_t> patternsAt_;
  int64_t storedBytes_ = 0;  ///< of a padded map
};

}  // namespace gdws
