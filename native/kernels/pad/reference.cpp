#include <cstring>

#include "kernels/pad/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class PadReference final : public Kernel {
 public:
  explicit PadReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const size_t bytes = operation_.elementBytes;
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.elements; ++i) {
      const int64_t source = sourceOf(i);
      std::memcpy(y + i * bytes, source < 0 ? operation_.value.data() : x + source * bytes, bytes);
    }
  }

 private:
  /// The element of x that element i of y takes, or -1 where it takes the value.
  int64_t sourceOf(int64_t i) const {
    int64_t source = 0;
    int64_t stride = 1;
    for (size_t k = operation_.axes.size(); k-- > 0;) {
      const PadOperation::Axis& axis = operation_.axes[k];
      const int64_t position = i % axis.to - axis.begin;
      if (position < 0 || position >= axis.from) return -1;
      source += position * stride;
      stride *= axis.from;
      i /= axis.to;
    }
    return source;
  }

  PadOperation operation_;
};

}  // namespace

const KernelDefinition padReference = {"pad.reference", Opcode::pad, overwritesNothing, supportsAll,
                                       makeKernel<PadReference>};

}  // namespace gdws
