#include "kernels/winograd/winograd.h"

#include "kernels/registry.h"

namespace gdws {

namespace {

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.input(1).storage == Storage::constant && operation.output().elements > 0 &&
         winogradFits(ConvolutionShape::of(operation));
}

template <int64_t Edge>
std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  const Value& w = operation.input(1);
  // Not owned: the constants live longer than the packing takes.
  const auto kernels = [&w] {
    return std::shared_ptr<const float[]>(std::shared_ptr<void>(), static_cast<const float*>(w.data));
  };
  return makeWinograd(Edge, ConvolutionShape::of(operation), 1, "convolution " + std::to_string(w.index), kernels,
                      context);
}

template <int64_t Edge>
double estimate(const OperationView& operation, const KernelContext& context) {
  return estimateWinograd(Edge, ConvolutionShape::of(operation), context);
}

}  // namespace

const KernelDefinition convolutionWinograd2 = {
    "convolution.winograd2", Opcode::convolution, 3, supports, make<2>, estimate<2>};
const KernelDefinition convolutionWinograd4 = {
    "convolution.winograd4", Opcode::convolution, 3, supports, make<4>, estimate<4>};

}  // namespace gdws
