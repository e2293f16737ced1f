#include "kernels/integer/product.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_floats.h"
#include "kernels/integer/blocking.h"
#include "kernels/integer/result_rows.h"
#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// Vectors of pixels, and matrices of channels, that matrix registers multiply at once.
int64_t vectorsOfMatrices(int64_t pixelVectors) {
  return Split::atMost(pixelVectors, IntegerMatrixFunctions::maxSums).largest();
}
int64_t rowsOfMatrices(int64_t vectors) { return IntegerMatrixFunctions::maxSums / vectors; }

/// Estimated cycles of a product by matrix registers.
double matrixCycles(int64_t matrices, int64_t pixelVectors, int64_t chunks) {
  constexpr double product = 16, load = 9, call = 60;
  constexpr int64_t rows = IntegerMatrixTask::rows;
  const int64_t vectors = vectorsOfMatrices(pixelVectors), blockRows = std::min(matrices, rowsOfMatrices(vectors));
  const auto r = static_cast<double>(blockRows), v = static_cast<double>(vectors);
  const double result = static_cast<double>(rows) * r * (6 + 2.5 * v);
  const double block = std::max(product * r * v, load * (r + v)) * static_cast<double>(chunks) + call + result;
  return block * static_cast<double>(quotientUp(matrices, blockRows) * quotientUp(pixelVectors, vectors));
}

/// Part `part` of a weight, of so many that add up to it: all but the last as large as an int8 can be.
int32_t partOf(int32_t weight, int64_t part) {
  for (; part > 0; --part) weight -= std::clamp(weight, -128, 127);
  return std::clamp(weight, -128, 127);
}

}  // namespace

IntegerProduct::IntegerProduct(const IntegerTiles& tiles, int64_t groups, int64_t channels, const SumResult& result,
                               std::unique_ptr<IntegerProducer> producer, const IntegerWeights& weights,
                               const std::string& key, KernelContext& context)
    : tiles_(tiles),
      groups_(groups),
      channels_(channels),
      result_(result),
      how_(resultOf(result)),
      producer_(std::move(producer)),
      vectors_(context.vectors),
      functions_(*context.vectors.integers),
      weightParts_(partsOfWeights(functions_, groups * channels, weights)) {
  const Choice choice = choose(functions_, tiles_, channels_, weightParts_, *producer_);
  form_ = choice.form;
  pixelPart_ = choice.pixelPart;
  channelParts_ = choice.channelParts;
  productCycles_ = choice.cycles;
  reserve();
  orderSteps();
  static constexpr const char* names[] = {" pixels", " channels", " matrices"};
  std::string packing = key + names[static_cast<int>(form_)];
  const int64_t stepsOfUnit = form_ == Form::matrices ? producer_->stepsOfUnit() : 0;
  for (const int64_t number : {groups_, channels_, weightParts_, channelParts_.parts, chunkSteps_, stepsOfUnit}) {
    packing += ' ';
    packing += std::to_string(number);
  }
  packed_ = context.packedWeights.find(packing, [&] { return pack(weights, context); });
}

int64_t IntegerProduct::partsOfWeights(const IntegerFunctions& functions, int64_t outputs,
                                       const IntegerWeights& weights) {
  int64_t parts = 1;
  if (functions.depthPerWord != 4) return parts;
  int32_t least = 0, most = 0;
  const Bytes bytes(weights.bytes->data, weights.bytes->type);
  for (int64_t m = 0; m < outputs; ++m) {
    const int32_t zero = weights.zeroPoint(m);
    for (int64_t k = 0; k < weights.depth; ++k) {
      least = std::min(least, bytes[m * weights.depth + k] - zero);
      most = std::max(most, bytes[m * weights.depth + k] - zero);
    }
  }
  while (least < -128 * parts || most > 127 * parts) ++parts;
  return parts;
}

