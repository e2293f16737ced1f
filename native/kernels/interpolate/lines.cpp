#include <algorithm>

#include "kernels/interpolate/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Lines of x that share one pass over indices and weights.
constexpr int64_t linesAtOnce = 4;

/// The innermost axis, element by element.
class InterpolateLines final : public Kernel {
 public:
  explicit InterpolateLines(const OperationView& operation) : operation_(operation) {}

  bool readsInput(size_t i) const override { return i != 1; }

  void run(const Buffers& buffers, const Team& team) const override {
    const InterpolateOperation& o = operation_;
    const Range lines = team.share(o.outer, linesAtOnce);
    int64_t line = lines.begin;
    for (; line + linesAtOnce <= lines.end; line += linesAtOnce) interpolate<linesAtOnce>(buffers, line);
    for (; line < lines.end; ++line) interpolate<1>(buffers, line);
  }

 private:
  template <int64_t count>
  void interpolate(const Buffers& buffers, int64_t line) const {
    const InterpolateOperation& o = operation_;
    const float* x = buffers.floats(0) + line * o.n;
    float* y = buffers.result() + line * o.out;
    const float* weights = buffers.floats(2);
    const int32_t* indices = o.indices.constant()->data();
    for (int64_t i = 0; i < o.out; ++i) {
      float sums[count] = {};
      for (int64_t tap = i * o.taps; tap < (i + 1) * o.taps; ++tap) {
        for (int64_t k = 0; k < count; ++k) sums[k] += weights[tap] * x[k * o.n + indices[tap]];
      }
      for (int64_t k = 0; k < count; ++k) y[k * o.out + i] = sums[k];
    }
  }

  InterpolateOperation operation_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const InterpolateOperation o(operation);
  return o.inner == 1 && o.indices.constant().has_value();
}

}  // namespace

const KernelDefinition interpolateLines = {"interpolate.lines", Opcode::interpolate, overwritesNothing, supports,
                                           makeKernel<InterpolateLines>};

}  // namespace gdws
