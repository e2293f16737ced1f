#include "addon/held_memory.h"

#include <memory>
#include <new>

#include "addon/errors.h"

namespace gdws {

namespace {

constexpr napi_type_tag heldMemoryTag = {0x6764777368656c64, 0x6d656d6f72790001};

Napi::Value holdMemory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : -1;
  if (bytes < 0) throw invalidArgument(env, "holdMemory takes a number of bytes");
  try {
    auto held = std::make_unique<HeldMemory>();
    held->bytes = static_cast<size_t>(bytes);
    held->memory = allocateBytes(held->bytes);
    const auto free = [](Napi::Env from, HeldMemory* memory) {
      Napi::MemoryManagement::AdjustExternalMemory(from, -static_cast<int64_t>(memory->bytes));
      delete memory;
    };
    const Napi::External<HeldMemory> handle = Napi::External<HeldMemory>::New(env, held.get(), free);
    held.release();
    // Otherwise the collector does not see how much hangs on so small an object.
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
    handle.TypeTag(&heldMemoryTag);
    return handle;
  } catch (const std::bad_alloc& exception) {
    throw toJavaScript(env, exception);
  }
}

}  // namespace

void addHeldMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("holdMemory", Napi::Function::New(env, holdMemory, "holdMemory"));
}

const HeldMemory* heldMemoryOf(const Napi::Value& value) {
  if (!value.IsExternal()) return nullptr;
  const auto handle = value.As<Napi::External<HeldMemory>>();
  return handle.CheckTypeTag(&heldMemoryTag) ? handle.Data() : nullptr;
}

}  // namespace gdws