double IntegerProduct::estimate(const IntegerTiles& tiles, int64_t groups, int64_t channels,
                                const IntegerProducer& producer, const IntegerWeights& weights,
                                const IntegerFunctions& functions) {
  const int64_t parts = partsOfWeights(functions, groups * channels, weights);
  const auto depth = static_cast<double>(parts * static_cast<int64_t>(producer.offsets().size()));
  const double item = producer.cycles() + choose(functions, tiles, channels, parts, producer).cycles;
  const double arithmetic = static_cast<double>(groups * tiles.count()) * item;
  return cyclesWithWeights(arithmetic, depth * static_cast<double>(groups * channels) * sizeof(int32_t));
}

int64_t IntegerProduct::channelsOfPart() const {
  return form_ == Form::pixels ? 1 : form_ == Form::channels ? functions_.lanes : int64_t{IntegerMatrixTask::rows};
}

int64_t IntegerProduct::packedChannels() const { return channelParts_.total * channelsOfPart(); }

void IntegerProduct::orderSteps() {
  const std::vector<int32_t>& offsets = producer_->offsets();
  const auto count = static_cast<int64_t>(offsets.size());
  if (form_ != Form::matrices) {
    for (int64_t part = 0; part < weightParts_; ++part) {
      for (int64_t step = 0; step < count; ++step) steps_.push_back({step, part});
      offsets_.insert(offsets_.end(), offsets.begin(), offsets.end());
    }
    return;
  }
  // A chunk has the same step of several units. The last chunk of units begins before the end of that before, whose
  // steps are multiplied by zeros there, so that all have the same size.
  const int64_t ofUnit = producer_->stepsOfUnit(), units = count / ofUnit;
  const int64_t chunks = quotientUp(units, IntegerMatrixTask::rows);
  chunkSteps_ = quotientUp(units, chunks);
  chunkPitch_ = units > 1 ? offsets[static_cast<size_t>(ofUnit)] - offsets[0] : 0;
  for (int64_t part = 0; part < weightParts_; ++part) {
    for (int64_t step = 0; step < ofUnit; ++step) {
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        const int64_t first = std::min(chunk * chunkSteps_, units - chunkSteps_);
        offsets_.push_back(offsets[static_cast<size_t>(first * ofUnit + step)]);
        for (int64_t unit = first; unit < first + chunkSteps_; ++unit) {
          steps_.push_back({unit < chunk * chunkSteps_ ? Step::none : unit * ofUnit + step, part});
        }
      }
    }
  }
}

IntegerProduct::Choice IntegerProduct::choose(const IntegerFunctions& functions, const IntegerTiles& tiles,
                                              int64_t channels, int64_t weightParts, const IntegerProducer& producer) {
  const int64_t lanes = functions.lanes;
  const int64_t depth = weightParts * static_cast<int64_t>(producer.offsets().size());
  const bool isCut = tiles.tiling.columns.parts > 1;
  const int64_t segments = isCut ? tiles.tiling.rows.largest() : 1;
  const int64_t pixels = isCut ? tiles.rowPitch() : tiles.tiling.largestPixels();
  const int64_t pixelVectors = quotientUp(pixels, lanes), channelVectors = quotientUp(channels, lanes);
  const auto exists = [&](int64_t rows, int64_t vectors) { return functions.micro[rows][vectors] != nullptr; };
  const MicroCosts costs;
  const int64_t steps = std::max<int64_t>(depth, 1);
  const IntegerBlock byPixels = chooseIntegerBlock(exists, channels, pixelVectors, steps, costs);
  const IntegerBlock byChannels = chooseIntegerBlock(exists, pixels, channelVectors, steps, costs);
  // Sums of vectors along channels are transposed when they are written.
  const double transposition = static_cast<double>((pixels / 2 + 24) * channels);
  const double pixelsCost = byPixels.cycles * static_cast<double>(depth);
  const double channelsCost = byChannels.cycles * static_cast<double>(depth) + transposition;
  Choice choice;
  choice.form = !isCut && channelsCost < pixelsCost ? Form::channels : Form::pixels;
  choice.cycles = std::min(pixelsCost, channelsCost);
  const int64_t matrices = quotientUp(channels, IntegerMatrixTask::rows);
  if (functions.matrices != nullptr && depth > 0) {
    const int64_t ofUnit = producer.stepsOfUnit();
    const int64_t chunks = weightParts * ofUnit * quotientUp(depth / weightParts / ofUnit, IntegerMatrixTask::rows);
    const double matricesCost = matrixCycles(matrices, pixelVectors, chunks);
    if (matricesCost < choice.cycles) {
      choice.form = Form::matrices;
      choice.cycles = matricesCost;
    }
  }
  if (choice.form == Form::matrices) {
    choice.pixelPart = vectorsOfMatrices(pixelVectors);
    choice.channelParts = Split::atMost(matrices, rowsOfMatrices(choice.pixelPart));
  } else if (choice.form == Form::channels) {
    choice.pixelPart = byChannels.rows;
    choice.channelParts = Split::atMost(channelVectors, byChannels.vectors);
  } else {
    choice.pixelPart = byPixels.vectors;
    choice.channelParts = Split::atMost(channels, byPixels.rows);
  }
  choice.cycles *= static_cast<double>(segments);
  return choice;
}

