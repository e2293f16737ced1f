#include "native/fuzz/program_input.h"

#include <algorithm>
#include <cstring>

namespace gdws::test {

namespace {

class FileReader {
 public:
  FileReader(const uint8_t* file, size_t size) : file_(file), size_(size) {}

  int32_t word() {
    int32_t word = 0;
    copy(&word, sizeof word);
    return word;
  }

  /// No more than the file can still hold.
  size_t count(size_t bytesOfOne) {
    const auto n = static_cast<size_t>(std::max(word(), 0));
    return std::min(n, (size_ - position_) / bytesOfOne);
  }

  void copy(void* to, size_t bytes) {
    const size_t present = std::min(bytes, size_ - position_);
    if (present > 0) std::memcpy(to, file_ + position_, present);
    position_ += present;
  }

 private:
  const uint8_t* file_;
  size_t size_;
  size_t position_ = 0;
};

size_t padding(size_t bytes) { return (4 - bytes % 4) % 4; }

void append(std::vector<uint8_t>& file, const void* from, size_t bytes) {
  const size_t end = file.size();
  file.resize(end + bytes);
  if (bytes > 0) std::memcpy(file.data() + end, from, bytes);
}

void append(std::vector<uint8_t>& file, int32_t word) { append(file, &word, sizeof word); }

}  // namespace

ProgramInput ProgramInput::parse(const uint8_t* file, size_t size) {
  FileReader reader(file, size);
  ProgramInput input;
  input.seed = static_cast<uint32_t>(reader.word());
  input.words.resize(reader.count(sizeof(int32_t)));
  for (int32_t& word : input.words) word = reader.word();
  input.constants.resize(reader.count(3 * sizeof(int32_t)));
  for (Constant& constant : input.constants) {
    constant.type = reader.word();
    constant.elements = reader.word();
    constant.bytes.resize(reader.count(1));
    reader.copy(constant.bytes.data(), constant.bytes.size());
    for (size_t i = 0; i < padding(constant.bytes.size()); ++i) {
      uint8_t pad;
      reader.copy(&pad, 1);
    }
  }
  return input;
}

std::vector<uint8_t> ProgramInput::serialize() const {
  std::vector<uint8_t> file;
  append(file, static_cast<int32_t>(seed));
  append(file, static_cast<int32_t>(words.size()));
  append(file, words.data(), words.size() * sizeof(int32_t));
  append(file, static_cast<int32_t>(constants.size()));
  for (const Constant& constant : constants) {
    append(file, constant.type);
    append(file, constant.elements);
    append(file, static_cast<int32_t>(constant.bytes.size()));
    append(file, constant.bytes.data(), constant.bytes.size());
    file.resize(file.size() + padding(constant.bytes.size()));
  }
  return file;
}

}  // namespace gdws::test
