#include "addon/linalg.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "addon/errors.h"
#include "addon/linalg_task.h"
#include "addon/typed_array.h"
#include "linalg/decompose.h"
#include "linalg/decompose_whitened.h"
#include "linalg/fit_stages.h"
#include "linalg/least_squares.h"
#include "linalg/pointwise.h"
#include "linalg/round_weights.h"

namespace gdws {

namespace {

/// A finite number, 0 or more; otherwise throws invalidArgument.
double ridgeOf(const Napi::Value& value) {
  const double ridge = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (ridge >= 0 && std::isfinite(ridge)) return ridge;
  throw invalidArgument(value.Env(), "ridge must be a finite number, 0 or more");
}

class DecomposeTask final : public LayerTask {
 public:
  using LayerTask::LayerTask;

 private:
  void computeLayer() override {
    singularValues_.resize(weights().inputChannels * weights().rank());
    rightVectors_.resize(singularValues_.size() * weights().taps);
    decompose(weights(), threads(), singularValues_.data(), rightVectors_.data());
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("singularValues", newTypedArray(env, singularValues_));
    result.Set("rightVectors", newTypedArray(env, rightVectors_));
    return result;
  }

  std::vector<double> singularValues_;
  std::vector<double> rightVectors_;
};

class DecomposeWhitenedTask final : public LayerTask {
 public:
  explicit DecomposeWhitenedTask(const Napi::CallbackInfo& info) : LayerTask(info) {
    const int64_t taps = weights().taps;
    const int64_t rows = weights().rows();
    patchMoments_ = doublesOf(info[3], weights().inputChannels, taps, taps,
                              "patchMoments must be a Float64Array of inputChannels × taps × taps");
    if (info[4].IsUndefined()) return;
    fisher_ =
        doublesOf(info[4], weights().groups, rows, rows, "fisher must be a Float64Array of groups × (M / groups)²");
  }

 private:
  void computeLayer() override {
    singularValues_.resize(weights().inputChannels * weights().rank());
    kernels_.resize(singularValues_.size() * weights().taps);
    decomposeWhitened(weights(), patchMoments_.data(), fisher_ ? fisher_->data() : nullptr, threads(),
                      singularValues_.data(), kernels_.data());
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("singularValues", newTypedArray(env, singularValues_));
    result.Set("kernels", newTypedArray(env, kernels_));
    return result;
  }

  std::vector<double> patchMoments_;
  std::optional<std::vector<double>> fisher_;
  std::vector<double> singularValues_;
  std::vector<double> kernels_;
};

class PointwiseTask final : public LayerTask {
 public:
  explicit PointwiseTask(const Napi::CallbackInfo& info) : LayerTask(info) {
    const Napi::Env env = info.Env();
    counts_ = ArrayElements(info[3], DataType::int32).toVector<int32_t>();
    if (static_cast<int64_t>(counts_.size()) != weights().inputChannels) {
      throw invalidArgument(env, "counts must have one number for each input channel");
    }
    std::vector<int64_t> ofGroup(weights().groups, 0);
    for (size_t channel = 0; channel < counts_.size(); ++channel) {
      if (counts_[channel] < 0 || counts_[channel] > weights().rank()) {
        throw invalidArgument(env, "a channel has more kernels than its rank");
      }
      ofGroup[channel / weights().channelsPerGroup()] += counts_[channel];
    }
    perGroup_ = ofGroup[0];
    for (const int64_t total : ofGroup) {
      if (total < 1 || total != perGroup_) throw invalidArgument(env, "every group must have as many kernels, and one");
    }
    const ArrayElements kernels(info[4], DataType::float32);
    if (static_cast<int64_t>(kernels.count()) != perGroup_ * weights().groups * weights().taps) {
      throw invalidArgument(env, "kernels have another size than their counts");
    }
    kernels_ = kernels.toVector<float>();
  }

 private:
  void computeLayer() override {
    pointwise_.resize(weights().outputChannels * perGroup_);
    errors_.resize(weights().inputChannels);
    pointwiseWeights(weights(), counts_.data(), kernels_.data(), threads(), pointwise_.data(), errors_.data());
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("weights", newTypedArray(env, pointwise_));
    result.Set("errors", newTypedArray(env, errors_));
    return result;
  }

  std::vector<int32_t> counts_;
  std::vector<float> kernels_;
  int64_t perGroup_ = 0;
  std::vector<float> pointwise_;
  std::vector<double> errors_;
};

class LeastSquaresTask final : public LinalgTask {
 public:
  /// Arguments: gram, cross (Float64Array), features, outputs, ridge, threads.
  explicit LeastSquaresTask(const Napi::CallbackInfo& info) {
    features_ = positiveInteger(info[2], "features must be a positive integer");
    outputs_ = positiveInteger(info[3], "outputs must be a positive integer");
    ridge_ = ridgeOf(info[4]);
    useThreads(info[5]);
    gram_ = doublesOf(info[0], 1, features_, features_, "gram must be a Float64Array of features × features");
    cross_ = doublesOf(info[1], 1, outputs_, features_, "cross must be a Float64Array of outputs × features");
  }

 private:
  void compute() override {
    leastSquares(gram_.data(), cross_.data(), features_, outputs_, ridge_, threads());
    std::vector<double>().swap(gram_);
  }

  Napi::Value result(Napi::Env env) const override { return newTypedArray(env, cross_); }

