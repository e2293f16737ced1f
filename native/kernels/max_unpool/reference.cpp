#include <algorithm>

#include "kernels/max_unpool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Zeros, with every element of x at its place; the last one where several have the same place.
class MaxUnpoolReference final : public Kernel {
 public:
  explicit MaxUnpoolReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto* places = static_cast<const int64_t*>(buffers.inputs[1]);
    std::fill_n(buffers.result(), operation_.elements, 0.0f);
    for (int64_t i = 0; i < operation_.count; ++i) {
      if (places[i] >= 0 && places[i] < operation_.elements) buffers.result()[places[i]] = buffers.floats(0)[i];
    }
  }

 private:
  MaxUnpoolOperation operation_;
};

}  // namespace

const KernelDefinition maxUnpoolReference = {"maxUnpool.reference", Opcode::maxUnpool, overwritesNothing, supportsAll,
                                             makeKernel<MaxUnpoolReference>};

}  // namespace gdws