void IntegerProduct::reserve() {
  const int64_t lanes = functions_.lanes;
  const bool isCut = tiles_.tiling.columns.parts > 1;
  const int64_t pixels = isCut ? tiles_.rowPitch() : tiles_.tiling.largestPixels();
  const int64_t channelVectors = quotientUp(channels_, lanes);
  biasPitch_ = roundUp(channels_, lanes);
  biasWords_ = wholeLines(groups_ * biasPitch_);
  // A row is read by four vectors at a time.
  const int64_t slack = IntegerFunctions::maxVectors * lanes;
  constexpr int64_t matrixWords = IntegerMatrixFunctions::maxSums * IntegerMatrixTask::rows * IntegerMatrixTask::rows;
  const int64_t blockWords = form_ == Form::matrices ? matrixWords : IntegerFunctions::maxRows * slack;
  sumsWords_ = wholeLines(form_ == Form::channels ? pixels * channelVectors * lanes : blockWords + slack);
  planesWords_ = form_ == Form::channels   ? wholeLines(lineFloats * pixels + slack)
                 : form_ == Form::matrices ? wholeLines(matrixWords)
                                           : 0;
  columnWords_ = wholeLines(producer_->words() + slack);
  scratchBytes_ = (biasWords_ + sumsWords_ + planesWords_ + columnWords_) * int64_t{sizeof(int32_t)} +
                  roundUp(producer_->scratchBytes(), 64);
}

std::shared_ptr<const float[]> IntegerProduct::pack(const IntegerWeights& weights, const KernelContext& context) const {
  const int64_t unit = channelsOfPart(), perWord = functions_.depthPerWord, bits = 32 / perWord;
  const auto depth = static_cast<int64_t>(steps_.size());
  const uint32_t mask = perWord == 4 ? 0xff : 0xffff;
  const int64_t outputs = groups_ * channels_;
  // The words of all weights, and the sum of each channel's weights after them. Their memory is of floats. Rows may be
  // read four at a time.
  constexpr int64_t slack = 4;
  const int64_t weightWords = groups_ * packedChannels() * depth;
  const std::shared_ptr<float[]> packed = allocateFloats(weightWords + outputs + slack);
  auto* const all = reinterpret_cast<int32_t*>(packed.get());
  std::vector<int64_t> weightOf;
  for (const Step& step : steps_) {
    for (int64_t i = 0; i < perWord; ++i) {
      weightOf.push_back(step.ofProducer == Step::none ? -1 : producer_->weightOf(step.ofProducer, i));
    }
  }
  const Bytes bytes(weights.bytes->data, weights.bytes->type);
  for (int64_t m = 0; m < outputs; ++m) {
    const int32_t zero = weights.zeroPoint(m);
    int32_t sum = 0;
    for (int64_t k = 0; k < weights.depth; ++k) sum += bytes[m * weights.depth + k] - zero;
    all[weightWords + m] = sum;
  }
  for (int64_t group = 0; group < groups_; ++group) {
    for (int64_t part = 0; part < channelParts_.parts; ++part) {
      const int64_t first = channelParts_.begin(part) * unit, width = channelParts_.size(part) * unit;
      const int64_t count = std::min(width, channels_ - first);
      int32_t* const to = all + (group * packedChannels() + first) * depth;
      for (int64_t c = 0; c < count; ++c) {
        const int64_t m = group * channels_ + first + c;
        const int32_t zero = weights.zeroPoint(m);
        for (int64_t step = 0; step < depth; ++step) {
          uint32_t word = 0;
          for (int64_t i = 0; i < perWord; ++i) {
            const int64_t k = weightOf[static_cast<size_t>(step * perWord + i)];
            if (k < 0) continue;
            int32_t weight = bytes[m * weights.depth + k] - zero;
            if (weightParts_ > 1) weight = partOf(weight, steps_[static_cast<size_t>(step)].part);
            word |= (static_cast<uint32_t>(weight) & mask) << (bits * i);
          }
          const int64_t at = form_ == Form::matrices
                                 ? (step / chunkSteps_ * width + c) * chunkSteps_ + step % chunkSteps_
                                 : step * width + c;
          to[at] = static_cast<int32_t>(word);
        }
      }
    }
  }
  if (context.release) context.release(weights.bytes->data, weights.bytes->bytes());
  return packed;
}

