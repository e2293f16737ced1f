#include "kernels/registry.h"
#include "kernels/scale_shift/operation.h"

namespace gdws {

namespace {

class ScaleShiftVector final : public Kernel {
 public:
  ScaleShiftVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [batch, channels, pixels, activation] = operation_;
    const float* x = buffers.floats(0);
    const float* scale = buffers.floats(1);
    const float* shift = buffers.floats(2);
    float* y = buffers.result();
    const auto [kind, a, b] = activation;
    if (pixels == 1) {
      const Range images = team.share(batch);
      for (int64_t image = images.begin; image < images.end; ++image) {
        const int64_t first = image * channels;
        functions_.scaleShiftRows[static_cast<int>(kind)](x + first, scale, shift, y + first, channels, a, b);
      }
      return;
    }
    const Range maps = team.share(batch * channels);
    for (int64_t map = maps.begin; map < maps.end; ++map) {
      const int64_t channel = map % channels;
      functions_.scaleShift[static_cast<int>(kind)](x + map * pixels, y + map * pixels, pixels, scale[channel],
                                                    shift[channel], a, b);
    }
  }

 private:
  ScaleShiftOperation operation_;
  const ElementwiseFunctions& functions_;
};

}  // namespace

const KernelDefinition scaleShiftVector = {"scaleShift.vector", Opcode::scaleShift, 0, supportsAll,
                                           makeVectorKernel<ScaleShiftVector>};

}  // namespace gdws
