// Executes every given file as the fuzzer would, and then, for some seconds, mutants of them. It needs no particular
// compiler or sanitizer, and does not see coverage.
//   replay_programs [--seconds <of mutants>] [--seed <of mutants>] [--mutant <file that holds the last>] <file>...
// Prints one JSON line: how many programs were refused, compiled and run.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "native/fuzz/execute.h"
#include "native/fuzz/mutator.h"
#include "native/random.h"

namespace gdws::test {

namespace {

constexpr size_t largestMutant = 4096;

Random randomBytes(1);

struct Options {
  double seconds = 0;
  uint64_t seed = 1;
  std::string mutant;
  std::vector<std::string> files;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool isOption = word.starts_with("--") && i + 1 < count;
    if (!isOption) options.files.push_back(word);
    if (!isOption) continue;
    const char* const given = words[++i];
    if (word == "--seconds") options.seconds = std::strtod(given, nullptr);
    if (word == "--seed") options.seed = std::strtoull(given, nullptr, 10);
    if (word == "--mutant") options.mutant = given;
  }
  return options;
}

std::vector<uint8_t> read(const std::string& name) {
  std::ifstream stream(name, std::ios::binary);
  if (!stream) {
    std::fprintf(stderr, "%s cannot be read\n", name.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<uint8_t> mutantOf(const std::vector<std::vector<uint8_t>>& corpus, Random& random) {
  const auto any = [&]() -> const std::vector<uint8_t>& {
    return corpus[static_cast<size_t>(random.integer(0, static_cast<int64_t>(corpus.size()) - 1))];
  };
  const std::vector<uint8_t>& first = any();
  std::vector<uint8_t> mutant = first;
  mutant.resize(std::max(largestMutant, first.size()));
  const auto seed = static_cast<unsigned>(random.bits());
  size_t size = 0;
  if (random.chance(0.1)) {
    const std::vector<uint8_t>& second = any();
    size = LLVMFuzzerCustomCrossOver(first.data(), first.size(), second.data(), second.size(), mutant.data(),
                                     mutant.size(), seed);
  } else {
    size = LLVMFuzzerCustomMutator(mutant.data(), first.size(), mutant.size(), seed);
  }
  mutant.resize(size);
  return mutant;
}

using Outcomes = std::array<int64_t, 3>;

void execute(const std::vector<uint8_t>& file, Outcomes& outcomes) {
  ++outcomes[static_cast<size_t>(execute(ProgramInput::parse(file.data(), file.size())))];
}

Outcomes run(const Options& options) {
  Outcomes outcomes{};
  std::vector<std::vector<uint8_t>> corpus;
  for (const std::string& name : options.files) {
    // A crash or a hang names its file: the last one.
    std::fprintf(stderr, "%s\n", name.c_str());
    corpus.push_back(read(name));
    execute(corpus.back(), outcomes);
  }
  if (corpus.empty() || options.seconds <= 0) return outcomes;
  std::fprintf(stderr, "%s\n", options.mutant.c_str());
  Random random(options.seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  while (std::chrono::steady_clock::now() < end) {
    const std::vector<uint8_t> mutant = mutantOf(corpus, random);
    if (!options.mutant.empty()) {
      std::ofstream(options.mutant, std::ios::binary)
          .write(reinterpret_cast<const char*>(mutant.data()), static_cast<std::streamsize>(mutant.size()));
    }
    execute(mutant, outcomes);
  }
  return outcomes;
}

}  // namespace

}  // namespace gdws::test

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t) {
  using gdws::test::randomBytes;
  for (int64_t changes = randomBytes.integer(1, 4); changes > 0 && size > 0; --changes) {
    data[randomBytes.integer(0, static_cast<int64_t>(size) - 1)] = static_cast<uint8_t>(randomBytes.bits());
  }
  return size;
}

int main(int count, char** words) {
  const auto [refused, compiled, ran] = gdws::test::run(gdws::test::parse(count, words));
  std::printf("{\"refused\":%lld,\"compiled\":%lld,\"ran\":%lld}\n", static_cast<long long>(refused),
              static_cast<long long>(compiled), static_cast<long long>(ran));
}
