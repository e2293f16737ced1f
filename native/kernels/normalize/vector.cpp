#include <cmath>

#include "kernels/normalize/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class NormalizeVector final : public Kernel {
 public:
  NormalizeVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const auto& [rows, inner, epsilon] = operation_;
    const auto count = static_cast<double>(inner);
    const Range share = team.share(rows);
    for (int64_t row = share.begin; row < share.end; ++row) {
      const float* x = buffers.floats(0) + row * inner;
      // A float near the mean is subtracted first, and the rest of the mean is computed from the differences. If the
      // mean is far larger than the deviation, neither a sum in single precision nor one float would be exact enough.
      const auto centre = static_cast<float>(functions_.foldRow[static_cast<int>(Fold::sum)](x, inner) / count);
      const double rest = functions_.sumDeviations(x, inner, centre) / count;
      const double variance = functions_.sumSquaredDeviations(x, inner, centre) / count - rest * rest;
      const double scale = 1 / std::sqrt((variance > 0 || variance != variance ? variance : 0) + epsilon);
      functions_.standardize(x, buffers.result() + row * inner, inner, centre, static_cast<float>(scale),
                             static_cast<float>(-rest * scale));
    }
  }

 private:
  NormalizeOperation operation_;
  const ElementwiseFunctions& functions_;
};

}  // namespace

const KernelDefinition normalizeVector = {"normalize.vector", Opcode::normalize, 0, supportsAll,
                                          makeVectorKernel<NormalizeVector>};

}  // namespace gdws
