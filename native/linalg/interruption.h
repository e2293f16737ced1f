#pragma once

#include <atomic>
#include <exception>

namespace gdws {

/// Thrown where a computation is stopped before its end.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "the computation was interrupted"; }
};

/// Whether a thread's computation is to stop. A function that works in parts checks it before each part; its team
/// checks the interruption of the calling thread.
class Interruption {
 public:
  /// Until the end of the scope, the calling thread's computations stop soon after `asked` becomes true.
  class Scope {
   public:
    explicit Scope(const std::atomic<bool>& asked);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const std::atomic<bool>* const previous_;
  };

  /// The interruption of the calling thread; outside of a scope it is never asked for.
  static Interruption current();

  bool isAsked() const { return asked_ != nullptr && asked_->load(std::memory_order_relaxed); }
  /// Throws Interrupted where it is asked for.
  void check() const {
    if (isAsked()) throw Interrupted();
  }

 private:
  explicit Interruption(const std::atomic<bool>* asked) : asked_(asked) {}

  const std::atomic<bool>* asked_;
};

}  // namespace gdws
