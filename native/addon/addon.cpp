#include <napi.h>

#include "addon/environment.h"
#include "addon/limits.h"
#include "addon/linalg.h"
#include "addon/names.h"
#include "addon/session.h"
#include "engine/concurrency.h"
#include "kernels/vector/table.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new gdws::Environment(env));
  exports.Set("instructionSet", Napi::String::New(env, gdws::nameOf(gdws::bestVectors().instructionSet)));
  exports.Set("concurrency", Napi::Number::New(env, gdws::availableConcurrency()));
  gdws::addNames(env, exports);
  gdws::addSession(env, exports);
  gdws::addLinalg(env, exports);
  gdws::addLimits(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(gdws, initialise)
