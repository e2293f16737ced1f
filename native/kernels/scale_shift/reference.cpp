#include "kernels/activate.h"
#include "kernels/registry.h"
#include "kernels/scale_shift/operation.h"

namespace gdws {

namespace {

class ScaleShiftReference final : public Kernel {
 public:
  explicit ScaleShiftReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [batch, channels, pixels, activation] = operation_;
    for (int64_t i = 0; i < batch * channels * pixels; ++i) {
      const int64_t channel = i / pixels % channels;
      const double scale = buffers.floats(1)[channel];
      const double shift = buffers.floats(2)[channel];
      buffers.result()[i] = activate(activation, static_cast<float>(scale * buffers.floats(0)[i] + shift));
    }
  }

 private:
  ScaleShiftOperation operation_;
};

}  // namespace

const KernelDefinition scaleShiftReference = {"scaleShift.reference", Opcode::scaleShift, 0, supportsAll,
                                              makeKernel<ScaleShiftReference>};

}  // namespace gdws
