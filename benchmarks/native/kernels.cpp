// Times every kernel that can run each of a list of layers, alternately with the peak of multiply-adds.
//   kernel_benchmarks [--layer <part of its name>] [--kernel <name>] [--rounds <n>]
// Prints one JSON line for a layer and kernel: microseconds (median of the rounds), GFLOP/s counted as direct
// convolution, the share of the peak that was measured beside it (median), and that of the best round. One thread.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "engine/compiled_program.h"
#include "kernels/kernel.h"

namespace {

using namespace gdws;

struct Layer {
  std::string name;
  Program program;
  double operations;  ///< 2 for each multiply-add of the definition
};

struct Weights final : PackedWeights {
  std::shared_ptr<const float[]> find(const std::string&,
                                      const std::function<std::shared_ptr<const float[]>()>& pack) override {
    return pack();
  }
};

class LayerBuilder {
 public:
  LayerBuilder(std::string name, Opcode opcode) {
    layer_.name = std::move(name);
    layer_.program.operations.emplace_back().opcode = opcode;
  }
  LayerBuilder& input(std::vector<int64_t> dims) { return add(Storage::input, std::move(dims)); }
  LayerBuilder& constant(std::vector<int64_t> dims) { return add(Storage::constant, std::move(dims)); }
  LayerBuilder& output(std::vector<int64_t> dims) {
    layer_.program.operations[0].outputs = {value(Storage::temporary, std::move(dims))};
    return *this;
  }
  Layer build(std::vector<int32_t> ints, std::vector<float> floats, double multiplyAdds) {
    layer_.program.operations[0].ints = std::move(ints);
    layer_.program.operations[0].floats = std::move(floats);
    layer_.operations = 2 * multiplyAdds;
    return std::move(layer_);
  }

