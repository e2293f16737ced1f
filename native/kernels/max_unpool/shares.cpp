#include <algorithm>

#include "kernels/max_unpool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each thread writes a share of y. Places are in no order, so that each thread reads all of them.
class MaxUnpoolShares final : public Kernel {
 public:
  explicit MaxUnpoolShares(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    constexpr int64_t cacheLine = 16;
    const auto* places = static_cast<const int64_t*>(buffers.inputs[1]);
    const float* x = buffers.floats(0);
    const Range share = team.share(operation_.elements, cacheLine);
    float* y = buffers.result() + share.begin;
    const auto length = static_cast<uint64_t>(share.end - share.begin);
    std::fill_n(y, length, 0.0f);
    for (int64_t i = 0; i < operation_.count; ++i) {
      // A place before the share wraps around and is too large, too.
      const uint64_t place = static_cast<uint64_t>(places[i]) - static_cast<uint64_t>(share.begin);
      if (place < length) y[place] = x[i];
    }
  }

 private:
  MaxUnpoolOperation operation_;
};

}  // namespace

const KernelDefinition maxUnpoolShares = {"maxUnpool.shares", Opcode::maxUnpool, overwritesNothing, supportsAll,
                                          makeKernel<MaxUnpoolShares>};

}  // namespace gdws
