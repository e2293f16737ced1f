#include "kernels/interpolate/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class InterpolateReference final : public Kernel {
 public:
  explicit InterpolateReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const InterpolateOperation& o = operation_;
    for (int64_t outer = 0; outer < o.outer; ++outer) {
      for (int64_t i = 0; i < o.out; ++i) {
        for (int64_t inner = 0; inner < o.inner; ++inner) {
          double sum = 0;
          for (int64_t tap = i * o.taps; tap < (i + 1) * o.taps; ++tap) {
            const int64_t index = o.indices.at(buffers.inputs[1], tap);
            sum += static_cast<double>(buffers.floats(2)[tap]) *
                   buffers.floats(0)[(outer * o.n + index) * o.inner + inner];
          }
          buffers.result()[(outer * o.out + i) * o.inner + inner] = static_cast<float>(sum);
        }
      }
    }
  }

 private:
  InterpolateOperation operation_;
};

}  // namespace

const KernelDefinition interpolateReference = {"interpolate.reference", Opcode::interpolate, overwritesNothing,
                                               supportsAll, makeKernel<InterpolateReference>};

}  // namespace gdws