 private:
  LayerBuilder& add(Storage storage, std::vector<int64_t> dims) {
    layer_.program.operations[0].inputs.push_back(value(storage, std::move(dims)));
    return *this;
  }
  int32_t value(Storage storage, std::vector<int64_t> dims) {
    Value value;
    value.storage = storage;
    value.dims = std::move(dims);
    value.elements = 1;
    for (const int64_t dim : value.dims) value.elements *= static_cast<size_t>(dim);
    layer_.program.values.push_back(std::move(value));
    return static_cast<int32_t>(layer_.program.values.size()) - 1;
  }
  Layer layer_;
};

constexpr int32_t relu = 1;

std::vector<int32_t> window(int64_t groups, int64_t stride, int64_t dilation, int64_t pad) {
  std::vector<int32_t> ints;
  for (const int64_t word : {groups, stride, stride, dilation, dilation, pad, pad, pad, pad, int64_t{relu}}) {
    ints.push_back(static_cast<int32_t>(word));
  }
  return ints;
}

std::string mapName(int64_t batch, int64_t channels, int64_t outputs, int64_t size, int64_t stride) {
  return std::to_string(channels) + ">" + std::to_string(outputs) + " " + std::to_string(size) + "x" +
         std::to_string(size) + (stride > 1 ? " stride " + std::to_string(stride) : "") +
         (batch > 1 ? " batch " + std::to_string(batch) : "");
}

Layer convolution(int64_t batch, int64_t channels, int64_t outputs, int64_t size, int64_t kernel, int64_t stride,
                  int64_t groups = 1, int64_t dilation = 1) {
  const int64_t out = (size + stride - 1) / stride;
  return LayerBuilder("convolution " + std::to_string(kernel) + "x" + std::to_string(kernel) + " " +
                          mapName(batch, channels, outputs, size, stride) +
                          (groups > 1 ? " groups " + std::to_string(groups) : ""),
                      Opcode::convolution)
      .input({batch, channels, size, size})
      .constant({outputs, channels / groups, kernel, kernel})
      .constant({outputs})
      .output({batch, outputs, out, out})
      .build(window(groups, stride, dilation, (kernel - 1) * dilation / 2), {0, 0},
             static_cast<double>(batch * outputs * channels / groups * kernel * kernel * out * out));
}

Layer gdwsLayer(int64_t batch, int64_t channels, int64_t outputs, int64_t size, int64_t stride, int64_t kernels) {
  const int64_t out = (size + stride - 1) / stride, intermediate = channels * kernels;
  std::vector<int32_t> ints = window(1, stride, 1, 1);
  ints.insert(ints.end(), static_cast<size_t>(channels), static_cast<int32_t>(kernels));
  return LayerBuilder("gdws g=" + std::to_string(kernels) + " " + mapName(batch, channels, outputs, size, stride),
                      Opcode::gdws)
      .input({batch, channels, size, size})
      .constant({intermediate, 1, 3, 3})
      .constant({outputs, intermediate, 1, 1})
      .constant({outputs})
      .output({batch, outputs, out, out})
      .build(std::move(ints), {0, 0}, static_cast<double>(batch * intermediate * (9 + outputs) * out * out));
}

Layer matmul(int64_t rows, int64_t depth, int64_t columns, bool constant) {
  LayerBuilder builder("matmul " + std::to_string(rows) + "x" + std::to_string(depth) + "x" + std::to_string(columns) +
                           (constant ? "" : " dynamic"),
                       Opcode::matmul);
  builder.input({rows, depth});
  if (constant) {
    builder.constant({columns, depth});
  } else {
    builder.input({columns, depth});
  }
  return builder.output({rows, columns})
      .build({0, 1, 0}, {1, 0, 0}, static_cast<double>(rows) * static_cast<double>(depth * columns));
}

std::vector<Layer> layers() {
  std::vector<Layer> all;
  for (const int64_t batch : {1, 16}) {
    for (int64_t channels = 64, size = 32; channels <= 512; channels *= 2, size /= 2) {
      all.push_back(convolution(batch, channels, channels, size, 3, 1));
      for (const int64_t kernels : {1, 2}) all.push_back(gdwsLayer(batch, channels, channels, size, 1, kernels));
    }
  }
  all.push_back(gdwsLayer(1, 512, 512, 2, 1, 2));
  all.push_back(gdwsLayer(1, 64, 128, 32, 2, 2));
  all.push_back(gdwsLayer(1, 256, 512, 8, 2, 2));
  all.push_back(gdwsLayer(1, 64, 64, 56, 1, 2));
  all.push_back(gdwsLayer(1, 256, 256, 14, 1, 2));
  all.push_back(gdwsLayer(1, 512, 512, 7, 1, 2));
  all.push_back(convolution(1, 3, 64, 32, 3, 1));
  all.push_back(convolution(1, 3, 64, 224, 7, 2));
  all.push_back(convolution(1, 64, 64, 56, 3, 1));
  all.push_back(convolution(1, 512, 512, 7, 3, 1));
  all.push_back(convolution(1, 64, 128, 32, 3, 2));
  all.push_back(convolution(1, 64, 128, 32, 1, 2));
  all.push_back(convolution(1, 256, 64, 56, 1, 1));
  all.push_back(convolution(1, 512, 2048, 7, 1, 1));
  all.push_back(convolution(1, 64, 64, 56, 3, 1, 64));
  all.push_back(convolution(1, 64, 64, 56, 3, 2, 64));
  all.push_back(convolution(1, 128, 128, 28, 5, 1, 128));
  all.push_back(convolution(1, 128, 128, 56, 3, 1, 32));
  all.push_back(convolution(1, 64, 1, 128, 3, 1));
  all.push_back(convolution(1, 16, 64, 320, 3, 1, 1, 2));
  all.push_back(matmul(1, 512, 1000, true));
  all.push_back(matmul(1, 4096, 4096, true));
  all.push_back(matmul(16, 2048, 1000, true));
  all.push_back(matmul(197, 768, 768, true));
  all.push_back(matmul(197, 64, 197, false));
  return all;
}

/// Processor time, so that what else the machine does counts as little as possible.
double secondsOf(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double median(std::vector<double> numbers) {
  std::nth_element(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2), numbers.end());
  return numbers[numbers.size() / 2];
}

/// Operations a second of a core that does nothing but multiply-adds.
double measurePeak(const VectorTable& vectors) {
  alignas(64) float memory[64];
  std::fill(std::begin(memory), std::end(memory), 0.5f);
  int64_t count = 0;
  const double seconds = secondsOf([&] { count = vectors.product.multiplyAdds(50000, memory); });
  return 2.0 * static_cast<double>(count * vectors.lanes) / seconds;
}

/// Memory of a layer, filled with numbers around 0 that no kernel treats in a special way.
class LayerMemory {
 public:
  explicit LayerMemory(Layer& layer) {
    uint32_t state = 1;
    for (Value& value : layer.program.values) {
      memory_.push_back(allocateFloats(value.elements));
      for (size_t i = 0; i < value.elements; ++i) {
        state = state * 1664525u + 1013904223u;
        memory_.back()[static_cast<std::ptrdiff_t>(i)] = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
      }
      value.data = memory_.back().get();
    }
    for (const int32_t id : layer.program.operations[0].inputs)
      inputs_.push_back(memory_[static_cast<size_t>(id)].get());
    for (const int32_t id : layer.program.operations[0].outputs) {
      outputs_.push_back(memory_[static_cast<size_t>(id)].get());
    }
  }
  Buffers buffers(std::byte* scratch) const { return {inputs_.data(), outputs_.data(), scratch}; }

