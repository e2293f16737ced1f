#pragma once

#include <cstddef>
#include <cstdint>

/// libFuzzer's interface: changes the `size` bytes of a program's file at `data`, which has room for `maxSize`; returns
/// the new size.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t maxSize, unsigned seed);
/// Joins two programs; returns 0 where they do not join.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t firstSize, const uint8_t* second,
                                            size_t secondSize, uint8_t* out, size_t maxSize, unsigned seed);
/// What the mutator leaves to libFuzzer, or to the program that takes its place.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t maxSize);
