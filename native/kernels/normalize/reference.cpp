#include <cmath>

#include "kernels/normalize/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class NormalizeReference final : public Kernel {
 public:
  explicit NormalizeReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [rows, inner, epsilon] = operation_;
    for (int64_t row = 0; row < rows; ++row) {
      const float* x = buffers.floats(0) + row * inner;
      float* y = buffers.result() + row * inner;
      double mean = 0;
      for (int64_t i = 0; i < inner; ++i) mean += x[i];
      mean /= static_cast<double>(inner);
      double variance = 0;
      for (int64_t i = 0; i < inner; ++i) variance += (x[i] - mean) * (x[i] - mean);
      variance /= static_cast<double>(inner);
      for (int64_t i = 0; i < inner; ++i) y[i] = static_cast<float>((x[i] - mean) / std::sqrt(variance + epsilon));
    }
  }

 private:
  NormalizeOperation operation_;
};

}  // namespace

const KernelDefinition normalizeReference = {"normalize.reference", Opcode::normalize, 0, supportsAll,
                                             makeKernel<NormalizeReference>};

}  // namespace gdws
