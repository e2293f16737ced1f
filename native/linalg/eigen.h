#pragma once

// The only file that includes Eigen. native/third_party has its vector code for SSE2 and NEON, and no other.
#if defined(__AVX__) || !(defined(__x86_64__) || defined(_M_X64) || defined(__aarch64__))
#define EIGEN_DONT_VECTORIZE
#endif
// The callers use threads themselves: they divide a layer's channels, each of which one thread decomposes.
#define EIGEN_DONT_PARALLELIZE

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>
