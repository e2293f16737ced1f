#include "addon/limits.h"

#include "addon/bounds.h"
#include "addon/errors.h"
#include "addon/typed_array.h"
#include "engine/limits.h"

namespace gdws {

namespace {

int64_t positive(const Napi::CallbackInfo& info, size_t argument, int64_t max) {
  const int64_t number = info[argument].IsNumber() ? info[argument].As<Napi::Number>().Int64Value() : 0;
  if (number < 1 || number > max) throw invalidArgument(info.Env(), "a count is below 1 or too large");
  return number;
}

Napi::Value countMultiplyAdds(const Napi::CallbackInfo& info) {
  const auto threads = granted(static_cast<int>(positive(info, 0, maxThreads)));
  return Napi::Number::New(info.Env(), static_cast<double>(multiplyAdds(threads, positive(info, 1, INT32_MAX))));
}

Napi::Value countMultiplyAddsOfBytes(const Napi::CallbackInfo& info) {
  const auto threads = granted(static_cast<int>(positive(info, 0, maxThreads)));
  const int64_t rounds = positive(info, 1, INT32_MAX);
  return Napi::Number::New(info.Env(), static_cast<double>(multiplyAddsOfBytes(threads, rounds)));
}

Napi::Value sumMemory(const Napi::CallbackInfo& info) {
  const auto threads = granted(static_cast<int>(positive(info, 0, maxThreads)));
  const ArrayElements memory(info[1], DataType::float32);
  std::vector<AlignedBytes> copies;
  const auto* const first = static_cast<const float*>(memory.lend(copies));
  const int64_t passes = positive(info, 2, INT32_MAX);
  return Napi::Number::New(info.Env(), readMemory(threads, first, memory.count(), passes));
}

}  // namespace

void addLimits(Napi::Env env, Napi::Object exports) {
  exports.Set("multiplyAdds", Napi::Function::New(env, countMultiplyAdds, "multiplyAdds"));
  exports.Set("multiplyAddsOfBytes", Napi::Function::New(env, countMultiplyAddsOfBytes, "multiplyAddsOfBytes"));
  exports.Set("readMemory", Napi::Function::New(env, sumMemory, "readMemory"));
}

}  // namespace gdws
