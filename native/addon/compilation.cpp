#include "addon/compilation.h"

#include <exception>
#include <utility>

#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/page_memory.h"
#include "addon/script_memory.h"
#include "addon/typed_array.h"
#include "base/mutex.h"

namespace gdws {

namespace {

class CompileTask final : public Environment::Task {
 public:
  CompileTask(const Napi::CallbackInfo& info, std::shared_ptr<SessionHandle> session)
      : session_(std::move(session)), given_(info), deferred_(Napi::Promise::Deferred::New(info.Env())) {
    Napi::Array kept = Napi::Array::New(info.Env(), info.Length());
    for (uint32_t i = 0; i < info.Length(); ++i) kept[i] = info[i];
    kept_ = Napi::Persistent<Napi::Object>(kept);
    // This object may be destroyed on another thread, where references cannot be deleted.
    kept_.SuppressDestruct();
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

  void work() override {
    try {
      program_ =
          session_->session.compile(given_.words(), given_.count(), given_.constants, given_.pages.get(), aborted);
    } catch (...) {
      failure_ = std::current_exception();
    }
    end();
  }

  /// To be called when the arguments are not read any more.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    end_.notify_all();
  }

  void wait() {
    if constexpr (!sharesScriptMemory) return;  // copies are read
    UniqueLock lock(mutex_);
    end_.wait(lock, [this] { return ended_; });
  }

  void settle(Napi::Env env) override {
    kept_.Reset();
    const std::shared_ptr<SessionHandle> session = std::move(session_);
    try {
      if (failure_) std::rethrow_exception(failure_);
      if (!program_) throw CompilationAborted();
      deferred_.Resolve(newProgramObject(env, session, std::move(program_)));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    } catch (const std::exception& exception) {
      deferred_.Reject(toJavaScript(env, exception).Value());
    }
    session->reportMemory(env);
  }

 private:
  std::shared_ptr<SessionHandle> session_;
  ProgramArguments given_;
  Napi::ObjectReference kept_;  ///< what `given_` points into
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<CompiledProgram> program_;
  std::exception_ptr failure_;
  Mutex mutex_;
  Condition end_;
  bool ended_ = false;
};

}  // namespace

ProgramArguments::ProgramArguments(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[1].IsArray()) throw invalidArgument(env, "compile takes words and constants");
  const ArrayElements words(info[0], DataType::int32);
  words_ = words.lend(copies_);
  count_ = words.count();
  const auto given = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < given.Length(); ++i) {
    const Napi::Value pair = given[i];
    const Napi::Value constant = pair.IsArray() ? pair.As<Napi::Array>()[1u] : env.Undefined();
    if (!constant.IsObject()) throw invalidArgument(env, "a constant is given as its number, type and data");
    const Napi::Value key = pair.As<Napi::Array>()[0u];
    const int32_t number = key.IsNumber() ? key.As<Napi::Number>().Int32Value() : -1;
    if (number < 0) throw invalidArgument(env, "a constant has no number");
    const std::optional<DataType> type = dataTypeOf(constant.As<Napi::Object>().Get("type"));
    if (!type) throw invalidArgument(env, "a constant has an unknown element type");
    const ArrayElements elements(constant.As<Napi::Object>().Get("data"), *type);
    constants.insert_or_assign(number, ConstantData{*type, elements.lend(copies_), elements.count()});
  }
  if (info.Length() > 2) pages = pagesOf(info[2]);
}

Napi::Object startCompiling(const Napi::CallbackInfo& info, std::shared_ptr<SessionHandle> session) {
  const Napi::Env env = info.Env();
  return throwingToJavaScript(env, [&]() -> Napi::Object {
    const auto task = std::make_shared<CompileTask>(info, std::move(session));
    Napi::Object compilation = Napi::Object::New(env);
    compilation.Set("done", task->promise());
    const std::weak_ptr<CompileTask> waiting = task;
    compilation.Set("abort", Napi::Function::New(env, [waiting](const Napi::CallbackInfo& call) {
                      const auto running = waiting.lock();
                      if (running && Environment::of(call.Env()).cancel(*running)) running->end();
                    }));
    compilation.Set("wait", Napi::Function::New(env, [waiting](const Napi::CallbackInfo&) {
                      if (const auto running = waiting.lock()) running->wait();
                    }));
    // Packing is the work of one thread.
    Environment::of(env).submit(task, 1);
    return compilation;
  });
}

}  // namespace gdws
