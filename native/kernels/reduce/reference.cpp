#include <cmath>
#include <limits>

#include "kernels/integers.h"
#include "kernels/reduce/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class ReduceReference final : public Kernel {
 public:
  explicit ReduceReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    if (operation_.type == DataType::int64) return runIntegers<int64_t>(buffers);
    if (operation_.type == DataType::int32) return runIntegers<int32_t>(buffers);
    for (int64_t i = 0; i < operation_.kept.elements; ++i) {
      buffers.result()[i] = static_cast<float>(reduce(buffers.floats(0) + operation_.kept.offsetsAt(i)[0]));
    }
  }

 private:
  template <class Integer>
  void runIntegers(const Buffers& buffers) const {
    const auto& [type, function, kept, reducedLoop] = operation_;
    for (int64_t i = 0; i < kept.elements; ++i) {
      const auto* x = static_cast<const Integer*>(buffers.inputs[0]) + kept.offsetsAt(i)[0];
      int64_t result = startOf<Integer>(function);
      for (int64_t j = 0; j < reducedLoop.elements; ++j) {
        result = reduced(function, result, x[reducedLoop.offsetsAt(j)[0]]);
      }
      if (function == ReduceFunction::mean) result = wrappingQuotient(result, reducedLoop.elements);
      static_cast<Integer*>(buffers.outputs[0])[i] = static_cast<Integer>(result);
    }
  }

  template <class Combine>
  double fold(const float* x, double start, Combine combine) const {
    double result = start;
    for (int64_t j = 0; j < operation_.reduced.elements; ++j) {
      result = combine(result, static_cast<double>(x[operation_.reduced.offsetsAt(j)[0]]));
    }
    return result;
  }

  double reduce(const float* x) const {
    const auto sum = [&] { return fold(x, 0, [](double s, double v) { return s + v; }); };
    const auto squares = [&] { return fold(x, 0, [](double s, double v) { return s + v * v; }); };
    const auto largest = [&] {
      return fold(x, -infinity, [](double s, double v) { return v > s || std::isnan(v) ? v : s; });
    };
    switch (operation_.function) {
      case ReduceFunction::sum:
        return sum();
      case ReduceFunction::mean:
        return sum() / static_cast<double>(operation_.reduced.elements);
      case ReduceFunction::max:
        return largest();
      case ReduceFunction::min:
        return fold(x, infinity, [](double s, double v) { return v < s || std::isnan(v) ? v : s; });
      case ReduceFunction::prod:
        return fold(x, 1, [](double s, double v) { return s * v; });
      case ReduceFunction::l1:
        return fold(x, 0, [](double s, double v) { return s + std::fabs(v); });
      case ReduceFunction::l2:
        return std::sqrt(squares());
      case ReduceFunction::sumSquare:
        return squares();
      case ReduceFunction::logSum:
        return std::log(sum());
      case ReduceFunction::logSumExp: {
        const double maximum = largest();
        if (std::isinf(maximum)) return maximum;
        return maximum + std::log(fold(x, 0, [maximum](double s, double v) { return s + std::exp(v - maximum); }));
      }
    }
    return 0;
  }

  ReduceOperation operation_;
};

}  // namespace

const KernelDefinition reduceReference = {"reduce.reference", Opcode::reduce, overwritesNothing, supportsAll,
                                          makeKernel<ReduceReference>};

}  // namespace gdws
