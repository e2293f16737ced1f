#include "addon/typed_array.h"

#include "addon/errors.h"
#include "addon/script_memory.h"

namespace gdws {

namespace {

napi_typedarray_type arrayTypeOf(DataType type) {
  switch (type) {
    case DataType::float32:
      return napi_float32_array;
    case DataType::int64:
      return napi_bigint64_array;
    case DataType::int32:
      return napi_int32_array;
    case DataType::int8:
      return napi_int8_array;
    default:
      return napi_uint8_array;
  }
}

size_t bytesOfElement(napi_typedarray_type type) {
  switch (type) {
    case napi_float64_array:
    case napi_bigint64_array:
      return 8;
    case napi_float32_array:
    case napi_int32_array:
      return 4;
    default:
      return 1;
  }
}

}  // namespace

std::optional<DataType> dataTypeOf(const Napi::Value& value) {
  if (!value.IsNumber()) return std::nullopt;
  const int32_t number = value.As<Napi::Number>().Int32Value();
  if (number < 0 || number >= dataTypeCount) return std::nullopt;
  return static_cast<DataType>(number);
}

ArrayElements::ArrayElements(const Napi::Value& value, DataType type) : ArrayElements(value, arrayTypeOf(type)) {}

ArrayElements::ArrayElements(const Napi::Value& value, napi_typedarray_type type) : array_(value), type_(type) {
  napi_typedarray_type found;
  void* data = nullptr;
  // Where memory is not shared, asking for the address would copy the elements.
  void** const address = sharesScriptMemory ? &data : nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(value.Env(), value, &found, &count_, address, nullptr, nullptr) != napi_ok ||
      found != type) {
    throw invalidArgument(value.Env(), "an array has another element type than its value");
  }
  bytes_ = count_ * bytesOfElement(type);
  data_ = data;
}

void ArrayElements::copyTo(void* to) const { copyFromScript(array_, type_, data_, bytes_, to); }

const void* ArrayElements::lend(std::vector<AlignedBytes>& copies) const {
  if constexpr (sharesScriptMemory) return data_;
  copies.push_back(allocateBytes(bytes_));
  copyTo(copies.back().get());
  return copies.back().get();
}

Napi::Value newTypedArray(Napi::Env env, napi_typedarray_type type, const void* elements, size_t count) {
  const size_t bytes = count * bytesOfElement(type);
  napi_value array = nullptr;
  if (napi_create_typedarray(env, type, count, newArrayBuffer(env, elements, bytes), 0, &array) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return {env, array};
}

}  // namespace gdws