void IntegerProduct::run(const Buffers& buffers, const Team& team) const {
  std::byte* const scratch = buffers.scratch + team.index * scratchBytes_;
  auto* const bias = reinterpret_cast<int32_t*>(scratch);
  Work work{};
  work.sums = bias + biasWords_;
  work.planes = work.sums + sumsWords_;
  int32_t* const columns = work.planes + planesWords_;
  auto* const producerScratch = reinterpret_cast<std::byte*>(columns + columnWords_);

  const auto depth = static_cast<int64_t>(steps_.size());
  const auto* const weightSums = reinterpret_cast<const int32_t*>(packed_.get()) + groups_ * packedChannels() * depth;
  // Sums wrap around, so that a sum that fits is right in the end.
  const auto zeroPoint = static_cast<uint32_t>(producer_->zeroPoint(buffers));
  const int32_t* const added = result_.bias(buffers);
  for (int64_t m = 0; m < groups_ * channels_; ++m) {
    const uint32_t sum =
        (added == nullptr ? 0 : static_cast<uint32_t>(added[m])) - zeroPoint * static_cast<uint32_t>(weightSums[m]);
    bias[m / channels_ * biasPitch_ + m % channels_] = static_cast<int32_t>(sum);
  }

  const int64_t itemCount = groups_ * tiles_.count();
  const ItemCycles cycles{producer_->cycles(), productCycles_};
  const int teams = channelTeams(itemCount, channelParts_.parts, cycles, team.size);
  work.buffers = &buffers;
  work.bias = bias;
  const bool shared = isShared(cycles, itemCount, teams, team);
  const Range items = shared ? Range{0, itemCount} : Team{team.index / teams, team.size / teams}.share(itemCount);
  work.parts = shared ? team.share(channelParts_.parts) : Team{team.index % teams, teams}.share(channelParts_.parts);
  if (!shared && work.parts.begin == work.parts.end) return;
  if (form_ == Form::matrices) functions_.matrices->configure(chunkSteps_);
  for (int64_t item = items.begin; item < items.end; ++item) {
    // In turn where the first two threads have theirs: a thread may still multiply the columns before.
    int32_t* const to =
        shared ? columns + (item % 2 - team.index) * (scratchBytes_ / int64_t{sizeof(int32_t)}) : columns;
    work.words = to;
    producer_->produce(buffers, tiles_.tile(item % tiles_.count()), item / tiles_.count(), shared ? team : Team{0, 1},
                       to, producerScratch);
    if (shared) team.meeting->wait();
    multiply(work, item);
  }
  if (form_ == Form::matrices) functions_.matrices->release();
}

