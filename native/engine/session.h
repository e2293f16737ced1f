#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/compiled_program.h"

namespace gdws {

/// The programs of one network, one for each set of input shapes, and the weights they share.
class Session {
 public:
  /// `kernelPreference` as CompiledProgram takes it; empty for the fastest.
  Session(int threads, std::string kernelPreference);

  int threads() const { return threads_; }

  /// Constants are numbered alike in all programs of the session. Throws ProgramError or std::bad_alloc.
  std::shared_ptr<CompiledProgram> compile(const int32_t* words, size_t count,
                                           const std::vector<ConstantData>& constants);

 private:
  struct Weights final : PackedWeights {
    std::shared_ptr<const float[]> find(const std::string& key,
                                        const std::function<std::shared_ptr<const float[]>()>& pack) override;
    std::map<std::string, std::weak_ptr<const float[]>> packed;
    std::map<int32_t, AlignedBytes> plain;
  };

  int threads_;
  std::string kernelPreference_;
  Weights weights_;
};

}  // namespace gdws
