#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <string>

namespace gdws {

enum class MemoryUse { weights, work };

/// Thrown where weights would take more than they may.
class WeightsExceeded : public std::exception {
 public:
  WeightsExceeded(int64_t bytes, int64_t most)
      : message_("the weights, packed for their kernels, take " + std::to_string(bytes) +
                 " bytes, and the limit memoryBytes is " + std::to_string(most)) {}
  const char* what() const noexcept override { return message_.c_str(); }

  int32_t operation = -1;  ///< of the program, that was being compiled

 private:
  std::string message_;
};

/// Bytes that belong to one session, its packed weights and working memory, for those who must be told of them.
class MemoryAccount {
 public:
  std::atomic<int64_t> bytes{0};
  std::atomic<int64_t> weightBytes{0};  ///< of `bytes`
  int64_t mostWeightBytes = std::numeric_limits<int64_t>::max();

  /// Makes what the calling thread allocates count for `account`, to the end of the scope.
  class Scope {
   public:
    explicit Scope(std::shared_ptr<MemoryAccount> account);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    std::shared_ptr<MemoryAccount> previous_;
  };

  /// Null outside of any scope.
  static const std::shared_ptr<MemoryAccount>& current();
};

/// Bytes that count in the process's counters and in the current account, as long as this lives.
class CountedBytes {
 public:
  /// Throws WeightsExceeded.
  CountedBytes(MemoryUse use, int64_t bytes);
  ~CountedBytes();
  CountedBytes(const CountedBytes&) = delete;
  CountedBytes& operator=(const CountedBytes&) = delete;

 private:
  void add(int64_t bytes) const;

  MemoryUse use_;
  std::shared_ptr<MemoryAccount> account_;
  int64_t bytes_;
};

}  // namespace gdws