bool IntegerProduct::isShared(const ItemCycles& cycles, int64_t items, int teams, const Team& team) const {
  if (team.size < 2 || team.meeting == nullptr) return false;
  // Half of the words, or more, come from another thread's cache.
  constexpr double perWord = 0.1;
  const double meeting = team.meeting->cycles() + static_cast<double>(producer_->words()) * perWord;
  const double together = teamCycles(items, channelParts_.parts, {0, cycles.products}, team.size, team.size) +
                          static_cast<double>(items) * (cycles.columns / team.size + meeting);
  return together < teamCycles(items, channelParts_.parts, cycles, team.size, teams);
}

void IntegerProduct::multiply(Work work, int64_t item) const {
  work.group = item / tiles_.count();
  work.tile = tiles_.tile(item % tiles_.count());
  work.bias += work.group * biasPitch_;
  const int64_t plane = tiles_.map.rows * tiles_.map.columns;
  const int64_t at = work.tile.firstRow * tiles_.map.columns + work.tile.firstColumn;
  work.position = at % plane;
  work.origin = at / plane * groups_ * channels_ * plane;
  if (form_ == Form::channels) {
    multiplyChannelVectors(work);
  } else {
    multiplyPixelVectors(work);
  }
}

int64_t IntegerProduct::offset(const Work& work, int64_t pixel) const {
  const int64_t plane = tiles_.map.rows * tiles_.map.columns, at = work.position + pixel;
  if (at < plane) return work.origin + at;
  return work.origin + at / plane * groups_ * channels_ * plane + at % plane;
}

IntegerRows IntegerProduct::rows(const Work& work, int64_t channel, int64_t at) const {
  const int64_t m = work.group * channels_ + channel, pitch = tiles_.map.rows * tiles_.map.columns;
  return resultRows(*work.buffers, result_, how_, m, m * pitch + at, pitch);
}

void IntegerProduct::finish(const Work& work, const int32_t* sums, int64_t channel, int64_t firstPixel,
                            int64_t count) const {
  const int64_t plane = tiles_.map.rows * tiles_.map.columns;
  for (int64_t done = 0; done < count;) {
    const int64_t pixel = firstPixel + done;
    const int64_t length = std::min(count - done, plane - (work.position + pixel) % plane);
    functions_.finish(sums + done, length, rows(work, channel, offset(work, pixel)));
    done += length;
  }
}

void IntegerProduct::multiplyPixelVectors(const Work& work) const {
  const PixelTile& tile = work.tile;
  if (tiles_.tiling.columns.parts == 1) {
    multiplyPixels(work, 0, 0, tile.pixels());
    return;
  }
  for (int64_t row = 0; row < tile.rows; ++row) {
    multiplyPixels(work, row * tiles_.rowPitch(), row * tiles_.map.columns, tile.columns);
  }
}

