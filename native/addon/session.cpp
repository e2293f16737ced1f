#include "addon/session.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "addon/page_memory.h"
#include "addon/program.h"
#include "addon/tuning.h"
#include "addon/typed_array.h"
#include "engine/session.h"

namespace gdws {

namespace {

constexpr int mostThreads = 1024;

/// A program's words and constants as JavaScript gives them.
class ProgramArguments {
 public:
  explicit ProgramArguments(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 2 || !info[1].IsArray()) throw invalidArgument(env, "compile takes words and constants");
    words_ = elementsOf(info[0], DataType::int32);
    const auto given = info[1].As<Napi::Array>();
    constants.assign(given.Length(), ConstantData{DataType::float32, nullptr, 0});
    for (uint32_t i = 0; i < given.Length(); ++i) {
      const Napi::Value item = given[i];
      if (!item.IsObject()) continue;
      const auto object = item.As<Napi::Object>();
      const Napi::Value type = object.Get("type");
      const int32_t number = type.IsNumber() ? type.As<Napi::Number>().Int32Value() : -1;
      if (number < 0 || number >= dataTypeCount) throw invalidArgument(env, "a constant has an unknown element type");
      constants[i] = elementsOf(object.Get("data"), static_cast<DataType>(number));
    }
  }

  const int32_t* words() const { return static_cast<const int32_t*>(words_.data); }
  size_t count() const { return words_.elements; }
  std::vector<ConstantData> constants;

 private:
  ConstantData words_{};
};

/// JavaScript's handle of a Session.
class SessionObject final : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeSession",
        {InstanceMethod<&SessionObject::compile>("compile"), InstanceMethod<&SessionObject::tune>("tune"),
         InstanceMethod<&SessionObject::tuneSync>("tuneSync"),
         InstanceMethod<&SessionObject::setProfiling>("setProfiling")});
  }

  explicit SessionObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionObject>(info) {
    if (info.Length() < 1 || !info[0].IsNumber()) throw invalidArgument(info.Env(), "threads must be a number");
    const int threads = info[0].As<Napi::Number>().Int32Value();
    if (threads < 1 || threads > mostThreads) throw invalidArgument(info.Env(), "threads must be from 1 to 1024");
    KernelChoice choice;
    if (info.Length() > 1 && info[1].IsString()) choice.preference = info[1].As<Napi::String>().Utf8Value();
    choice.measured = info.Length() > 2 && info[2].ToBoolean();
    session_ = std::make_shared<Session>(threads, std::move(choice));
  }

 private:
  Napi::Value compile(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const ProgramArguments given(info);
    const PageMemory* pages = info.Length() > 2 ? pagesOf(info[2]) : nullptr;
    try {
      auto program = session_->compile(given.words(), given.count(), given.constants, pages);
      return newProgramObject(env, session_, std::move(program));
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& exception) {
      throw toJavaScript(env, exception);
    }
  }

  /// Undefined where nothing is to be measured; else {done, abort} of a TuningTask.
  Napi::Value tune(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const ProgramArguments given(info);
    try {
      Tuner tuner = session_->tuner(given.words(), given.count(), given.constants);
      if (tuner.idle()) return env.Undefined();
      return startTuning(env, std::move(tuner), session_->threads(), secondsOf(info));
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& exception) {
      throw toJavaScript(env, exception);
    }
  }

  Napi::Value tuneSync(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const ProgramArguments given(info);
    try {
      Tuner tuner = session_->tuner(given.words(), given.count(), given.constants);
      return tuneNow(env, tuner, session_->threads(), secondsOf(info));
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& exception) {
      throw toJavaScript(env, exception);
    }
  }

  static double secondsOf(const Napi::CallbackInfo& info) {
    if (info.Length() < 3 || !info[2].IsNumber()) throw invalidArgument(info.Env(), "tuning takes a number of seconds");
    return info[2].As<Napi::Number>().DoubleValue();
  }

  void setProfiling(const Napi::CallbackInfo& info) { session_->profiling = info[0].ToBoolean(); }

  std::shared_ptr<Session> session_;
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
