#include <napi.h>

#include "kernels/kernel.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("instructionSet", Napi::String::New(env, gdws::nameOf(gdws::bestVectors().instructionSet)));
  return exports;
}

}  // namespace

NODE_API_MODULE(gdws, initialise)
