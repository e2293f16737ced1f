#include "addon/names.h"

#include <initializer_list>

#include "kernels/registry.h"
#include "program/activation.h"
#include "program/functions.h"
#include "program/opcode.h"

namespace gdws {

namespace {

Napi::Array list(Napi::Env env, std::initializer_list<const char*> names) {
  Napi::Array array = Napi::Array::New(env, names.size());
  uint32_t i = 0;
  for (const char* name : names) array[i++] = Napi::String::New(env, name);
  return array;
}

}  // namespace

void addNames(Napi::Env env, Napi::Object exports) {
#define GDWS_NAME(name) #name,
  exports.Set("opcodes", list(env, {GDWS_OPCODES(GDWS_NAME)}));
  exports.Set("activations", list(env, {GDWS_ACTIVATIONS(GDWS_NAME)}));
  exports.Set("unaryFunctions", list(env, {GDWS_UNARY_FUNCTIONS(GDWS_NAME)}));
  exports.Set("binaryFunctions", list(env, {GDWS_BINARY_FUNCTIONS(GDWS_NAME)}));
  exports.Set("reduceFunctions", list(env, {GDWS_REDUCE_FUNCTIONS(GDWS_NAME)}));
  exports.Set("compareFunctions", list(env, {GDWS_COMPARE_FUNCTIONS(GDWS_NAME)}));
#undef GDWS_NAME
  Napi::Array kernels = Napi::Array::New(env);
  for (uint32_t i = 0; i < kernelTable().size(); ++i) kernels[i] = Napi::String::New(env, kernelTable()[i].name);
  exports.Set("kernels", kernels);
}

}  // namespace gdws
