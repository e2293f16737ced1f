#include "kernels/winograd/winograd.h"

#include "base/aligned_floats.h"
#include "kernels/gdws/shape.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// The dense kernels that are equivalent to both stages: Σ_k p(m, k)·d(k) over the depthwise kernels k of channel c.
std::shared_ptr<const float[]> compose(const GdwsShape& shape, const float* d, const float* p) {
  constexpr int64_t taps = 9;
  const int64_t outputs = shape.map.outputs, channels = shape.map.channels;
  const std::shared_ptr<float[]> kernels = allocateFloats(outputs * channels * taps);
  for (int64_t m = 0; m < outputs; ++m) {
    int64_t k = 0;
    for (int64_t c = 0; c < channels; ++c) {
      double sums[taps] = {};
      for (int64_t i = 0; i < shape.kernelsOf[static_cast<size_t>(c)]; ++i, ++k) {
        const double factor = p[m * shape.intermediate + k];
        for (int64_t t = 0; t < taps; ++t) sums[t] += factor * static_cast<double>(d[k * taps + t]);
      }
      for (int64_t t = 0; t < taps; ++t) kernels[(m * channels + c) * taps + t] = static_cast<float>(sums[t]);
    }
  }
  return kernels;
}

bool supports(const OperationView& operation, const KernelContext&) {
  const GdwsShape shape = GdwsShape::of(operation);
  return operation.input(1).storage == Storage::constant && operation.input(2).storage == Storage::constant &&
         operation.output().elements > 0 && shape.map.groups == 1 && winogradFits(shape.map);
}

template <int64_t Edge>
std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  const GdwsShape shape = GdwsShape::of(operation);
  const Value& d = operation.input(1);
  const Value& p = operation.input(2);
  // What is packed depends on which channel each depthwise kernel belongs to.
  std::string key = "gdws " + std::to_string(d.index) + ' ' + std::to_string(p.index);
  for (const int32_t kernelsOfChannel : shape.kernelsOf) {
    key += ' ';
    key += std::to_string(kernelsOfChannel);
  }
  const auto kernels = [&] {
    return compose(shape, static_cast<const float*>(d.data), static_cast<const float*>(p.data));
  };
  return makeWinograd(Edge, shape.map, 2, key, kernels, context);
}

template <int64_t Edge>
double estimate(const OperationView& operation, const KernelContext& context) {
  return estimateWinograd(Edge, GdwsShape::of(operation).map, context);
}

}  // namespace

// From about three kernels a channel on, the dense Winograd convolution needs fewer multiplications than both stages.
const KernelDefinition gdwsWinograd2 = {"gdws.winograd2", Opcode::gdws, 4, supports, make<2>, estimate<2>};
const KernelDefinition gdwsWinograd4 = {"gdws.winograd4", Opcode::gdws, 4, supports, make<4>, estimate<4>};

}  // namespace gdws
