#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "addon/program.h"
#include "base/aligned_bytes.h"

namespace gdws {

/// A program's words and constants, and the pages that the constants lie in. They are JavaScript's memory, which must
/// stay alive while this is used, or copies (addon/script_memory.h).
class ProgramArguments {
 public:
  explicit ProgramArguments(const Napi::CallbackInfo& info);

  const int32_t* words() const { return static_cast<const int32_t*>(words_); }
  size_t count() const { return count_; }
  Constants constants;
  std::shared_ptr<const PageMemory> pages;

 private:
  const void* words_ = nullptr;
  size_t count_ = 0;
  std::vector<AlignedBytes> copies_;
};

/// Compiles a program, given by the arguments in `info`, on a scheduler thread. Returns {done, abort, wait}: `done`
/// resolves with the program; `wait` returns when the arguments are not read any more.
Napi::Object startCompiling(const Napi::CallbackInfo& info, std::shared_ptr<SessionHandle> session);

}  // namespace gdws
