#include "native/choices.h"

#include <algorithm>

#include "engine/kernel_choice.h"
#include "kernels/convolution/shape.h"
#include "native/attributes_writer.h"
#include "native/maps.h"
#include "native/run.h"

namespace gdws::test {

namespace {

bool isReference(const char* kernel) { return std::string(kernel).ends_with(".reference"); }

bool isConstant(const TestCase& testCase, size_t input) {
  return testCase.view().input(input).storage == Storage::constant;
}

bool hasReason(const TestCase& testCase, int threads) {
  const OperationView view = testCase.view();
  switch (testCase.operation().opcode) {
    case Opcode::interpolate:
      return !isConstant(testCase, 1);
    case Opcode::convolutionTranspose: {
      const Window window = ConvolutionShape::ofTransposed(view).window;
      const std::vector<int64_t>& y = view.output().dims;
      return !isConstant(testCase, 1) ||
             std::min(window.strideHeight, y[2]) * std::min(window.strideWidth, y[3]) > 4096;
    }
    case Opcode::gdws:
      return !isConstant(testCase, 2);
    case Opcode::recurrent: {
      const auto attributes = RecurrentAttributes::of(view);
      const auto& unary = contextFor(threads).vectors.elementwise.unary;
      const auto functions = {attributes.f, attributes.g, attributes.h};
      return std::any_of(functions.begin(), functions.end(),
                         [&](UnaryFunction f) { return unary[static_cast<int>(f)] == nullptr; });
    }
    default:
      return false;
  }
}

/// Axes of windows with an output, short and long in every respect.
std::vector<Axis> windows(bool isTransposed) {
  std::vector<Axis> axes;
  for (const int64_t length : {1, 2, 9, 1000}) {
    for (const int64_t kernel : {1, 3, 512}) {
      for (const int64_t stride : {1, 2, 31, 33, 128, 5000}) {
        for (const int64_t dilation : {1, 3, 70000}) {
          for (const int64_t pad : {int64_t{0}, kernel / 2, kernel * dilation}) {
            const Axis axis{length, kernel, stride, dilation, pad, pad};
            const int64_t output = isTransposed ? axis.transposedOutput() : axis.output();
            const bool hasRoom = isTransposed || length + 2 * pad >= (kernel - 1) * dilation + 1;
            if (hasRoom && output > 0 && output < 1 << 24) axes.push_back(axis);
          }
        }
      }
    }
  }
  return axes;
}

/// Dims only: data of the operands is not read by a choice.
TestCase caseOf(Opcode opcode, const std::vector<Dims>& inputs, const Dims& output) {
  TestCase testCase(opcode);
  for (size_t i = 0; i < inputs.size(); ++i) {
    testCase.add<float>(i == 0 ? Storage::input : Storage::constant, DataType::float32, inputs[i], {});
  }
  testCase.addOutput(output);
  return testCase;
}

struct Channels {
  int64_t groups, inputs, outputs;  ///< inputs and outputs of a group
};

constexpr Channels channelKinds[] = {{1, 1, 257}, {1, 1, 1}, {1, 16, 1}, {1, 16, 24}, {3, 4, 5}, {6, 1, 1}, {6, 1, 2}};

template <class Attributes>
Attributes poolOf(const Maps& maps) {
  const auto window = windowOf<ConvolutionAttributes>(1, maps);
  Attributes attributes;
  attributes.kernel = {static_cast<int32_t>(maps.vertical.kernel), static_cast<int32_t>(maps.horizontal.kernel)};
  attributes.strides = window.strides;
  attributes.dilations = window.dilations;
  attributes.pads = window.pads;
  return attributes;
}

class Survey {
 public:
  template <class Attributes>
  void add(const char* name, TestCase testCase, const Attributes& attributes) {
    testCase.set(attributes);
    left_[name] += isLeftToReference(testCase, 2);
  }
  std::map<std::string, int> left() const { return left_; }

 private:
  std::map<std::string, int> left_;
};

void addConvolutions(Survey& survey, const Maps& maps, const Channels& kind) {
  const Axis &v = maps.vertical, &h = maps.horizontal;
  const Dims x{2, kind.groups * kind.inputs, v.length, h.length};
  const Dims y{2, kind.groups * kind.outputs, v.output(), h.output()};
  survey.add("convolution", caseOf(Opcode::convolution, {x, {y[1], kind.inputs, v.kernel, h.kernel}}, y),
             windowOf<ConvolutionAttributes>(kind.groups, maps));
  if (kind.inputs > 1) return;
  auto attributes = windowOf<GdwsAttributes>(1, maps);
  attributes.kernels.assign(static_cast<size_t>(x[1]), 2);
  survey.add("gdws", caseOf(Opcode::gdws, {x, {2 * x[1], 1, v.kernel, h.kernel}, {y[1], 2 * x[1], 1, 1}}, y),
             attributes);
}

void addTransposed(Survey& survey, const Maps& maps, const Channels& kind) {
  const Axis &v = maps.vertical, &h = maps.horizontal;
  const Dims x{2, kind.groups * kind.inputs, v.length, h.length};
  const Dims y{2, kind.groups * kind.outputs, v.transposedOutput(), h.transposedOutput()};
  survey.add("convolutionTranspose",
             caseOf(Opcode::convolutionTranspose, {x, {x[1], kind.outputs, v.kernel, h.kernel}}, y),
             windowOf<ConvolutionTransposeAttributes>(kind.groups, maps));
}

void addPoolings(Survey& survey, const Maps& maps) {
  const Dims x{2, 3, maps.vertical.length, maps.horizontal.length};
  const Dims y{2, 3, maps.vertical.output(), maps.horizontal.output()};
  survey.add("maxPool", caseOf(Opcode::maxPool, {x}, y), poolOf<MaxPoolAttributes>(maps));
  survey.add("averagePool", caseOf(Opcode::averagePool, {x}, y), poolOf<AveragePoolAttributes>(maps));
  survey.add("maxPoolGradient", caseOf(Opcode::maxPoolGradient, {x, y}, x), poolOf<MaxPoolGradientAttributes>(maps));
}

/// Both axes alike, one of them alone, or a usual one beside it.
std::vector<Maps> mapsOf(const Axis& axis) {
  const Axis none{1, 1, 1, 1, 0, 0}, usual{8, 3, 1, 1, 1, 1};
  return {{none, axis}, {axis, none}, {usual, axis}, {axis, usual}, {axis, axis}};
}

}  // namespace

bool isLeftToReference(const TestCase& testCase, int threads) {
  const OperationView view = testCase.view();
  const Value& y = view.output();
  if (view.input(0).type != DataType::float32 || y.type != DataType::float32 || y.elements == 0) return false;
  if (hasReason(testCase, threads)) return false;
  return isReference(rivalsFor(view, contextFor(threads)).front().definition->name);
}

std::map<std::string, int> windowsLeftToReference() {
  Survey survey;
  constexpr int64_t mostOutputs = 1 << 24;
  for (const Axis& axis : windows(false)) {
    for (const Maps& maps : mapsOf(axis)) {
      if (maps.vertical.output() * maps.horizontal.output() > mostOutputs) continue;
      for (const Channels& kind : channelKinds) addConvolutions(survey, maps, kind);
      addPoolings(survey, maps);
    }
  }
  for (const Axis& axis : windows(true)) {
    for (const Maps& maps : mapsOf(axis)) {
      if (maps.vertical.transposedOutput() * maps.horizontal.transposedOutput() > mostOutputs) continue;
      for (const Channels& kind : channelKinds) addTransposed(survey, maps, kind);
    }
  }
  return survey.left();
}

}  // namespace gdws::test
