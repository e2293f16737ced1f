// Runs a network in ncnn, in float32, whenever it is told to: the peer that benchmarks/ncnn/main.ts races gdws against.
//   runner <file.param> <threads> <Winograd: 0 or 1> <channels> <height> <width>
// The weights are any numbers, because only time counts. Each line of standard input says how many runs to make; the
// answer is a line with the milliseconds that one took on average.
#include <datareader.h>
#include <net.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

/// Weights that take no file: small and positive, so that no map overflows or runs dry.
class AnyWeights final : public ncnn::DataReader {
 public:
  int scan(const char*, void*) const override { return 0; }
  size_t read(void* memory, size_t bytes) const override {
    std::memset(memory, 0, bytes);
    // Four bytes are the mark of float32 before a tensor, which is 0.
    if (bytes == 4) return bytes;
    for (size_t at = 0; at + sizeof(float) <= bytes; at += sizeof(float)) {
      state_ = state_ * 1664525u + 1013904223u;
      const float number = 0.002f * static_cast<float>(state_ >> 8) / 16777216.0f;
      std::memcpy(static_cast<char*>(memory) + at, &number, sizeof number);
    }
    return bytes;
  }

 private:
  mutable uint32_t state_ = 1;
};

bool run(const ncnn::Net& network, const ncnn::Mat& input) {
  ncnn::Extractor extractor = network.create_extractor();
  ncnn::Mat output;
  return extractor.input(network.input_indexes()[0], input) == 0 &&
         extractor.extract(network.output_indexes()[0], output) == 0 && !output.empty();
}

}  // namespace

int main(int count, char** words) {
  if (count != 7) return 2;
  ncnn::PoolAllocator workspace;
  ncnn::UnlockedPoolAllocator blobs;
  ncnn::Net network;
  network.opt.num_threads = std::atoi(words[2]);
  network.opt.use_winograd_convolution = std::atoi(words[3]) != 0;
  network.opt.blob_allocator = &blobs;
  network.opt.workspace_allocator = &workspace;
  network.opt.use_fp16_packed = network.opt.use_fp16_storage = network.opt.use_fp16_arithmetic = false;
  network.opt.use_bf16_packed = network.opt.use_bf16_storage = false;
  if (network.load_param(words[1]) != 0) return 1;
  if (network.load_model(AnyWeights()) != 0) return 1;
  ncnn::Mat input(std::atoi(words[6]), std::atoi(words[5]), std::atoi(words[4]));
  input.fill(0.01f);
  char line[16];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    const int runs = std::atoi(line);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < runs; ++i) {
      if (!run(network, input)) return 1;
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    std::printf("%.6f\n", time.count() / runs);
    std::fflush(stdout);
  }
}
