#include "addon/program.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "addon/held_memory.h"
#include "addon/script_memory.h"
#include "addon/typed_array.h"
#include "base/scheduler.h"

namespace gdws {

namespace {

/// Nanoseconds: two switches between threads take 50 to 300 µs, which is worth it for longer runs alone.
constexpr int64_t briefRun = 1'000'000;

/// A program and the session whose weights it uses.
struct ProgramHandle {
  std::shared_ptr<SessionHandle> session;
  std::shared_ptr<CompiledProgram> program;

  /// Releases the program.
  void release(Napi::Env env) {
    program.reset();
    session->reportMemory(env);
  }
};

/// Memory of one run. Inputs are copied, since JavaScript may change, transfer or free its arrays while the run goes
/// on; outputs are written straight into the array buffers that JavaScript gets, where these are native memory. Held
/// memory is used in place.
class RunMemory {
 public:
  RunMemory(Napi::Env env, CompiledProgram& program, const Napi::Value& given) {
    if (!given.IsArray() || given.As<Napi::Array>().Length() != program.inputCount()) {
      throw invalidArgument(env, "a run takes as many inputs as its program");
    }
    const auto arrays = given.As<Napi::Array>();
    for (uint32_t i = 0; i < program.inputCount(); ++i) addInput(arrays[i], program, i);
  }

  /// The outputs that are not held, an ArrayBuffer each. To be called once, and what it returns is to be kept alive
  /// during the run.
  /// @param held the held memory of each output that has some
  Napi::Array addOutputs(Napi::Env env, const CompiledProgram& program, const Napi::Value& held) {
    Napi::Array results = Napi::Array::New(env, program.outputCount());
    for (uint32_t i = 0; i < program.outputCount(); ++i) {
      const size_t bytes = program.output(i).bytes();
      if (held.IsArray()) {
        const Napi::Value place = held.As<Napi::Array>()[i];
        if (hold(place, bytes)) {
          outputs_.push_back(held_.back().get());
          continue;
        }
      }
      // V8 ends the process where it finds no memory. This throws std::bad_alloc first.
      AlignedBytes place = allocateBytes(bytes);
      if constexpr (sharesScriptMemory) {
        place.reset();
        Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes);
        outputs_.push_back(buffer.Data());
        results[i] = buffer;
      } else {
        outputs_.push_back(place.get());
        unseen_.push_back({i, std::move(place), bytes});
      }
    }
    return results;
  }

  /// Writes the outputs that JavaScript does not see to the array that addOutputs returned. Throws Napi::Error.
  void giveOutputs(Napi::Env env, const Napi::Value& results) const {
    for (const UnseenOutput& output : unseen_) {
      results.As<Napi::Array>()[output.index] = newArrayBuffer(env, output.memory.get(), output.bytes);
    }
  }

  bool run(const ProgramHandle& handle, int threads, const std::atomic<bool>& aborted) {
    const Profiling profiling = handle.session->session.profiling;
    const bool finished = handle.program->run(inputs_, outputs_, threads, aborted, profiling);
    for (WorkingMemory::Block& copy : copies_) handle.program->returnInput(std::move(copy));
    return finished;
  }

 private:
  void addInput(const Napi::Value& given, CompiledProgram& program, size_t i) {
    const Value& value = program.input(i);
    if (hold(given, value.bytes())) {
      inputs_.push_back(held_.back().get());
      return;
    }
    const ArrayElements elements(given, value.type);
    if (elements.count() != value.elements) {
      throw invalidArgument(given.Env(), "an input has another size than its value");
    }
    WorkingMemory::Block copy = program.borrowInput(i);
    elements.copyTo(copy.memory.get());
    inputs_.push_back(copy.memory.get());
    copies_.push_back(std::move(copy));
  }

