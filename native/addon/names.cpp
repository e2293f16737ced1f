#include "addon/names.h"

#include "kernels/registry.h"

namespace gdws {

void addNames(Napi::Env env, Napi::Object exports) {
  Napi::Array kernels = Napi::Array::New(env);
  for (uint32_t i = 0; i < kernelTable().size(); ++i) kernels[i] = Napi::String::New(env, kernelTable()[i].name);
  exports.Set("kernels", kernels);
}

}  // namespace gdws
