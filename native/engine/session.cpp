#include "engine/session.h"

#include <cstring>

#include "engine/counters.h"

namespace gdws {

Session::Session(int threads, KernelChoice choice) : threads_(threads), choice_(std::move(choice)) {}

std::shared_ptr<const float[]> Session::Weights::find(const std::string& key,
                                                      const std::function<std::shared_ptr<const float[]>()>& pack) {
  std::weak_ptr<const float[]>& known = packed[key];
  if (auto weights = known.lock()) return weights;
  auto weights = pack();
  known = weights;
  return weights;
}

void Session::Weights::prune() {
  const auto isUnused = [](const auto& entry) { return entry.second.expired(); };
  std::erase_if(packed, isUnused);
  std::erase_if(plain, isUnused);
}

void Session::checkConstants(const Program& program) {
  for (const Value& value : program.values) {
    if (value.storage != Storage::constant) continue;
    const auto [known, isNew] = constantSizes_.try_emplace(value.index, value.type, value.elements);
    if (isNew || known->second == std::pair(value.type, value.elements)) continue;
    throw ProgramError("constant " + std::to_string(value.index) + " has " + std::to_string(value.elements) +
                       " elements where it had " + std::to_string(known->second.second) + " in an earlier program");
  }
}

std::shared_ptr<CompiledProgram> Session::compile(const int32_t* words, size_t count,
                                                  const std::vector<ConstantData>& constants, const PageMemory* pages,
                                                  const std::atomic<bool>& aborted) {
  const std::lock_guard lock(compiling_);
  const MemoryAccount::Scope scope(account_);
  weights_.prune();
  Program program = parseProgram(words, count, constants);
  checkConstants(program);
  KernelContext context{bestVectors(), weights_, threads_};
  const auto retain = [this](const Value& value) {
    auto& known = weights_.plain[value.index];
    AlignedBytes kept = known.lock();
    if (!kept) {
      kept = allocateCounted(value.bytes(), Counters::instance().weightBytes);
      if (value.bytes() > 0) std::memcpy(kept.get(), value.data, value.bytes());
      known = kept;
    }
    return kept;
  };
  if (pages != nullptr) context.spend = [pages](const void* from, size_t bytes) { pages->discard(from, bytes); };
  return std::make_shared<CompiledProgram>(std::move(program), context, choice_, retain, aborted);
}

Tuner Session::tuner(const int32_t* words, size_t count, const std::vector<ConstantData>& constants) const {
  if (!choice_.measured || !choice_.preference.empty()) return Tuner({}, bestVectors(), threads_);
  return Tuner(parseProgram(words, count, constants), bestVectors(), threads_);
}

}  // namespace gdws
