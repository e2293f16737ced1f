#pragma once

#include <napi.h>

#include "engine/program.h"

namespace gdws {

/// First byte and number of elements of a typed array that holds elements of `type`.
/// Throws Napi::Error where `value` is no typed array of that element.
ConstantData elementsOf(const Napi::Value& value, DataType type);

}  // namespace gdws
