#include <algorithm>
#include <cstring>

#include "kernels/gather_nd/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GatherNDSlices final : public Kernel {
 public:
  explicit GatherNDSlices(const OperationView& operation) : operation_(operation) {}

  bool readsInput(size_t i) const override { return i != 1 || !operation_.tuples.areConstant(); }

  void run(const Buffers& buffers, const Team& team) const override {
    const int64_t sliceGrain = std::max<int64_t>(1, grain / std::max<int64_t>(1, operation_.inner));
    const Range range = team.share(operation_.items, sliceGrain);
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    const int64_t bytes = operation_.inner * static_cast<int64_t>(operation_.elementBytes);
    for (int64_t item = range.begin; item < range.end; ++item) {
      const int64_t source = operation_.sourceOf(buffers.inputs[1], item);
      std::memcpy(y + item * bytes, x + source * static_cast<int64_t>(operation_.elementBytes), bytes);
    }
  }

 private:
  GatherNDOperation operation_;
};

}  // namespace

const KernelDefinition gatherNDSlices = {"gatherND.slices", Opcode::gatherND, overwritesNothing, supportsAll,
                                         makeKernel<GatherNDSlices>};

}  // namespace gdws
