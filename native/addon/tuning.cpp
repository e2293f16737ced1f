#include "addon/tuning.h"

#include <memory>
#include <utility>
#include <vector>

#include "addon/environment.h"
#include "addon/errors.h"
#include "base/scheduler.h"
#include "engine/measured_kernels.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

Napi::Object toJavaScript(Napi::Env env, const std::vector<Tuner::Choice>& choices) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [key, fastest] : choices) object.Set(key, Napi::String::New(env, fastest->name));
  return object;
}

class TuningTask final : public Environment::Task {
 public:
  TuningTask(Napi::Env env, Tuner tuner, double seconds)
      : tuner_(std::move(tuner)), seconds_(seconds), deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void work() override {
    try {
      choices_ = tuner_.run(seconds_, aborted);
    } catch (const std::exception&) {
      // Without memory or threads to measure, kernels are chosen by their estimates.
    }
  }

  void settle(Napi::Env env) override { deferred_.Resolve(toJavaScript(env, choices_)); }

 private:
  Tuner tuner_;
  double seconds_;
  std::vector<Tuner::Choice> choices_;
  Napi::Promise::Deferred deferred_;
};

const KernelDefinition* kernelOf(const std::string& name) {
  for (const KernelDefinition& definition : kernelTable()) {
    if (name == definition.name) return &definition;
  }
  return nullptr;
}

}  // namespace

void addTuning(Napi::Env env, Napi::Object exports) {
  exports.Set("learnKernels", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                if (!info[0].IsObject()) throw invalidArgument(info.Env(), "learnKernels takes an object");
                const auto given = info[0].As<Napi::Object>();
                for (const auto& entry : given) {
                  const Napi::Value name = entry.second;
                  if (!name.IsString()) continue;
                  const KernelDefinition* fastest = kernelOf(name.As<Napi::String>().Utf8Value());
                  if (fastest == nullptr) continue;
                  MeasuredKernels::instance().remember(entry.first.ToString().Utf8Value(), *fastest);
                }
              }));
}

Napi::Object startTuning(Napi::Env env, Tuner tuner, int threads, double seconds) {
  auto task = std::make_shared<TuningTask>(env, std::move(tuner), seconds);
  Napi::Object tuning = Napi::Object::New(env);
  tuning.Set("done", task->promise());
  tuning.Set("abort",
             Napi::Function::New(env, [waiting = std::weak_ptr<TuningTask>(task)](const Napi::CallbackInfo& info) {
               if (const auto running = waiting.lock()) Environment::of(info.Env()).cancel(*running);
             }));
  Environment::of(env).submit(task, threads);
  return tuning;
}

Napi::Object tuneNow(Napi::Env env, Tuner& tuner, int threads, double seconds) {
  if (tuner.idle()) return Napi::Object::New(env);
  const std::atomic<bool> neverAborted{false};
  std::vector<Tuner::Choice> choices;
  Scheduler::instance().runAndWait([&] { choices = tuner.run(seconds, neverAborted); }, threads);
  return toJavaScript(env, choices);
}

}  // namespace gdws
