#pragma once

#include <atomic>
#include <exception>

namespace gdws {

/// A computation stopped before its end, for nobody wants its result.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "the computation was interrupted"; }
};

/// Whether what a thread computes is to stop. A function that works in parts asks before each; its team asks what the
/// calling thread was told.
class Interruption {
 public:
  /// What the calling thread computes stops soon after `asked` becomes true, to the end of the scope.
  class Scope {
   public:
    explicit Scope(const std::atomic<bool>& asked);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const std::atomic<bool>* const previous_;
  };

  /// That of the calling thread; it is never asked for outside of any scope.
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
