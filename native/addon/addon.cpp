#include <napi.h>

#include "addon/environment.h"
#include "addon/held_memory.h"
#include "addon/introspection.h"
#include "addon/limits.h"
#include "addon/linalg.h"
#include "addon/names.h"
#include "addon/page_memory.h"
#include "addon/session.h"
#include "addon/tuning.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new gdws::Environment(env));
  gdws::addHeldMemory(env, exports);
  gdws::addIntrospection(env, exports);
  gdws::addNames(env, exports);
  gdws::addPageMemory(env, exports);
  gdws::addSession(env, exports);
  gdws::addTuning(env, exports);
  gdws::addLinalg(env, exports);
  gdws::addLimits(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(gdws, initialise)
