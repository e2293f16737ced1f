#include "addon/session.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "addon/program.h"
#include "addon/typed_array.h"
#include "engine/session.h"

namespace gdws {

namespace {

constexpr int mostThreads = 1024;

/// JavaScript's handle of a Session.
class SessionObject final : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeSession", {InstanceMethod<&SessionObject::compile>("compile")});
  }

  explicit SessionObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionObject>(info) {
    if (info.Length() < 1 || !info[0].IsNumber()) throw invalidArgument(info.Env(), "threads must be a number");
    const int threads = info[0].As<Napi::Number>().Int32Value();
    if (threads < 1 || threads > mostThreads) throw invalidArgument(info.Env(), "threads must be from 1 to 1024");
    const std::string kernel = info.Length() > 1 && info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
    session_ = std::make_shared<Session>(threads, kernel);
  }

 private:
  Napi::Value compile(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() < 2 || !info[1].IsArray()) throw invalidArgument(env, "compile takes words and constants");
    const ConstantData words = elementsOf(info[0], DataType::int32);
    const auto given = info[1].As<Napi::Array>();
    std::vector<ConstantData> constants(given.Length(), ConstantData{DataType::float32, nullptr, 0});
    for (uint32_t i = 0; i < given.Length(); ++i) {
      const Napi::Value item = given[i];
      if (!item.IsObject()) continue;
      const auto object = item.As<Napi::Object>();
      const Napi::Value type = object.Get("type");
      const int32_t number = type.IsNumber() ? type.As<Napi::Number>().Int32Value() : -1;
      if (number < 0 || number >= dataTypeCount) throw invalidArgument(env, "a constant has an unknown element type");
      constants[i] = elementsOf(object.Get("data"), static_cast<DataType>(number));
    }
    try {
      auto program = session_->compile(static_cast<const int32_t*>(words.data), words.elements, constants);
      return newProgramObject(env, session_, std::move(program));
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& exception) {
      throw toJavaScript(env, exception);
    }
  }

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
