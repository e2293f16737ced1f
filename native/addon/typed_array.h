#pragma once

#include <napi.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "base/aligned_bytes.h"
#include "program/program.h"

namespace gdws {

/// The type whose number `value` is, if any.
std::optional<DataType> dataTypeOf(const Napi::Value& value);

/// A typed array of JavaScript, which native code can read as long as the current HandleScope lasts. WebAssembly sees
/// its own memory only, which no array of JavaScript lies in.
class ArrayElements {
 public:
  /// Throws Napi::Error where `value` is no typed array of elements of this type.
  ArrayElements(const Napi::Value& value, DataType type);
  ArrayElements(const Napi::Value& value, napi_typedarray_type type);

  size_t count() const { return count_; }
  size_t bytes() const { return bytes_; }

  /// Copies all elements to `to`, which is aligned for them.
  void copyTo(void* to) const;

  /// The elements where they are; in WebAssembly, as a copy that is added to `copies`. Throws std::bad_alloc.
  const void* lend(std::vector<AlignedBytes>& copies) const;

  /// A copy, converted from `Element`, which must be the type of the array's elements.
  template <class Element, class Result = Element>
  std::vector<Result> toVector() const {
    std::vector<AlignedBytes> copies;
    const auto* const first = static_cast<const Element*>(lend(copies));
    return {first, first + count_};
  }

 private:
  Napi::Value array_;
  napi_typedarray_type type_;
  size_t count_ = 0;
  size_t bytes_ = 0;
  const void* data_ = nullptr;  ///< null in WebAssembly
};

/// A typed array with a copy of `count` elements.
Napi::Value newTypedArray(Napi::Env env, napi_typedarray_type type, const void* elements, size_t count);

inline Napi::Value newTypedArray(Napi::Env env, const std::vector<double>& elements) {
  return newTypedArray(env, napi_float64_array, elements.data(), elements.size());
}
inline Napi::Value newTypedArray(Napi::Env env, const std::vector<float>& elements) {
  return newTypedArray(env, napi_float32_array, elements.data(), elements.size());
}
inline Napi::Value newTypedArray(Napi::Env env, const std::vector<int32_t>& elements) {
  return newTypedArray(env, napi_int32_array, elements.data(), elements.size());
}
inline Napi::Value newTypedArray(Napi::Env env, const std::vector<int8_t>& elements) {
  return newTypedArray(env, napi_int8_array, elements.data(), elements.size());
}

}  // namespace gdws
