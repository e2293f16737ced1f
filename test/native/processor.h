#pragma once

#include <string>

namespace gdws::test {

/// Where what native/base/x86_features.h says of the processor is not what the compiler's own check says; empty where
/// they agree, or the compiler has none.
std::string processorDisagreements();

}  // namespace gdws::test
