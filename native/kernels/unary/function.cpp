#include "kernels/unary/function.h"

#include <cmath>
#include <numbers>

#include "kernels/activate.h"

namespace gdws {

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }
double clip(double x, double low, double high) { return activate(Activation::clip, x, low, high); }

}  // namespace

double UnaryCall::operator()(double x) const {
  using enum UnaryFunction;
  switch (function) {
    case relu:
      return activate(Activation::relu, x, 0.0, 0.0);
    case UnaryFunction::clip:
      return gdws::clip(x, a, b);
    case leakyRelu:
      return x < 0 ? a * x : x;
    case elu:
      return x < 0 ? a * std::expm1(x) : x;
    case selu:
      return b * (x > 0 ? x : a * std::expm1(x));
    case celu: {
      const double low = a * std::expm1(x / a);
      return (x < 0 ? 0 : x) + (low > 0 ? 0 : low);
    }
    case UnaryFunction::sigmoid:
      return gdws::sigmoid(x);
    case hardSigmoid:
      return gdws::clip(a * x + b, 0, 1);
    case hardSwish:
      return activate<double>(Activation::hardSwish, x, a, b);
    case silu:
      return x * gdws::sigmoid(a * x);
    case mish:
      return x * std::tanh(gdws::softplus(x));
    case gelu:
      return x / 2 * std::erfc(-x / std::numbers::sqrt2);
    case geluTanh: {
      const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
      return x * gdws::sigmoid(2 * inner);
    }
    case tanh:
      return std::tanh(x);
    case UnaryFunction::softplus:
      return gdws::softplus(x);
    case softsign:
      return x / (1 + std::fabs(x));
    case thresholdedRelu:
      return x > a ? x : 0;
    case shrink:
      return x < -a ? x + b : x > a ? x - b : 0;
    case exp:
      return std::exp(x);
    case log:
      return std::log(x);
    case sqrt:
      return std::sqrt(x);
    case reciprocal:
      return 1 / x;
    case abs:
      return std::fabs(x);
    case neg:
      return -x;
    case sign:
      return x > 0 ? 1 : x < 0 ? -1 : x;
    case floor:
      return std::floor(x);
    case ceil:
      return std::ceil(x);
    case round:
      return std::nearbyint(x);
    case erf:
      return std::erf(x);
    case sin:
      return std::sin(x);
    case cos:
      return std::cos(x);
    case tan:
      return std::tan(x);
    case atan:
      return std::atan(x);
    case linear:
      return static_cast<double>(a) * x + b;
    case asin:
      return std::asin(x);
    case acos:
      return std::acos(x);
    case sinh:
      return std::sinh(x);
    case cosh:
      return std::cosh(x);
    case asinh:
      return std::asinh(x);
    case acosh:
      return std::acosh(x);
    case atanh:
      return std::atanh(x);
    case scaledTanh:
      return a * std::tanh(b * x);
  }
  return x;
}

}  // namespace gdws
