#include <cmath>

#include "kernels/local_response/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class LocalResponseReference final : public Kernel {
 public:
  explicit LocalResponseReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const LocalResponseOperation& o = operation_;
    for (int64_t image = 0; image < o.batch; ++image) {
      const float* x = buffers.floats(0) + image * o.channels * o.pixels;
      float* y = buffers.result() + image * o.channels * o.pixels;
      for (int64_t channel = 0; channel < o.channels; ++channel) {
        for (int64_t pixel = 0; pixel < o.pixels; ++pixel) {
          double squares = 0;
          for (int64_t other = o.firstOf(channel); other <= o.lastOf(channel); ++other) {
            const double value = x[other * o.pixels + pixel];
            squares += value * value;
          }
          const double base = o.bias + static_cast<double>(o.alpha) / static_cast<double>(o.size) * squares;
          y[channel * o.pixels + pixel] =
              static_cast<float>(x[channel * o.pixels + pixel] / std::pow(base, static_cast<double>(o.beta)));
        }
      }
    }
  }

 private:
  LocalResponseOperation operation_;
};

}  // namespace

const KernelDefinition localResponseReference = {"localResponse.reference", Opcode::localResponse, overwritesNothing,
                                                 supportsAll, makeKernel<LocalResponseReference>};

}  // namespace gdws
