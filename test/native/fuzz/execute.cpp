#include "native/fuzz/execute.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "engine/session.h"
#include "kernels/registry.h"
#include "native/random.h"

namespace gdws::test {

namespace {

constexpr size_t maxConstantBytes = size_t{1} << 22;
constexpr size_t maxRunBytes = size_t{1} << 22;
constexpr double maxWork = 1 << 23;

using Bytes = std::unique_ptr<std::byte[], decltype(&std::free)>;

/// Memory of exactly this size, so that a sanitizer sees the first byte beyond it.
Bytes exactBytes(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 64, bytes) != 0) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), std::free};
}

/// The constants of a program, in memory of exactly their size.
class OwnedConstants {
 public:
  explicit OwnedConstants(const ProgramInput& input) {
    size_t left = maxConstantBytes;
    int32_t number = 0;
    for (const ProgramInput::Constant& constant : input.constants) {
      const bool known = constant.type >= 0 && constant.type < dataTypeCount && constant.elements >= 0;
      const auto type = known ? static_cast<DataType>(constant.type) : DataType::float32;
      const size_t bytes = known ? static_cast<size_t>(constant.elements) * bytesOf(type) : left + 1;
      const int32_t own = number++;
      if (bytes > left) continue;
      left -= bytes;
      memory_.push_back(exactBytes(bytes));
      std::byte* const to = memory_.back().get();
      for (size_t i = 0; i < bytes; ++i) {
        to[i] = constant.bytes.empty() ? std::byte{0} : constant.bytes[i % constant.bytes.size()];
      }
      // The addon's typed arrays hold any byte as a bool too.
      data[own] = {type, to, static_cast<size_t>(constant.elements)};
    }
  }

  Constants data;

 private:
  std::vector<Bytes> memory_;
};

/// Of the dims that are not 0: kernels loop over those of empty values, too.
double extentOf(const Value& value) {
  double extent = 1;
  for (const int64_t dim : value.dims) extent *= static_cast<double>(std::max<int64_t>(dim, 1));
  return extent;
}

/// Bounds the multiply-adds of the program's operations, and what a run writes.
bool isSmall(const Program& program, const CompiledProgram& compiled) {
  if (compiled.arenaBytes() > maxRunBytes) return false;
  size_t bytes = 0;
  for (const int32_t id : program.inputs) bytes += program.values[id].bytes();
  for (const int32_t id : program.outputs) bytes += program.values[id].bytes();
  if (bytes > maxRunBytes) return false;
  double work = 0;
  for (const Operation& operation : program.operations) {
    double written = 1, read = 1;
    for (const int32_t id : operation.outputs) written += extentOf(program.values[id]);
    for (const int32_t id : operation.inputs) {
      if (id >= 0) read = std::max(read, extentOf(program.values[id]));
    }
    work += written * read;
  }
  return work <= maxWork;
}

/// Elements of inputs: mostly small, sometimes extreme.
void fill(std::byte* to, const Value& value, Random& random) {
  for (size_t i = 0; i < value.elements; ++i) {
    const bool extreme = random.chance(0.02);
    if (value.type == DataType::float32) {
      const float x = extreme ? random.choose({0.0f, -0.0f, 1e38f, -1e38f, 1e-40f, HUGE_VALF, -HUGE_VALF, NAN})
                              : 4 * random.number();
      std::memcpy(to + 4 * i, &x, 4);
    } else if (value.type == DataType::int64) {
      const int64_t x = extreme ? random.choose({INT64_MIN, INT64_MAX, int64_t{INT32_MAX} + 1}) : random.integer(-4, 8);
      std::memcpy(to + 8 * i, &x, 8);
    } else if (value.type == DataType::int32) {
      const auto x = extreme ? random.choose({INT32_MIN, INT32_MAX}) : static_cast<int32_t>(random.integer(-4, 8));
      std::memcpy(to + 4 * i, &x, 4);
    } else {
      to[i] = static_cast<std::byte>(random.integer(0, value.type == DataType::boolean ? 1 : 255));
    }
  }
}

/// A kernel of the first operation, or none, for the kernels that the estimates never choose.
std::string preferenceFor(const Program& program, Random& random) {
  if (program.operations.empty() || random.chance(0.5)) return {};
  std::vector<std::string> names;
  for (const KernelDefinition& definition : kernelTable()) {
    if (definition.opcode == program.operations.front().opcode) names.emplace_back(definition.name);
  }
  return names.empty() ? std::string{} : names[static_cast<size_t>(random.integer(0, int64_t(names.size()) - 1))];
}

void runOnce(CompiledProgram& compiled, Random& random) {
  std::vector<Bytes> memory;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (size_t i = 0; i < compiled.inputCount(); ++i) {
    memory.push_back(exactBytes(compiled.input(i).bytes()));
    fill(memory.back().get(), compiled.input(i), random);
    inputs.push_back(memory.back().get());
  }
  for (size_t i = 0; i < compiled.outputCount(); ++i) {
    memory.push_back(exactBytes(compiled.output(i).bytes()));
    outputs.push_back(memory.back().get());
  }
  const std::atomic<bool> neverAborted{false};
  const int threads = static_cast<int>(random.integer(1, compiled.threads()));
  compiled.run(inputs, outputs, threads, neverAborted, Profiling::off);
}

}  // namespace

Outcome execute(const ProgramInput& input) {
  const OwnedConstants constants(input);
  Random random(input.seed);
  try {
    const int threads = random.chance(0.25) ? 2 : 1;
    const Program program = parseProgram(input.words.data(), input.words.size(), constants.data);
    KernelChoice choice;
    choice.preference = preferenceFor(program, random);
    Session session(threads, std::move(choice));
    const std::atomic<bool> neverAborted{false};
    const auto compiled =
        session.compile(input.words.data(), input.words.size(), constants.data, nullptr, neverAborted);
    if (!isSmall(program, *compiled)) return Outcome::compiled;
    runOnce(*compiled, random);
    return Outcome::ran;
  } catch (const ProgramError&) {
    return Outcome::refused;
  }
}

}  // namespace gdws::test
