#include "addon/linalg.h"

#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/typed_array.h"
#include "linalg/decompose.h"
#include "linalg/pointwise.h"

namespace gdws {

namespace {

constexpr int64_t mostThreads = 1024;
constexpr int64_t mostOfADimension = int64_t{1} << 31;

int64_t positive(const Napi::Value& value, const char* message, int64_t most = mostOfADimension) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (!(number >= 1 && number <= static_cast<double>(most)) || number != static_cast<double>(int64_t(number))) {
    throw invalidArgument(value.Env(), message);
  }
  return static_cast<int64_t>(number);
}

template <typename Array, typename Element>
Array newTypedArray(Napi::Env env, const std::vector<Element>& elements) {
  Array array = Array::New(env, elements.size());
  if (!elements.empty()) std::memcpy(array.Data(), elements.data(), elements.size() * sizeof(Element));
  return array;
}

/// Work on one layer's weights, off the JavaScript thread. The weights are copied, since JavaScript may change,
/// transfer or free its array meanwhile.
class LayerTask : public Environment::Task {
 public:
  /// Arguments: weights (Float32Array), {outputChannels, inputChannels, taps, groups}, threads, and what follows.
  explicit LayerTask(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const ConstantData given = elementsOf(info[0], DataType::float32);
    if (!info[1].IsObject()) throw invalidArgument(env, "a layer's dimensions must be an object");
    const auto dimensions = info[1].As<Napi::Object>();
    weights_.outputChannels = positive(dimensions.Get("outputChannels"), "outputChannels must be a positive integer");
    weights_.inputChannels = positive(dimensions.Get("inputChannels"), "inputChannels must be a positive integer");
    weights_.taps = positive(dimensions.Get("taps"), "taps must be a positive integer");
    weights_.groups = positive(dimensions.Get("groups"), "groups must be a positive integer");
    threads_ = static_cast<int>(positive(info[2], "threads must be from 1 to 1024", mostThreads));
    if (weights_.outputChannels % weights_.groups != 0 || weights_.inputChannels % weights_.groups != 0) {
      throw invalidArgument(env, "groups must divide the numbers of channels");
    }
    int64_t size = 0;
    if (__builtin_mul_overflow(weights_.outputChannels, weights_.channelsPerGroup(), &size) ||
        __builtin_mul_overflow(size, weights_.taps, &size) || static_cast<size_t>(size) != given.elements) {
      throw invalidArgument(env, "weights have another size than their dimensions");
    }
    const auto* first = static_cast<const float*>(given.data);
    elements_.assign(first, first + given.elements);
    weights_.data = elements_.data();
  }

  Napi::Promise promise(Napi::Env env) { return deferred_.emplace(env).Promise(); }
  int threads() const { return threads_; }

  void work() final {
    try {
      nonFinite_ = firstNonFinite(weights_);
      if (nonFinite_ < 0) compute();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  void settle(Napi::Env env) final {
    try {
      if (failure_) std::rethrow_exception(failure_);
      if (nonFinite_ >= 0) throw notFinite(env);
      deferred_->Resolve(result(env));
    } catch (const Napi::Error& error) {
      deferred_->Reject(error.Value());
    } catch (const std::exception& exception) {
      deferred_->Reject(toJavaScript(env, exception).Value());
    }
  }

 protected:
  virtual void compute() = 0;
  virtual Napi::Value result(Napi::Env env) const = 0;
  const LayerWeights& weights() const { return weights_; }

 private:
  Napi::Error notFinite(Napi::Env env) const {
    Napi::Error error = Napi::Error::New(env, "a weight is not finite");
    error.Set("code", Napi::String::New(env, "MODEL_INVALID"));
    error.Set("index", Napi::Number::New(env, static_cast<double>(nonFinite_)));
    return error;
  }

  LayerWeights weights_{};
  std::vector<float> elements_;
  int threads_ = 1;
  int64_t nonFinite_ = -1;
  std::exception_ptr failure_;
  std::optional<Napi::Promise::Deferred> deferred_;
};

class DecomposeTask final : public LayerTask {
 public:
  using LayerTask::LayerTask;

 private:
  void compute() override {
    singularValues_.resize(weights().inputChannels * weights().rank());
    rightVectors_.resize(singularValues_.size() * weights().taps);
    decompose(weights(), threads(), singularValues_.data(), rightVectors_.data());
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("singularValues", newTypedArray<Napi::Float64Array>(env, singularValues_));
    result.Set("rightVectors", newTypedArray<Napi::Float64Array>(env, rightVectors_));
    return result;
  }

  std::vector<double> singularValues_;
  std::vector<double> rightVectors_;
};

class PointwiseTask final : public LayerTask {
 public:
  explicit PointwiseTask(const Napi::CallbackInfo& info) : LayerTask(info) {
    const Napi::Env env = info.Env();
    const ConstantData counts = elementsOf(info[3], DataType::int32);
    const auto* firstCount = static_cast<const int32_t*>(counts.data);
    counts_.assign(firstCount, firstCount + counts.elements);
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
    const ConstantData kernels = elementsOf(info[4], DataType::float32);
    if (static_cast<int64_t>(kernels.elements) != perGroup_ * weights().groups * weights().taps) {
      throw invalidArgument(env, "kernels have another size than their counts");
    }
    const auto* firstKernel = static_cast<const float*>(kernels.data);
    kernels_.assign(firstKernel, firstKernel + kernels.elements);
  }

 private:
  void compute() override {
    pointwise_.resize(weights().outputChannels * perGroup_);
    errors_.resize(weights().inputChannels);
    pointwiseWeights(weights(), counts_.data(), kernels_.data(), threads(), pointwise_.data(), errors_.data());
  }

  Napi::Value result(Napi::Env env) const override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("weights", newTypedArray<Napi::Float32Array>(env, pointwise_));
    result.Set("errors", newTypedArray<Napi::Float64Array>(env, errors_));
    return result;
  }

  std::vector<int32_t> counts_;
  std::vector<float> kernels_;
  int64_t perGroup_ = 0;
  std::vector<float> pointwise_;
  std::vector<double> errors_;
};

template <typename Task>
Napi::Value submit(const Napi::CallbackInfo& info) {
  try {
    auto task = std::make_shared<Task>(info);
    const Napi::Promise promise = task->promise(info.Env());
    const int threads = task->threads();
    Environment::of(info.Env()).submit(std::move(task), threads);
    return promise;
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& exception) {
    throw toJavaScript(info.Env(), exception);
  }
}

}  // namespace

void addLinalg(Napi::Env env, Napi::Object exports) {
  exports.Set("decompose", Napi::Function::New(env, submit<DecomposeTask>, "decompose"));
  exports.Set("pointwiseWeights", Napi::Function::New(env, submit<PointwiseTask>, "pointwiseWeights"));
}

}  // namespace gdws
