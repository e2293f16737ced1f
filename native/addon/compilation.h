#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "addon/program.h"

namespace gdws {

/// A program's words and constants, and the pages that these lie in, as JavaScript gives them and as long as it keeps
/// them.
class ProgramArguments {
 public:
  explicit ProgramArguments(const Napi::CallbackInfo& info);

  const int32_t* words() const { return static_cast<const int32_t*>(words_.data); }
  size_t count() const { return words_.elements; }
  Constants constants;
  std::shared_ptr<const PageMemory> pages;

 private:
  ConstantData words_{};
};

/// Compiles on a scheduler thread the program that `info` has the arguments of. {done, abort, wait}: `done` resolves
/// with the program; `wait` returns once the arguments are not read any more.
Napi::Object startCompiling(const Napi::CallbackInfo& info, std::shared_ptr<SessionHandle> session);

}  // namespace gdws
