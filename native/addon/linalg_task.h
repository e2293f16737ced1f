#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "addon/environment.h"
#include "addon/errors.h"
#include "linalg/layer_weights.h"

namespace gdws {

/// One computation of native/linalg on a scheduler thread, which settles a promise. Its arguments are copied, since
/// JavaScript may change, transfer or free its arrays during the computation.
class LinalgTask : public Environment::Task {
 public:
  Napi::Promise promise(Napi::Env env) { return deferred_.emplace(env).Promise(); }
  int threads() const { return threads_; }

  void work() final;
  void settle(Napi::Env env) final;

 protected:
  virtual void compute() = 0;
  virtual Napi::Value result(Napi::Env env) const = 0;
  /// Reads the number of threads; called by constructors.
  void useThreads(const Napi::Value& threads);

 private:
  int threads_ = 1;
  std::exception_ptr failure_;
  std::optional<Napi::Promise::Deferred> deferred_;
};

/// A computation on the weights of one layer.
class LayerTask : public LinalgTask {
 public:
  /// Arguments: weights (Float32Array), {outputChannels, inputChannels, taps, groups}, threads, and what follows.
  explicit LayerTask(const Napi::CallbackInfo& info);

 protected:
  void compute() final;
  virtual void computeLayer() = 0;
  const LayerWeights& weights() const { return weights_; }

 private:
  LayerWeights weights_{};
  std::vector<float> elements_;
};

/// An integer from 1 to `max`; otherwise throws invalidArgument with `message`.
int64_t positiveInteger(const Napi::Value& value, const char* message, int64_t max = int64_t{1} << 31);

/// A copy of the elements of a Float64Array that must have `rows`·`columns`·`planes` of them; otherwise throws
/// invalidArgument with `message`.
std::vector<double> doublesOf(const Napi::Value& value, int64_t planes, int64_t rows, int64_t columns,
                              const char* message);
/// The same of one plane, where a Float32Array will do as well.
std::vector<double> realsOf(const Napi::Value& value, int64_t rows, int64_t columns, const char* message);

/// The function that JavaScript calls for a task.
template <typename Task>
Napi::Value submit(const Napi::CallbackInfo& info) {
  return throwingToJavaScript(info.Env(), [&]() -> Napi::Value {
    auto task = std::make_shared<Task>(info);
    const Napi::Promise promise = task->promise(info.Env());
    const int threads = task->threads();
    Environment::of(info.Env()).submit(task, threads);
    return promise;
  });
}

}  // namespace gdws
