#include "addon/introspection.h"

#include "base/concurrency.h"
#include "base/counters.h"
#include "base/scheduler.h"
#include "kernels/vector/table.h"

namespace gdws {

namespace {

Napi::Value counters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Counters& counted = Counters::instance();
  const Scheduler::Load load = Scheduler::instance().load();
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, double value) { object.Set(name, Napi::Number::New(env, value)); };
  set("runs", static_cast<double>(counted.runs));
  set("queued", static_cast<double>(load.queued));
  set("running", static_cast<double>(load.running));
  set("threadsInUse", load.threads);
  set("operationMilliseconds", static_cast<double>(counted.nanoseconds) / 1e6);
  set("programsCompiled", static_cast<double>(counted.programsCompiled));
  set("plansVerified", static_cast<double>(counted.plansVerified));
  set("operationsMeasured", static_cast<double>(counted.operationsMeasured));
  set("measurementsReused", static_cast<double>(counted.measurementsReused));
  set("arenaBytes", static_cast<double>(counted.arenaBytes));
  set("weightBytes", static_cast<double>(counted.weightBytes));
  set("fileBytes", static_cast<double>(counted.fileBytes));
  return object;
}

}  // namespace

void addIntrospection(Napi::Env env, Napi::Object exports) {
  exports.Set("instructionSet", Napi::String::New(env, nameOf(bestVectors().instructionSet)));
  Napi::Array sets = Napi::Array::New(env);
  for (const InstructionSet set : instructionSets) {
    if (isSupported(set)) sets[sets.Length()] = Napi::String::New(env, nameOf(set));
  }
  exports.Set("instructionSets", sets);
  const Concurrency& allowed = concurrency();
  exports.Set("concurrency", Napi::Number::New(env, allowed.available()));
  exports.Set("affinity", Napi::Number::New(env, allowed.affinity));
  exports.Set("quota", allowed.quota > 0 ? Napi::Number::New(env, allowed.quota) : env.Undefined());
  exports.Set("counters", Napi::Function::New(env, counters));
}

}  // namespace gdws