void IntegerProduct::multiplyPixels(const Work& work, int64_t firstWord, int64_t at, int64_t pixels) const {
  static const IntegerResult sumsOnly;
  const int64_t lanes = functions_.lanes;
  const auto depth = static_cast<int64_t>(steps_.size());
  const int64_t plane = tiles_.map.rows * tiles_.map.columns;
  const int64_t unit = channelsOfPart();
  const auto* const weights = reinterpret_cast<const int32_t*>(packed_.get()) + work.group * packedChannels() * depth;
  IntegerTile micro{};
  micro.offsets = offsets_.data();
  micro.depth = depth;
  constexpr int64_t fewSteps = 16;
  if (form_ == Form::pixels && channelParts_.largest() == 1 && depth <= fewSteps && !tiles_.acrossImages) {
    micro.columns = work.words + firstWord;
    micro.count = pixels;
    for (int64_t channel = work.parts.begin; channel < work.parts.end; ++channel) {
      micro.rows = weights + channel * depth;
      micro.bias = work.bias + channel;
      micro.result = rows(work, channel, work.origin + work.position + at);
      functions_.line(micro);
    }
    return;
  }
  const Split parts = Split::atMost(quotientUp(pixels, lanes), pixelPart_);
  for (int64_t part = 0; part < parts.parts; ++part) {
    const int64_t vectorCount = parts.size(part), first = parts.begin(part) * lanes;
    micro.columns = work.words + firstWord + first;
    micro.count = std::min(vectorCount * lanes, pixels - first);
    const bool isDirect = !tiles_.acrossImages || (work.position + first) % plane + micro.count <= plane;
    const int64_t to = offset(work, at + first);
    for (int64_t p = work.parts.begin; p < work.parts.end; ++p) {
      const int64_t channel = channelParts_.begin(p) * unit;
      const int64_t channelCount = std::min(channelParts_.size(p) * unit, channels_ - channel);
      micro.rows = weights + channel * depth;
      micro.bias = work.bias + channel;
      micro.result =
          isDirect ? rows(work, channel, to) : IntegerRows{&sumsOnly, nullptr, nullptr, work.sums, vectorCount * lanes};
      if (form_ == Form::matrices) {
        multiplyMatrices(micro, channelParts_.size(p), vectorCount, channelCount, work.planes);
      } else {
        functions_.micro[channelCount][vectorCount](micro);
      }
      if (isDirect) continue;
      for (int64_t c = 0; c < channelCount; ++c) {
        finish(work, work.sums + c * vectorCount * lanes, channel + c, at + first, micro.count);
      }
    }
  }
}

void IntegerProduct::multiplyMatrices(const IntegerTile& micro, int64_t matrices, int64_t vectors, int64_t channels,
                                      int32_t* sums) const {
  IntegerMatrixTask task{};
  task.columns = micro.columns;
  task.starts = offsets_.data();
  task.pitch = chunkPitch_;
  task.chunks = static_cast<int64_t>(offsets_.size());
  task.steps = chunkSteps_;
  task.weights = micro.rows;
  task.sums = sums;
  functions_.matrices->multiply[matrices][vectors](task);
  functions_.writeRows[vectors](sums, micro.bias, channels, micro.count, micro.result);
}

void IntegerProduct::multiplyChannelVectors(const Work& work) const {
  const int64_t lanes = functions_.lanes;
  const auto depth = static_cast<int64_t>(steps_.size());
  const int64_t pixels = work.tile.pixels(), pitch = channelParts_.total * lanes;
  const auto* const weights = reinterpret_cast<const int32_t*>(packed_.get()) + work.group * packedChannels() * depth;
  const Split pixelParts = Split::atMost(pixels, pixelPart_);
  IntegerChannelTile micro{};
  micro.offsets = offsets_.data();
  micro.depth = depth;
  micro.sumsPitch = pitch;
  for (int64_t p = work.parts.begin; p < work.parts.end; ++p) {
    const int64_t firstVector = channelParts_.begin(p), vectorCount = channelParts_.size(p);
    micro.weights = weights + firstVector * lanes * depth;
    micro.bias = work.bias + firstVector * lanes;
    for (int64_t part = 0; part < pixelParts.parts; ++part) {
      const int64_t pixel = pixelParts.begin(part), pixelCount = pixelParts.size(part);
      micro.columns = work.words + pixel;
      micro.sums = work.sums + pixel * pitch + firstVector * lanes;
      functions_.channelMicro[pixelCount][vectorCount](micro);
    }
  }
  const int64_t first = channelParts_.begin(work.parts.begin) * lanes;
  const int64_t end = work.parts.end == channelParts_.parts
                          ? channels_
                          : std::min(channels_, channelParts_.begin(work.parts.end) * lanes);
  for (int64_t channel = first; channel < end; channel += lineFloats) {
    const int64_t count = std::min(lineFloats, end - channel);
    // Only moves words.
    vectors_.product.transpose(reinterpret_cast<const float*>(work.sums + channel), pitch, pixels, count,
                               reinterpret_cast<float*>(work.planes), pixels);
    for (int64_t i = 0; i < count; ++i) finish(work, work.planes + i * pixels, channel + i, 0, pixels);
  }
}

}  // namespace gdws
