#pragma once

#include <map>
#include <string>

#include "native/test_case.h"

namespace gdws::test {

/// Whether a session would run a case of floats by the reference kernel, though no reason below allows it.
///
/// Reasons: weights of a transposed convolution that the run computes, which would have to be taken apart in each run;
/// transposed convolutions whose strides are 64×64 and more, which would have a product for each remainder; tables of a
/// resize that the run computes, which no operator writes; functions of a recurrent cell that have no vector form, of
/// which ONNX's cells have none.
bool isLeftToReference(const TestCase& testCase, int threads);

/// How many convolutions and poolings are left to it, by the name of the operation, among windows of many sizes,
/// strides, dilations and paddings over maps of many sizes, in groups of many kinds.
std::map<std::string, int> windowsLeftToReference();

}  // namespace gdws::test
