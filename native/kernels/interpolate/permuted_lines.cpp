#include <algorithm>

#include "kernels/interpolate/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// The innermost axis of an enlargement: neighbouring results take elements that lie within one vector, which is loaded
/// once and permuted.
class InterpolatePermutedLines final : public Kernel {
 public:
  InterpolatePermutedLines(const OperationView& operation, const VectorTable& vectors)
      : operation_(operation), functions_(vectors.elementwise) {
    const InterpolateOperation& o = operation_;
    const auto* weight = static_cast<const float*>(operation.input(2).data);
    const std::vector<int32_t>& index = *o.indices.constant();
    for (int64_t group = 0; group < o.out; group += vectors.lanes) {
      for (int64_t tap = 0; tap < o.taps; ++tap) {
        const int32_t first = firstOf(o, group, tap, vectors.lanes);
        first_.push_back(first);
        for (int64_t lane = 0; lane < vectors.lanes; ++lane) {
          const int64_t place = (group + lane) * o.taps + tap;
          const bool beyond = group + lane >= o.out;
          lanes_.push_back(beyond ? 0 : index[place] - first);
          weights_.push_back(beyond ? 0 : weight[place]);
        }
      }
    }
  }

  /// Whether the elements of each group lie within one vector.
  static bool fits(const InterpolateOperation& o, int64_t lanes) {
    if (o.n < lanes) return false;
    for (int64_t group = 0; group < o.out; group += lanes) {
      for (int64_t tap = 0; tap < o.taps; ++tap) {
        const int32_t first = firstOf(o, group, tap, lanes);
        for (int64_t i = group; i < std::min(group + lanes, o.out); ++i) {
          if ((*o.indices.constant())[i * o.taps + tap] >= first + lanes) return false;
        }
      }
    }
    return true;
  }

  bool readsInput(size_t i) const override { return i == 0; }

  void run(const Buffers& buffers, const Team& team) const override {
    const InterpolateOperation& o = operation_;
    const LineTaps taps = {o.out, o.taps, first_.data(), lanes_.data(), weights_.data()};
    const Range lines = team.share(o.outer);
    for (int64_t line = lines.begin; line < lines.end; ++line) {
      functions_.interpolateLine(buffers.floats(0) + line * o.n, taps, buffers.result() + line * o.out);
    }
  }

 private:
  /// Where the vector begins that holds a group's elements for a tap: at the least index, and within x.
  static int32_t firstOf(const InterpolateOperation& o, int64_t group, int64_t tap, int64_t lanes) {
    int64_t first = o.n - lanes;
    for (int64_t i = group; i < std::min(group + lanes, o.out); ++i) {
      first = std::min<int64_t>(first, (*o.indices.constant())[i * o.taps + tap]);
    }
    return static_cast<int32_t>(first);
  }

  InterpolateOperation operation_;
  const ElementwiseFunctions& functions_;
  std::vector<int32_t> first_;
  std::vector<int32_t> lanes_;
  std::vector<float> weights_;
};

bool supports(const OperationView& operation, const KernelContext& context) {
  const InterpolateOperation o(operation);
  return o.inner == 1 && o.indices.constant().has_value() && operation.input(2).storage == Storage::constant &&
         InterpolatePermutedLines::fits(o, context.vectors.lanes);
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<InterpolatePermutedLines>(operation, context.vectors);
}

}  // namespace

const KernelDefinition interpolatePermutedLines = {"interpolate.permutedLines", Opcode::interpolate, overwritesNothing,
                                                   supports, make};

}  // namespace gdws
