#if !defined(_OPENMP) && !defined(__wasm__)

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/brief_spin.h"
#include "base/concurrency.h"
#include "base/run_team.h"
#include "base/thread.h"

namespace gdws {

namespace {

/// Threads of all teams that are at work. Where there are more than processors, those that wait sleep at once: they may
/// be in the way of the one that they wait for.
std::atomic<int> threadsAtWork{0};

/// Lets threads wait until a number is no longer what it was.
class Turnstile {
 public:
  uint32_t number() const { return number_.load(std::memory_order_acquire); }

  void waitWhile(uint32_t before, const BriefSpin& spin) {
    if (threadsAtWork.load(std::memory_order_relaxed) <= spin.processors()) {
      spin.until([&] { return number_.load(std::memory_order_relaxed) != before; });
    }
    if (number() != before) return;
    std::unique_lock lock(mutex_);
    // In one order with `advance`: it sees a sleeper, or the sleeper sees the new number.
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    changed_.wait(lock, [&] { return number_.load(std::memory_order_seq_cst) != before; });
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  void advance() {
    number_.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) == 0) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

 private:
  std::atomic<uint32_t> number_{0};
  std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// The threads that one thread keeps for its teams. It ends, and they with it, when that thread does.
class Crew final : public Meeting {
 public:
  void wait() const override {
    // Both before it arrives: then the others may be at the next meeting, or in a team of another size.
    const uint32_t meeting = met_.number();
    const int size = size_;
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < size) return met_.waitWhile(meeting, spin_);
    arrived_.store(0, std::memory_order_relaxed);
    met_.advance();
  }
  double cycles() const override { return 3000; }

  /// Has threads for teams of `threads`.
  static void grow(const std::shared_ptr<Crew>& crew, int threads) {
    crew->seats_.reserve(static_cast<size_t>(threads) - 1);
    while (static_cast<int>(crew->seats_.size()) + 1 < threads) {
      auto seat = std::make_shared<Seat>();
      const int index = static_cast<int>(crew->seats_.size()) + 1;
      startThread([crew, seat, index] { crew->serve(*seat, index); });
      crew->seats_.push_back(std::move(seat));
    }
  }

  void run(int threads, TeamWork work) {
    size_ = threads;
    work_ = work;
    threadsAtWork.fetch_add(threads, std::memory_order_relaxed);
    for (int index = 1; index < threads; ++index) seats_[static_cast<size_t>(index) - 1]->turn.advance();
    work_(Team{0, threads, this});
    wait();
    threadsAtWork.fetch_sub(threads, std::memory_order_relaxed);
  }

  void end() {
    ended_.store(true, std::memory_order_relaxed);
    for (const auto& seat : seats_) seat->turn.advance();
  }

 private:
  /// Where a thread waits for its next team.
  struct Seat {
    Turnstile turn;
  };

  void serve(Seat& seat, int index) {
    for (uint32_t turn = 0;; ++turn) {
      seat.turn.waitWhile(turn, spin_);
      if (ended_.load(std::memory_order_relaxed)) return;
      work_(Team{index, size_, this});
      wait();
    }
  }

  const BriefSpin spin_{availableConcurrency()};
  mutable Turnstile met_;
  mutable std::atomic<int> arrived_{0};
  std::atomic<bool> ended_{false};
  // Of the team at work; written before its threads are called.
  int size_ = 1;
  TeamWork work_{};
  /// Each is its thread's, too, which may be the last to hold it.
  std::vector<std::shared_ptr<Seat>> seats_;
};

/// The crew of a thread, until that ends.
struct OwnCrew {
  std::shared_ptr<Crew> crew;
  ~OwnCrew() {
    if (crew) crew->end();
  }
};
thread_local OwnCrew own;

}  // namespace

void runThreads(int threads, TeamWork work) {
  if (!own.crew) own.crew = std::make_shared<Crew>();
  Crew::grow(own.crew, threads);
  own.crew->run(threads, work);
}

}  // namespace gdws

#endif
