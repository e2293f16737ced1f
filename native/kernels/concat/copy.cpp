#include <algorithm>
#include <cstring>

#include "kernels/concat/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each thread writes one contiguous part of the output.
class ConcatCopy final : public Kernel {
 public:
  explicit ConcatCopy(const OperationView& operation) : operation_(operation) {
    for (const int64_t bytes : operation_.rowBytes) allBytes_ += bytes;
  }

  void run(const Buffers& buffers, const Team& team) const override {
    if (allBytes_ == 0) return;
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    const Range range = team.share(operation_.outer * allBytes_, 4096);
    for (int64_t row = range.begin / allBytes_; row * allBytes_ < range.end; ++row) {
      int64_t first = row * allBytes_;
      for (size_t i = 0; i < operation_.rowBytes.size(); ++i) {
        const int64_t bytes = operation_.rowBytes[i];
        const int64_t begin = std::max(first, range.begin);
        const int64_t end = std::min(first + bytes, range.end);
        if (begin < end) {
          const auto* x = static_cast<const std::byte*>(buffers.inputs[i]) + row * bytes;
          // Computed in place.
          if (x != y + first) std::memcpy(y + begin, x + (begin - first), end - begin);
        }
        first += bytes;
      }
    }
  }

 private:
  ConcatOperation operation_;
  int64_t allBytes_ = 0;  ///< of one row of the output
};

}  // namespace

const KernelDefinition concatCopy = {"concat.copy", Opcode::concat, overwritesNothing, supportsAll,
                                     makeKernel<ConcatCopy>};

}  // namespace gdws
