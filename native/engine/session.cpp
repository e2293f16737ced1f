#include "engine/session.h"

#include <cstring>
#include <utility>

#include "engine/team_size.h"

namespace gdws {

Session::Session(int threads, KernelChoice choice, int64_t maxWeightBytes)
    : threads_(threads), choice_(std::move(choice)) {
  account_->maxWeightBytes = maxWeightBytes;
}

std::shared_ptr<const float[]> Session::Weights::find(const std::string& key,
                                                      const std::function<std::shared_ptr<const float[]>()>& pack) {
  std::weak_ptr<const float[]>& known = packed[key];
  if (auto weights = known.lock()) return weights;
  auto weights = pack();
  known = weights;
  return weights;
}

void Session::Weights::prune() {
  std::erase_if(packed, [](const auto& entry) { return entry.second.expired(); });
  std::erase_if(plain, [](const auto& entry) { return entry.second.bytes.expired(); });
}

AlignedBytes Session::Weights::retain(const Value& constant) {
  if (const auto known = plain.find(constant.index); known != plain.end()) {
    if (AlignedBytes kept = known->second.bytes.lock()) {
      if (known->second.type == constant.type && known->second.elements == constant.elements) return kept;
      throw ProgramError("constant " + std::to_string(constant.index) + " has " + std::to_string(constant.elements) +
                         " elements where it had " + std::to_string(known->second.elements) + " in an earlier program");
    }
  }
  AlignedBytes kept = allocateCounted(constant.bytes(), MemoryUse::weights);
  if (constant.bytes() > 0) std::memcpy(kept.get(), constant.data, constant.bytes());
  plain.insert_or_assign(constant.index, PlainConstant{kept, constant.type, constant.elements});
  return kept;
}

std::shared_ptr<CompiledProgram> Session::compile(const int32_t* words, size_t count, const Constants& constants,
                                                  const PageMemory* pages, const std::atomic<bool>& aborted) {
  const std::lock_guard lock(compiling_);
  const MemoryAccount::Scope scope(account_);
  weights_.prune();
  Program program = parseProgram(words, count, constants);
  const VectorTable& vectors = bestVectors();
  KernelContext context{vectors, weights_, teamSize(program, threads_, vectors.lanes)};
  const auto retain = [this](const Value& constant) { return weights_.retain(constant); };
  if (pages != nullptr) context.release = [pages](const void* from, size_t bytes) { pages->discard(from, bytes); };
  return std::make_shared<CompiledProgram>(std::move(program), context, choice_, retain, memories_, aborted);
}

Tuner Session::tuner(const int32_t* words, size_t count, const Constants& constants) const {
  if (!choice_.measured || !choice_.preference.empty()) return Tuner({}, bestVectors(), threads_);
  const VectorTable& vectors = bestVectors();
  const Program program = parseProgram(words, count, constants);
  return Tuner(program, vectors, teamSize(program, threads_, vectors.lanes));
}

}  // namespace gdws