  int64_t features_ = 0;
  int64_t outputs_ = 0;
  double ridge_ = 0;
  std::vector<double> gram_;
  std::vector<double> cross_;
};

/// Weights fitted to moments and rounded to 8 bits.
class RoundWeightsTask final : public LinalgTask {
 public:
  /// Arguments: gram (Float32Array or Float64Array), cross, weights (the same), {features, outputs, ridge, fits,
  /// isSequential}, threads.
  explicit RoundWeightsTask(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!info[3].IsObject()) throw invalidArgument(env, "the problem must be an object");
    const Napi::Object given = info[3].As<Napi::Object>();
    problem_.features = positiveInteger(given.Get("features"), "features must be a positive integer");
    problem_.outputs = positiveInteger(given.Get("outputs"), "outputs must be a positive integer");
    problem_.ridge = ridgeOf(given.Get("ridge"));
    if (problem_.ridge == 0) throw invalidArgument(env, "ridge must be above 0");
    problem_.fits = given.Get("fits").ToBoolean();
    problem_.isSequential = given.Get("isSequential").ToBoolean();
    useThreads(info[4]);
    const int64_t features = problem_.features, outputs = problem_.outputs;
    gram_ = realsOf(info[0], features, features, "gram must be an array of features × features");
    cross_ = realsOf(info[1], outputs, features, "cross must be an array of outputs × features");
    weights_ = realsOf(info[2], outputs, features, "weights must be an array of outputs × features");
  }

 private:
  void compute() override {
    roundWeights(problem_, gram_.data(), cross_.data(), weights_.data(), rounded_, threads());
    std::vector<double>().swap(gram_);
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("numbers", newTypedArray(env, rounded_.numbers));
    result.Set("scales", newTypedArray(env, rounded_.scales));
    return result;
  }

  RoundingProblem problem_{};
  std::vector<double> gram_;
  std::vector<double> cross_;
  std::vector<double> weights_;
  RoundedWeights rounded_;
};

class FitStagesTask final : public LinalgTask {
 public:
  /// Arguments: patchMoments, crossMoments (Float64Array or Float32Array), fisher (Float64Array or undefined), counts
  /// (Int32Array), kernels (Float32Array), {outputs, sweeps, ridge}, threads. For one group.
  explicit FitStagesTask(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!info[5].IsObject()) throw invalidArgument(env, "the sizes must be an object");
    const Napi::Object sizes = info[5].As<Napi::Object>();
    problem_.outputs = positiveInteger(sizes.Get("outputs"), "outputs must be a positive integer");
    problem_.taps = positiveInteger(sizes.Get("taps"), "taps must be a positive integer");
    const Napi::Value sweeps = sizes.Get("sweeps");
    const double count = sweeps.IsNumber() ? sweeps.As<Napi::Number>().DoubleValue() : -1;
    if (!(count >= 0 && count <= 1000 && count == std::floor(count)))
      throw invalidArgument(env, "sweeps must be an integer from 0 to 1000");
    sweeps_ = static_cast<int>(count);
    problem_.ridge = ridgeOf(sizes.Get("ridge"));
    useThreads(info[6]);

    stages_.counts = ArrayElements(info[3], DataType::int32).toVector<int32_t>();
    problem_.channels = static_cast<int64_t>(stages_.counts.size());
    int64_t total = 0;
    for (const int32_t one : stages_.counts) {
      if (one < 0 || one > std::min(problem_.taps, problem_.outputs))
        throw invalidArgument(env, "a channel has more kernels than its rank");
      total += one;
    }
    if (total < 1) throw invalidArgument(env, "there must be a kernel");
    const ArrayElements kernels(info[4], DataType::float32);
    int64_t size = 0;
    if (__builtin_mul_overflow(total, problem_.taps, &size) || static_cast<int64_t>(kernels.count()) != size)
      throw invalidArgument(env, "kernels have another size than their counts");
    stages_.kernels = kernels.toVector<float, double>();

    const int64_t patches = problem_.channels * problem_.taps;
    patchMoments_ = realsOf(info[0], patches, patches, "patchMoments must be a Float64Array of (channels × taps)²");
    crossMoments_ =
        realsOf(info[1], problem_.outputs, patches, "crossMoments must be a Float64Array of outputs × channels × taps");
    if (info[2].IsUndefined()) return;
    fisher_ = doublesOf(info[2], 1, problem_.outputs, problem_.outputs, "fisher must be a Float64Array of outputs²");
  }

 private:
  void compute() override {
    problem_.patchMoments = patchMoments_.data();
    problem_.crossMoments = crossMoments_.data();
    problem_.fisher = fisher_ ? fisher_->data() : nullptr;
    fitStages(problem_, sweeps_, threads(), stages_);
    std::vector<double>().swap(patchMoments_);
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("counts", newTypedArray(env, stages_.counts));
    result.Set("kernels", newTypedArray(env, stages_.kernels));
    result.Set("pointwise", newTypedArray(env, stages_.pointwise));
    return result;
  }

  StagesProblem problem_{};
  int sweeps_ = 0;
  FittedStages stages_;
  std::vector<double> patchMoments_;
  std::vector<double> crossMoments_;
  std::optional<std::vector<double>> fisher_;
};

}  // namespace

void addLinalg(Napi::Env env, Napi::Object exports) {
  exports.Set("decompose", Napi::Function::New(env, submit<DecomposeTask>, "decompose"));
  exports.Set("decomposeWhitened", Napi::Function::New(env, submit<DecomposeWhitenedTask>, "decomposeWhitened"));
  exports.Set("fitStages", Napi::Function::New(env, submit<FitStagesTask>, "fitStages"));
  exports.Set("leastSquares", Napi::Function::New(env, submit<LeastSquaresTask>, "leastSquares"));
  exports.Set("roundWeights", Napi::Function::New(env, submit<RoundWeightsTask>, "roundWeights"));
  exports.Set("pointwiseWeights", Napi::Function::New(env, submit<PointwiseTask>, "pointwiseWeights"));
}

}  // namespace gdws
