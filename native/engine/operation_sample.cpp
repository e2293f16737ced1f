#include "engine/operation_sample.h"

#include <algorithm>
#include <cmath>

#include "base/aligned_floats.h"
#include "program/attributes.h"

namespace gdws {

namespace {

bool isConvolution(Opcode opcode) { return opcode == Opcode::convolution || opcode == Opcode::gdws; }

/// Of a convolution, from one output row to the next.
int64_t strideOf(const OperationView& operation) {
  if (operation.opcode() == Opcode::gdws) return GdwsAttributes::of(operation).strides[0];
  return ConvolutionAttributes::of(operation).strides[0];
}

/// Weights of a convolution: each counts once for each pixel of the result.
double weightsOf(const OperationView& operation) {
  double weights = 0;
  for (size_t i = 1; i < operation.inputCount(); ++i) {
    if (!operation.hasInput(i)) continue;
    const Value& value = operation.input(i);
    if (value.storage == Storage::constant && value.rank() == 4) weights += static_cast<double>(value.elements);
  }
  return weights;
}

void setDim(Value& value, size_t axis, int64_t dim) {
  value.elements = value.elements / static_cast<size_t>(value.dims[axis]) * static_cast<size_t>(dim);
  value.dims[axis] = dim;
}

/// Multiples of 1/64 in [-1, 1): sums of their products are neither infinite nor denormal.
std::shared_ptr<float[]> numbers(size_t count) {
  auto data = allocateFloats(static_cast<int64_t>(count));
  for (size_t i = 0; i < count; ++i) {
    data[i] = static_cast<float>(static_cast<int32_t>(i * 2654435761u >> 20 & 127) - 64) / 64.0f;
  }
  return data;
}

}  // namespace

bool OperationSample::fits(const OperationView& operation) {
  for (size_t i = 0; i < operation.inputCount(); ++i) {
    if (operation.hasInput(i) && operation.input(i).type != DataType::float32) return false;
  }
  for (size_t i = 0; i < operation.outputCount(); ++i) {
    if (operation.output(i).type != DataType::float32 || operation.output(i).elements == 0) return false;
  }
  return true;
}

OperationSample::OperationSample(const OperationView& operation, double maxWork) {
  Operation copy{operation.opcode(), {}, {}, operation.integers(), operation.reals()};
  const auto add = [&](const Value& value) {
    program_.values.push_back(value);
    program_.values.back().data = nullptr;
    return static_cast<int32_t>(program_.values.size()) - 1;
  };
  for (size_t i = 0; i < operation.inputCount(); ++i) {
    copy.inputs.push_back(operation.hasInput(i) ? add(operation.input(i)) : -1);
  }
  for (size_t i = 0; i < operation.outputCount(); ++i) copy.outputs.push_back(add(operation.output(i)));
  program_.operations.push_back(std::move(copy));
  if (isConvolution(operation.opcode())) cut(maxWork);
  allocate();
}

void OperationSample::cut(double maxWork) {
  const Operation& operation = program_.operations.front();
  Value& x = program_.values[operation.inputs.front()];
  Value& y = program_.values[operation.outputs.front()];
  if (x.rank() != 4 || y.rank() != 4) return;
  const auto batch = y.dims[0], rows = y.dims[2], columns = y.dims[3];
  const double work = static_cast<double>(batch * rows * columns) * weightsOf(view());
  if (work <= maxWork) return;
  // As many pixels as fill the tiles of any kernel, in whole images where they are small.
  constexpr double minPixels = 1024;
  const double pixels = std::max(maxWork / work * static_cast<double>(batch * rows * columns), minPixels);
  const auto images = std::clamp<int64_t>(std::llround(pixels / static_cast<double>(rows * columns)), 1, batch);
  const auto wantedRows = static_cast<int64_t>(pixels / static_cast<double>(images * columns)) / 8 * 8;
  const int64_t keptRows = std::clamp<int64_t>(wantedRows, std::min<int64_t>(rows, 8), rows);
  const int64_t inputRows = x.dims[2] - (rows - keptRows) * strideOf(view());
  if (inputRows < 1) return;
  const auto dims = y.dims;
  for (Value& value : program_.values) {
    // The result, and what is added to it.
    if (value.dims != dims || value.storage == Storage::constant || &value == &x) continue;
    setDim(value, 0, images);
    setDim(value, 2, keptRows);
  }
  setDim(x, 0, images);
  setDim(x, 2, inputRows);
}

void OperationSample::allocate() {
  const Operation& operation = program_.operations.front();
  for (const int32_t id : operation.inputs) {
    if (id < 0) {
      sources_.push_back(nullptr);
      continue;
    }
    Value& value = program_.values[id];
    memory_.push_back(numbers(value.elements));
    sources_.push_back(memory_.back().get());
    if (value.storage == Storage::constant) value.data = memory_.back().get();
  }
  for (const int32_t id : operation.outputs) {
    memory_.push_back(allocateFloats(static_cast<int64_t>(program_.values[id].elements)));
    results_.push_back(memory_.back().get());
  }
}

}  // namespace gdws
