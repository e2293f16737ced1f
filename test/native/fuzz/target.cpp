// libFuzzer's target: the loader of programs, their compilation, and a run of those that are small.

#include "native/fuzz/execute.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gdws::test::execute(gdws::test::ProgramInput::parse(data, size));
  return 0;
}