  /// Keeps held memory alive during the run; false where `given` is no held memory.
  bool hold(const Napi::Value& given, size_t bytes) {
    const HeldMemory* held = heldMemoryOf(given);
    if (held == nullptr) return false;
    if (held->bytes != bytes) throw invalidArgument(given.Env(), "held memory has another size than its value");
    held_.push_back(held->memory);
    return true;
  }

  /// An output in memory that JavaScript does not see.
  struct UnseenOutput {
    uint32_t index;
    AlignedBytes memory;
    size_t bytes;
  };

  std::vector<AlignedBytes> held_;
  std::vector<UnseenOutput> unseen_;
  std::vector<WorkingMemory::Block> copies_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

/// How a run ended.
struct Outcome {
  bool finished = false;
  std::exception_ptr failure;

  static Outcome of(RunMemory& memory, const ProgramHandle& handle, int threads, const std::atomic<bool>& aborted) {
    Outcome outcome;
    try {
      outcome.finished = memory.run(handle, threads, aborted);
    } catch (...) {
      outcome.failure = std::current_exception();
    }
    return outcome;
  }

  /// Throws Napi::Error where the run failed or was aborted.
  void check(Napi::Env env) const {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& exception) {
        throw toJavaScript(env, exception);
      }
    }
    if (!finished) throw coded(env, "ABORTED", "the run was aborted");
  }
};

class RunTask final : public Environment::Task {
 public:
  RunTask(Napi::Env env, ProgramHandle handle, int threads, const Napi::CallbackInfo& info)
      : handle_(std::move(handle)),
        threads_(threads),
        memory_(env, *handle_.program, info[0]),
        results_(Napi::Persistent<Napi::Object>(memory_.addOutputs(env, *handle_.program, info[1]))),
        deferred_(Napi::Promise::Deferred::New(env)) {
    // This object may be destroyed on another thread, where references cannot be deleted.
    results_.SuppressDestruct();
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

  void work() override { outcome_ = Outcome::of(memory_, handle_, threads_, aborted); }

  void settle(Napi::Env env) override {
    const Napi::Value results = results_.Value();
    results_.Reset();
    handle_.release(env);
    try {
      outcome_.check(env);
      memory_.giveOutputs(env, results);
      deferred_.Resolve(results);
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

 private:
  ProgramHandle handle_;
  int threads_;
  RunMemory memory_;
  Napi::ObjectReference results_;
  Napi::Promise::Deferred deferred_;
  Outcome outcome_;
};

class ProgramObject final : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeProgram",
        {InstanceMethod<&ProgramObject::run>("run"), InstanceMethod<&ProgramObject::runSync>("runSync"),
         InstanceAccessor<&ProgramObject::kernels>("kernels"), InstanceAccessor<&ProgramObject::threads>("threads"),
         InstanceAccessor<&ProgramObject::arenaBytes>("arenaBytes"), InstanceMethod<&ProgramObject::profile>("profile"),
         InstanceMethod<&ProgramObject::takeTimelines>("takeTimelines"),
         InstanceMethod<&ProgramObject::release>("release")});
  }

  explicit ProgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ProgramObject>(info) {
    if (info.Length() != 1 || !info[0].IsExternal())
      throw invalidArgument(info.Env(), "a program is made by a session");
    handle_ = *info[0].As<Napi::External<ProgramHandle>>().Data();
  }

  void Finalize(Napi::Env env) override {
    if (handle_.session) handle_.release(env);
  }

 private:
  void release(const Napi::CallbackInfo& info) { handle_.release(info.Env()); }

  /// Whether a run takes less time than two switches between threads.
  bool isBrief() const {
    const int64_t fastest = handle_.program->fastestRun();
    return handle_.program->threads() == 1 && fastest > 0 && fastest < briefRun;
  }

  const CompiledProgram& program(Napi::Env env) const {
    if (!handle_.program) throw invalidArgument(env, "the program was released");
    return *handle_.program;
  }

  /// Of a run that is given `threads`, or not.
  int threadsOf(const Napi::Value& threads) const {
    const int most = handle_.program->threads();
    return threads.IsNumber() ? std::clamp(threads.As<Napi::Number>().Int32Value(), 1, most) : most;
  }

