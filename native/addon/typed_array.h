#pragma once

#include <napi.h>

#include <optional>

#include "program/program.h"

namespace gdws {

/// The type whose number `value` is, if any.
std::optional<DataType> dataTypeOf(const Napi::Value& value);

/// First byte and number of elements of a typed array that holds elements of `type`.
/// Throws Napi::Error where `value` is no typed array of that element.
ConstantData elementsOf(const Napi::Value& value, DataType type);

}  // namespace gdws
