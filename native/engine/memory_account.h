#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace gdws {

/// Bytes that belong to one session, its packed weights and working memory, for those who must be told of them.
class MemoryAccount {
 public:
  std::atomic<int64_t> bytes{0};

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

/// Bytes that count in one of the process's counters and in the current account, as long as this lives.
class CountedBytes {
 public:
  /// `counter` must outlive this.
  CountedBytes(std::atomic<int64_t>& counter, int64_t bytes);
  ~CountedBytes();
  CountedBytes(const CountedBytes&) = delete;
  CountedBytes& operator=(const CountedBytes&) = delete;

 private:
  std::atomic<int64_t>& counter_;
  std::shared_ptr<MemoryAccount> account_;
  int64_t bytes_;
};

}  // namespace gdws
