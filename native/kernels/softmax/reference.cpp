#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/registry.h"
#include "kernels/softmax/operation.h"

namespace gdws {

namespace {

class SoftmaxReference final : public Kernel {
 public:
  explicit SoftmaxReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [outer, n, inner, logarithm] = operation_;
    for (int64_t row = 0; row < outer * inner; ++row) {
      const int64_t first = row / inner * n * inner + row % inner;
      const float* x = buffers.floats(0) + first;
      float* y = buffers.result() + first;
      double maximum = -std::numeric_limits<double>::infinity();
      for (int64_t i = 0; i < n; ++i) maximum = std::max<double>(maximum, x[i * inner]);
      double sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i * inner] - maximum);
      for (int64_t i = 0; i < n; ++i) {
        const double shifted = x[i * inner] - maximum;
        y[i * inner] = static_cast<float>(logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum);
      }
    }
  }

 private:
  SoftmaxOperation operation_;
};

}  // namespace

const KernelDefinition softmaxReference = {"softmax.reference", Opcode::softmax, 0, supportsAll,
                                           makeKernel<SoftmaxReference>};

}  // namespace gdws
