#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/memory_account.h"
#include "base/mutex.h"
#include "base/page_memory.h"
#include "engine/compiled_program.h"
#include "engine/kernel_choice.h"
#include "engine/tuner.h"

namespace gdws {

/// The programs of one network, one for each set of input shapes, and the weights they share.
class Session {
 public:
  Session(int threads, KernelChoice choice, int64_t maxWeightBytes = std::numeric_limits<int64_t>::max());

  int threads() const { return threads_; }
  /// What is kept of runs that begin now.
  std::atomic<Profiling> profiling{Profiling::off};

  /// Constants have the same numbers in all programs of the session; a constant must not change its size while a
  /// program uses it. Pages of constants in `pages` are given back to the system as soon as they are not needed. One
  /// compilation runs at a time; others wait. Throws ProgramError, std::bad_alloc, WeightsExceeded or
  /// CompilationAborted.
  std::shared_ptr<CompiledProgram> compile(const int32_t* words, size_t count, const Constants& constants,
                                           const PageMemory* pages, const std::atomic<bool>& aborted);
  /// Bytes of packed weights and of the working memory of runs.
  int64_t heldBytes() const { return account_->bytes; }
  /// Bytes of the weights of all programs, packed or plain.
  int64_t weightBytes() const { return account_->weightBytes; }
  /// The measurements to make before a program with these arguments is compiled; none where this session does not
  /// choose kernels by measured time. Throws ProgramError.
  Tuner tuner(const int32_t* words, size_t count, const Constants& constants) const;

 private:
  struct PlainConstant {
    std::weak_ptr<std::byte[]> bytes;
    DataType type;
    size_t elements;
  };
  struct Weights final : PackedWeights {
    std::shared_ptr<const float[]> find(const std::string& key,
                                        const std::function<std::shared_ptr<const float[]>()>& pack) override;
    /// Removes weights that no program uses any more.
    void prune();
    /// A constant as it is. Throws ProgramError where it has another type or size in a program that uses it.
    AlignedBytes retain(const Value& constant);
    std::map<std::string, std::weak_ptr<const float[]>> packed;
    std::map<int32_t, PlainConstant> plain;
  };

  int threads_;
  KernelChoice choice_;
  const std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  const std::shared_ptr<RunMemories> memories_ = std::make_shared<RunMemories>(account_);
  Mutex compiling_;
  Weights weights_;
};

}  // namespace gdws
