#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <string>

namespace gdws {

enum class MemoryUse { weights, work };

/// Thrown where weights would exceed the limit.
class WeightsExceeded : public std::exception {
 public:
  WeightsExceeded(int64_t bytes, int64_t max)
      : message_("the weights, packed for their kernels, take " + std::to_string(bytes) +
                 " bytes, and the limit memoryBytes is " + std::to_string(max)) {}
  const char* what() const noexcept override { return message_.c_str(); }

  int32_t operation = -1;  ///< index of the operation that was being compiled

 private:
  std::string message_;
};

/// Counts the bytes of one session: its packed weights and its working memory.
class MemoryAccount {
 public:
  std::atomic<int64_t> bytes{0};
  std::atomic<int64_t> weightBytes{0};  ///< of `bytes`
  int64_t maxWeightBytes = std::numeric_limits<int64_t>::max();

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
