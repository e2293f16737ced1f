#include "addon/page_memory.h"

#include <memory>
#include <new>
#include <unordered_map>

#include "addon/bounds.h"
#include "addon/errors.h"
#include "addon/script_memory.h"
#include "addon/typed_array.h"
#include "base/counters.h"
#include "base/mutex.h"

namespace gdws {

namespace {

/// PageMemory whose bytes count as fileBytes while it lives.
class CountedPages final : public PageMemory {
 public:
  explicit CountedPages(size_t bytes) : PageMemory(bytes) { count(+1); }
  ~CountedPages() { count(-1); }

 private:
  void count(int64_t sign) const { Counters::instance().fileBytes += sign * static_cast<int64_t>(bytes()); }
};

/// The memory that allocatePages has given out and JavaScript has not collected, by address, for all environments.
class Pages {
 public:
  static Pages& instance() {
    // Never destroyed: threads may use it while the process ends.
    static Pages* const pages = new Pages;
    return *pages;
  }

  void add(std::shared_ptr<const PageMemory> memory) {
    const std::lock_guard lock(mutex_);
    const void* const at = memory->data();
    pages_[at] = std::move(memory);
  }

  void remove(const void* data) {
    const std::lock_guard lock(mutex_);
    pages_.erase(data);
  }

  std::shared_ptr<const PageMemory> find(const void* data) const {
    const std::lock_guard lock(mutex_);
    const auto found = pages_.find(data);
    return found == pages_.end() ? nullptr : found->second;
  }

 private:
  mutable Mutex mutex_;
  std::unordered_map<const void*, std::shared_ptr<const PageMemory>> pages_;
};

/// An ArrayBuffer over memory in `Pages`, which is removed there when the buffer is collected. Some runtimes (Electron)
/// allow ArrayBuffers in V8's own memory only, and an addon may be compiled for them.
napi_status makeBuffer([[maybe_unused]] napi_env env, [[maybe_unused]] const PageMemory& memory,
                       [[maybe_unused]] size_t bytes, [[maybe_unused]] napi_value* buffer) {
#ifdef NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED
  return napi_no_external_buffers_allowed;
#else
  const auto letGo = [](napi_env, void* data, void*) { Pages::instance().remove(data); };
  return napi_create_external_arraybuffer(env, memory.data(), bytes, letGo, nullptr, buffer);
#endif
}

Napi::Value allocatePages(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  if (!(bytes >= 0 && bytes <= maxSafeInteger)) {
    throw invalidArgument(env, "allocatePages takes a number of bytes");
  }
  if constexpr (!sharesScriptMemory) return env.Undefined();
  return throwingToJavaScript(env, [&]() -> Napi::Value {
    const auto memory = std::make_shared<const CountedPages>(static_cast<size_t>(bytes));
    Pages::instance().add(memory);
    napi_value buffer = nullptr;
    const napi_status status = makeBuffer(env, *memory, static_cast<size_t>(bytes), &buffer);
    if (status == napi_ok) return Napi::Value(env, buffer);
    Pages::instance().remove(memory->data());
    if (status == napi_no_external_buffers_allowed) return env.Undefined();
    throw Napi::Error::New(env);
  });
}

Napi::Value preferHugePagesFor(const Napi::CallbackInfo& info) {
  const ArrayElements memory(info[0], DataType::uint8);
  if constexpr (sharesScriptMemory) {
    std::vector<AlignedBytes> copies;
    preferHugePages(const_cast<void*>(memory.lend(copies)), memory.bytes());
  }
  return info.Env().Undefined();
}

}  // namespace

std::shared_ptr<const PageMemory> pagesOf(const Napi::Value& value) {
  if (!sharesScriptMemory || !value.IsArrayBuffer()) return nullptr;
  return Pages::instance().find(value.As<Napi::ArrayBuffer>().Data());
}

void addPageMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("preferHugePages", Napi::Function::New(env, preferHugePagesFor, "preferHugePages"));
  exports.Set("allocatePages", Napi::Function::New(env, allocatePages, "allocatePages"));
}

}  // namespace gdws