 private:
  std::vector<std::shared_ptr<float[]>> memory_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

void benchmark(Layer& layer, const KernelDefinition& definition, int rounds) {
  const LayerMemory memory(layer);
  Weights weights;
  KernelContext context{bestVectors(), weights, 1};
  const OperationView view(layer.program, layer.program.operations[0]);
  if (!definition.supports(view, context)) return;
  const std::unique_ptr<Kernel> kernel = definition.make(view, context);
  const AlignedBytes scratch = allocateBytes(kernel->scratchBytes(1));
  const Buffers buffers = memory.buffers(scratch.get());
  const auto once = [&] { kernel->run(buffers, Team{0, 1}); };
  once();
  const int repeats = std::max(1, static_cast<int>(2e-3 / std::max(secondsOf(once), 1e-6)));
  std::vector<double> seconds, shares;
  double peak = 0;
  for (int round = 0; round < rounds; ++round) {
    const double measured = measurePeak(context.vectors);
    peak = std::max(peak, measured);
    seconds.push_back(secondsOf([&] {
                        for (int i = 0; i < repeats; ++i) once();
                      }) /
                      repeats);
    shares.push_back(layer.operations / seconds.back() / measured);
  }
  const double best = layer.operations / *std::min_element(seconds.begin(), seconds.end()) / peak;
  std::printf(
      "{\"layer\":\"%s\",\"kernel\":\"%s\",\"microseconds\":%.1f,\"gflops\":%.1f,\"shareOfPeak\":%.3f,"
      "\"bestShareOfPeak\":%.3f,\"instructionSet\":\"%s\"}\n",
      layer.name.c_str(), definition.name, median(seconds) * 1e6, layer.operations / median(seconds) * 1e-9,
      median(shares), best, nameOf(context.vectors.instructionSet));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
  std::string layerPart, kernelName;
  int rounds = 15;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::strcmp(words[i], "--layer") == 0) layerPart = words[i + 1];
    if (std::strcmp(words[i], "--kernel") == 0) kernelName = words[i + 1];
    if (std::strcmp(words[i], "--rounds") == 0) rounds = std::atoi(words[i + 1]);
  }
  for (Layer& layer : layers()) {
    if (layer.name.find(layerPart) == std::string::npos) continue;
    for (const KernelDefinition& definition : kernelTable()) {
      const bool reference = std::strstr(definition.name, ".reference") != nullptr;
      const bool wanted = kernelName.empty() ? !reference : kernelName == definition.name;
      if (definition.opcode == layer.program.operations[0].opcode && wanted) benchmark(layer, definition, rounds);
    }
  }
}