  Napi::Value run(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    program(env);
    return throwingToJavaScript(env, [&]() -> Napi::Value {
      const int threads = threadsOf(info[3]);
      auto task = std::make_shared<RunTask>(env, handle_, threads, info);
      Napi::Object run = Napi::Object::New(env);
      run.Set("done", task->promise());
      if (info[2].ToBoolean() && isBrief() && Environment::of(env).runHere(*task)) {
        run.Set("abort", Napi::Function::New(env, [](const Napi::CallbackInfo&) {}));
        return run;
      }
      run.Set("abort",
              Napi::Function::New(env, [waiting = std::weak_ptr<RunTask>(task)](const Napi::CallbackInfo& info) {
                if (const auto running = waiting.lock()) Environment::of(info.Env()).cancel(*running);
              }));
      Environment::of(env).submit(task, threads);
      return run;
    });
  }

  Napi::Value runSync(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    program(env);
    return throwingToJavaScript(env, [&]() -> Napi::Value {
      RunMemory memory(env, *handle_.program, info[0]);
      const Napi::Value results = memory.addOutputs(env, *handle_.program, info[1]);
      const std::atomic<bool> neverAborted{false};
      Outcome outcome;
      const int threads = handle_.program->threads();
      Scheduler::instance().runAndWait([&] { outcome = Outcome::of(memory, handle_, threads, neverAborted); }, threads);
      handle_.session->reportMemory(env);
      outcome.check(env);
      memory.giveOutputs(env, results);
      return results;
    });
  }

  Napi::Value kernels(const Napi::CallbackInfo& info) {
    const std::vector<std::string> names = program(info.Env()).kernelNames();
    Napi::Array array = Napi::Array::New(info.Env(), names.size());
    for (uint32_t i = 0; i < names.size(); ++i) array[i] = Napi::String::New(info.Env(), names[i]);
    return array;
  }

  Napi::Value threads(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), program(info.Env()).threads());
  }

  Napi::Value arenaBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(program(info.Env()).arenaBytes()));
  }

  Napi::Value profile(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Profile profile = program(env).profile();
    Napi::Array array = Napi::Array::New(env, profile.size());
    for (uint32_t i = 0; i < profile.size(); ++i) {
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("operation", Napi::Number::New(env, static_cast<double>(profile[i].operation)));
      entry.Set("kernel", Napi::String::New(env, profile[i].kernel));
      entry.Set("runs", Napi::Number::New(env, static_cast<double>(profile[i].runs)));
      entry.Set("milliseconds", Napi::Number::New(env, static_cast<double>(profile[i].nanoseconds) / 1e6));
      array[i] = entry;
    }
    return array;
  }

  /// Of each run, how long ago it began and its operations ended, in nanoseconds.
  Napi::Value takeTimelines(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    program(env);
    const std::vector<Timeline> timelines = handle_.program->takeTimelines();
    const auto now = std::chrono::steady_clock::now();
    Napi::Array array = Napi::Array::New(env, timelines.size());
    for (uint32_t i = 0; i < timelines.size(); ++i) {
      std::vector<double> ages;
      for (const auto& moment : timelines[i]) {
        ages.push_back(std::chrono::duration<double, std::nano>(now - moment).count());
      }
      array[i] = newTypedArray(env, ages);
    }
    return array;
  }

  ProgramHandle handle_;
};

}  // namespace

Napi::Function defineProgramObject(Napi::Env env) { return ProgramObject::define(env); }

Napi::Object newProgramObject(Napi::Env env, std::shared_ptr<SessionHandle> session,
                              std::shared_ptr<CompiledProgram> program) {
  ProgramHandle handle{std::move(session), std::move(program)};
  return Environment::of(env).programConstructor.New({Napi::External<ProgramHandle>::New(env, &handle)});
}

}  // namespace gdws
