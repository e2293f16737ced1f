#include "addon/typed_array.h"

#include "addon/errors.h"

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

}  // namespace

std::optional<DataType> dataTypeOf(const Napi::Value& value) {
  if (!value.IsNumber()) return std::nullopt;
  const int32_t number = value.As<Napi::Number>().Int32Value();
  if (number < 0 || number >= dataTypeCount) return std::nullopt;
  return static_cast<DataType>(number);
}

ConstantData elementsOf(const Napi::Value& value, DataType type) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != arrayTypeOf(type)) {
    throw invalidArgument(value.Env(), "an array has another element type than its value");
  }
  napi_typedarray_type arrayType;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer;
  size_t offset = 0;
  napi_get_typedarray_info(value.Env(), value, &arrayType, &length, &data, &buffer, &offset);
  return {type, data, length};
}

}  // namespace gdws
