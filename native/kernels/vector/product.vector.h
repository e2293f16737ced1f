// The product functions of the instruction set in use.
#pragma once

#include "kernels/vector/depthwise.vector.h"
#include "kernels/vector/depthwise_planes.vector.h"
#include "kernels/vector/lines.vector.h"
#include "kernels/vector/matrix.vector.h"
#include "kernels/vector/product_functions.h"

namespace gdws {
namespace GDWS_ISA {

static int64_t multiplyAdds(int64_t rounds, float* result) {
  // Twelve sums hide the latency of two units and leave registers enough everywhere. Each is its own addend, because
  // ARM's multiply-add overwrites the addend and would have to be given a copy of any other.
  constexpr int count = 12;
  const Vector factor = load(result);
  Vector sum[count];
#pragma GCC unroll 12
  for (int i = 0; i < count; ++i) sum[i] = load(result + i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < count; ++i) sum[i] += sum[i] * factor;
  }
  for (int i = 1; i < count; ++i) sum[0] += sum[i];
  store(result, sum[0]);
  return rounds * count;
}

static float read(const float* x, int64_t count) {
  // Two loads a cycle and additions that take four.
  constexpr int accumulators = 8;
  Vector sum[accumulators] = {};
  int64_t i = 0;
  for (; i + accumulators * lanes <= count; i += accumulators * lanes) {
#pragma GCC unroll 8
    for (int k = 0; k < accumulators; ++k) sum[k] += load(x + i + k * lanes);
  }
  for (int k = 1; k < accumulators; ++k) sum[0] += sum[k];
  float elements[lanes], total = 0;
  store(elements, sum[0]);
  for (int k = 0; k < lanes; ++k) total += elements[k];
  for (; i < count; ++i) total += x[i];
  return total;
}

template <int Rows>
constexpr void fillMicroRow(ProductFunctions& functions) {
  functions.micro[Rows][1] = microKernel<Rows, 1>();
  functions.micro[Rows][2] = microKernel<Rows, 2>();
  functions.micro[Rows][3] = microKernel<Rows, 3>();
  functions.micro[Rows][4] = microKernel<Rows, 4>();
  functions.micro[Rows][5] = microKernel<Rows, 5>();
  functions.micro[Rows][6] = microKernel<Rows, 6>();
  functions.micro[Rows][7] = microKernel<Rows, 7>();
  functions.micro[Rows][8] = microKernel<Rows, 8>();
  if constexpr (Rows < ProductFunctions::maxRows) fillMicroRow<Rows + 1>(functions);
}

constexpr ProductFunctions makeProductFunctions() {
  ProductFunctions functions{};
  fillMicroRow<1>(functions);
  functions.fillLines = fillLines;
  functions.copyRows = copyRows;
  functions.copy = copy;
  functions.transpose = transpose;
  functions.depthwise = depthwise;
  functions.addDepthwise = addDepthwise;
  functions.flatDepthwise = flatDepthwise;
  functions.depthwisePlanes = depthwisePlanes;
  functions.flatKernels = maxFlatKernels;
  functions.copyFromPlanes = copyFromPlanes;
  functions.splitColumns = splitColumns;
  functions.finish = finish;
  functions.multiplyAdds = multiplyAdds;
  functions.read = read;
  return functions;
}

inline constexpr ProductFunctions productFunctions = makeProductFunctions();

}  // namespace GDWS_ISA
}  // namespace gdws
