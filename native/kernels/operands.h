#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel.h"

namespace gdws {

/// Checks of a kernel's operands. All throw ProgramError, which names the operation.

/// Input i, which must have this element type.
const Value& inputOf(const OperationView& operation, size_t i, DataType type = DataType::float32);
/// Input i, which holds indices and must be int32 or int64.
const Value& indicesOf(const OperationView& operation, size_t i);
/// Output 0, which must have this element type.
const Value& outputOf(const OperationView& operation, DataType type = DataType::float32);
/// Output 0, which must be float32 and of the same dims as `x`.
const Value& outputLike(const OperationView& operation, const Value& x);
/// An attribute that must be from 0 up to `limit` - 1.
int32_t checkedBelow(const OperationView& operation, int32_t value, int64_t limit, const char* what);
/// An attribute that must be the number of an axis.
int32_t checkedAxis(const OperationView& operation, int32_t axis, const Value& value);
/// "(2, 3, 5)", for messages.
std::string describe(const std::vector<int64_t>& dims);

/// Product of dims[first..last). A tensor without elements may have dims whose product overflows: it stops at 2^40.
int64_t countOf(const std::vector<int64_t>& dims, size_t first, size_t last);
/// Row-major strides in elements, each at most 2^40.
std::vector<int64_t> stridesOf(const std::vector<int64_t>& dims);

/// For KernelDefinition::make of a kernel that is constructed from the operation alone.
template <class SomeKernel>
std::unique_ptr<Kernel> makeKernel(const OperationView& operation, KernelContext&) {
  return std::make_unique<SomeKernel>(operation);
}

/// For KernelDefinition::make of a kernel that is constructed from the operation and the instruction set's functions.
template <class SomeKernel>
std::unique_ptr<Kernel> makeVectorKernel(const OperationView& operation, KernelContext& context) {
  return std::make_unique<SomeKernel>(operation, context.vectors.elementwise);
}

/// For KernelDefinition::supports of kernels that run whatever `make` accepts.
inline bool supportsAll(const OperationView&, const KernelContext&) { return true; }

}  // namespace gdws
