#pragma once

#include "kernels/integer/sum_result.h"
#include "kernels/vector/integer_functions.h"

namespace gdws {

/// What becomes of sums, as the vector functions take it.
IntegerResult resultOf(const SumResult& result);

/// Where rows of a result go, a row a channel of maps of `pitch` elements: from element `at` of channel m on. `how`
/// must be what resultOf() gives for it.
IntegerRows resultRows(const Buffers& buffers, const SumResult& result, const IntegerResult& how, int64_t m, int64_t at,
                       int64_t pitch);

}  // namespace gdws
