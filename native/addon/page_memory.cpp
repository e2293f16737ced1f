#include "addon/page_memory.h"

#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>

#include "addon/errors.h"
#include "addon/typed_array.h"

namespace gdws {

namespace {

/// What allocatePages gave out and JavaScript has not collected, by address, in all environments of the process.
class Pages {
 public:
  static Pages& instance() {
    // Never destroyed: threads may use it while the process ends.
    static Pages* const pages = new Pages;
    return *pages;
  }

  const PageMemory* add(std::unique_ptr<PageMemory> memory) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const void* const at = memory->data();
    return (pages_[at] = std::move(memory)).get();
  }

  void remove(const void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    pages_.erase(data);
  }

  std::shared_ptr<const PageMemory> find(const void* data) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = pages_.find(data);
    return found == pages_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<const void*, std::shared_ptr<const PageMemory>> pages_;
};

Napi::Value allocatePages(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  constexpr double most = 9007199254740991;
  if (!(bytes >= 0 && bytes <= most)) throw invalidArgument(env, "allocatePages takes a number of bytes");
  try {
    const PageMemory* const memory = Pages::instance().add(std::make_unique<PageMemory>(static_cast<size_t>(bytes)));
    return Napi::ArrayBuffer::New(env, memory->data(), static_cast<size_t>(bytes),
                                  [](Napi::Env, void* data) { Pages::instance().remove(data); });
  } catch (const std::bad_alloc& exception) {
    throw toJavaScript(env, exception);
  }
}

Napi::Value preferHugePagesFor(const Napi::CallbackInfo& info) {
  const ConstantData memory = elementsOf(info[0], DataType::uint8);
  preferHugePages(const_cast<void*>(memory.data), memory.elements);
  return info.Env().Undefined();
}

}  // namespace

std::shared_ptr<const PageMemory> pagesOf(const Napi::Value& value) {
  return value.IsArrayBuffer() ? Pages::instance().find(value.As<Napi::ArrayBuffer>().Data()) : nullptr;
}

void addPageMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("preferHugePages", Napi::Function::New(env, preferHugePagesFor, "preferHugePages"));
  exports.Set("allocatePages", Napi::Function::New(env, allocatePages, "allocatePages"));
}

}  // namespace gdws
