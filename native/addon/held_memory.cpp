#include "addon/held_memory.h"

#include <cstdint>
#include <memory>

#include "addon/errors.h"
#include "addon/typed_array.h"

namespace gdws {

namespace {

constexpr napi_type_tag heldMemoryTag = {0x6764777368656c64, 0x6d656d6f72790001};

Napi::External<HeldMemory> hold(Napi::Env env, size_t bytes) {
  auto held = std::make_unique<HeldMemory>();
  held->bytes = bytes;
  held->memory = allocateBytes(bytes);
  const auto free = [](Napi::Env from, HeldMemory* memory) {
    Napi::MemoryManagement::AdjustExternalMemory(from, -static_cast<int64_t>(memory->bytes));
    delete memory;
  };
  const Napi::External<HeldMemory> handle = Napi::External<HeldMemory>::New(env, held.get(), free);
  held.release();
  // Otherwise the collector does not know how much memory this small object holds.
  Napi::MemoryManagement::AdjustExternalMemory(env, static_cast<int64_t>(bytes));
  handle.TypeTag(&heldMemoryTag);
  return handle;
}

Napi::Value holdMemory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : -1;
  if (bytes < 0) throw invalidArgument(env, "holdMemory takes a number of bytes");
  return throwingToJavaScript(env, [&]() -> Napi::Value { return hold(env, sizeOfMemory(bytes)); });
}

Napi::Value holdCopy(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::optional<DataType> type = dataTypeOf(info[1]);
  if (!type) throw invalidArgument(env, "holdCopy takes elements and their type");
  return throwingToJavaScript(env, [&]() -> Napi::Value {
    const ArrayElements given(info[0], *type);
    const Napi::External<HeldMemory> handle = hold(env, given.bytes());
    given.copyTo(handle.Data()->memory.get());
    return handle;
  });
}

}  // namespace

void addHeldMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("holdMemory", Napi::Function::New(env, holdMemory, "holdMemory"));
  exports.Set("holdCopy", Napi::Function::New(env, holdCopy, "holdCopy"));
}

const HeldMemory* heldMemoryOf(const Napi::Value& value) {
  if (!value.IsExternal()) return nullptr;
  const auto handle = value.As<Napi::External<HeldMemory>>();
  return handle.CheckTypeTag(&heldMemoryTag) ? handle.Data() : nullptr;
}

}  // namespace gdws
