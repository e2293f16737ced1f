#include "addon/session.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/bounds.h"
#include "addon/compilation.h"
#include "addon/errors.h"
#include "addon/program.h"
#include "addon/tuning.h"
#include "engine/session.h"

namespace gdws {

namespace {

/// The JavaScript object of a Session.
class SessionObject final : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeSession",
        {InstanceMethod<&SessionObject::compile>("compile"),
         InstanceMethod<&SessionObject::beginCompiling>("beginCompiling"), InstanceMethod<&SessionObject::tune>("tune"),
         InstanceMethod<&SessionObject::tuneSync>("tuneSync"),
         InstanceMethod<&SessionObject::setProfiling>("setProfiling"),
         InstanceAccessor<&SessionObject::weightBytes>("weightBytes")});
  }

  explicit SessionObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionObject>(info) {
    if (info.Length() < 1 || !info[0].IsNumber()) throw invalidArgument(info.Env(), "threads must be a number");
    const int threads = info[0].As<Napi::Number>().Int32Value();
    if (threads < 1 || threads > maxThreads) throw invalidArgument(info.Env(), "threads must be from 1 to 1024");
    KernelChoice choice;
    if (info.Length() > 1 && info[1].IsString()) choice.preference = info[1].As<Napi::String>().Utf8Value();
    choice.measured = info.Length() > 2 && info[2].ToBoolean();
    session_ = std::make_shared<SessionHandle>(granted(threads), std::move(choice), maxWeightBytes(info));
  }

  void Finalize(Napi::Env env) override {
    if (session_) session_->reportMemory(env);
  }

 private:
  Napi::Value compile(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return throwingToJavaScript(env, [&]() -> Napi::Value {
      const ProgramArguments given(info);
      const std::atomic<bool> neverAborted{false};
      auto program =
          session_->session.compile(given.words(), given.count(), given.constants, given.pages.get(), neverAborted);
      session_->reportMemory(env);
      return newProgramObject(env, session_, std::move(program));
    });
  }

  /// {done, abort, wait} of a CompileTask.
  Napi::Value beginCompiling(const Napi::CallbackInfo& info) { return startCompiling(info, session_); }

  /// Undefined where nothing is to be measured; else {done, abort} of a TuningTask.
  Napi::Value tune(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return throwingToJavaScript(env, [&]() -> Napi::Value {
      const ProgramArguments given(info);
      Tuner tuner = session_->session.tuner(given.words(), given.count(), given.constants);
      if (tuner.idle()) return env.Undefined();
      return startTuning(env, std::move(tuner), session_->session.threads(), secondsOf(info));
    });
  }

  Napi::Value tuneSync(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return throwingToJavaScript(env, [&]() -> Napi::Value {
      const ProgramArguments given(info);
      Tuner tuner = session_->session.tuner(given.words(), given.count(), given.constants);
      return tuneNow(env, tuner, session_->session.threads(), secondsOf(info));
    });
  }

  static int64_t maxWeightBytes(const Napi::CallbackInfo& info) {
    const double given = info[3].IsNumber() ? info[3].As<Napi::Number>().DoubleValue() : maxSafeInteger;
    return static_cast<int64_t>(std::clamp(given, 0.0, maxSafeInteger));
  }

  Napi::Value weightBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(session_->session.weightBytes()));
  }

  static double secondsOf(const Napi::CallbackInfo& info) {
    if (info.Length() < 3 || !info[2].IsNumber()) throw invalidArgument(info.Env(), "tuning takes a number of seconds");
    return info[2].As<Napi::Number>().DoubleValue();
  }

  void setProfiling(const Napi::CallbackInfo& info) {
    const Profiling on = info[1].ToBoolean() ? Profiling::timelines : Profiling::totals;
    session_->session.profiling = info[0].ToBoolean() ? on : Profiling::off;
  }

  std::shared_ptr<SessionHandle> session_;
};

}  // namespace

void addSession(Napi::Env env, Napi::Object exports) {
  Environment::of(env).sessionConstructor = Napi::Persistent(SessionObject::define(env));
  Environment::of(env).programConstructor = Napi::Persistent(defineProgramObject(env));
  exports.Set("createSession", Napi::Function::New(env, [](const Napi::CallbackInfo& info) -> Napi::Value {
                std::vector<napi_value> arguments;
                for (size_t i = 0; i < info.Length(); ++i) arguments.push_back(info[i]);
                return Environment::of(info.Env()).sessionConstructor.New(arguments);
              }));
}

}  // namespace gdws
