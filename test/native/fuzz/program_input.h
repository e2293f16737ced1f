#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/program.h"

namespace gdws::test {

/// The arguments of Session::compile, and how the program is run, as one file of the fuzzer's corpus.
///
/// The file is int32 words, little-endian: the seed, how many words the program has, those words, how many constants
/// there are, and for each its element type, elements, and how many bytes of it follow (padded to a word). A constant
/// of more bytes repeats them, and is zeros where none follow, so that a file can be small with large weights. Words
/// that are missing at the end of a file count as zeros.
struct ProgramInput {
  struct Constant {
    int32_t type = 0;
    int32_t elements = 0;
    std::vector<std::byte> bytes;
  };

  /// Chooses the number of threads, the kernel, and the elements of the inputs.
  uint32_t seed = 0;
  std::vector<int32_t> words;
  std::vector<Constant> constants;

  static ProgramInput parse(const uint8_t* file, size_t size);
  std::vector<uint8_t> serialize() const;
};

}  // namespace gdws::test
