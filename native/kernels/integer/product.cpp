#include "kernels/integer/product.h"

#include <algorithm>
#include <cstring>

#include "base/aligned_floats.h"
#include "kernels/product/rounding.h"

namespace gdws {

namespace {

/// Numbers without sign of a type are so much greater.
int32_t unsignedBy(DataType type) { return type == DataType::int8 ? 128 : 0; }
uint8_t flipOf(DataType type) { return type == DataType::int8 ? 0x80 : 0; }

IntegerResult howOf(const SumResult& result) {
  IntegerResult how;
  if (result.type == DataType::int32) return how;
  how.form = result.type == DataType::float32 ? IntegerResult::Form::floats : IntegerResult::Form::bytes;
  const Requantization& r = result.requantization;
  how.most = r.most;
  how.zeroPoint = r.zeroPoint + unsignedBy(result.type);
  how.leastByte = how.zeroPoint + static_cast<int32_t>(r.least);
  how.flip = flipOf(result.type);
  how.hasResidual = result.hasResidual;
  how.sumsBytes = r.sumsBytes;
  how.innerLeast = r.innerLeast;
  how.innerMost = r.innerMost;
  how.sumScale = r.sumScale;
  how.residualScale = r.residualScale;
  how.residualZeroPoint = r.residualZeroPoint + unsignedBy(result.residualType);
  how.residualFlip = flipOf(result.residualType);
  return how;
}

struct Block {
  int64_t rows = 1, vectors = 1;
  double cycles = 0;  ///< estimated, of a step of depth over the whole product
};

/// Estimated cycles of a step of depth in a micro-kernel.
double microCycles(int64_t rows, int64_t vectors, double depth) {
  constexpr double latency = 5, call = 30;
  const auto r = static_cast<double>(rows), v = static_cast<double>(vectors);
  const double loads = 0.3 * v + 0.05 * r;
  const double result = r * (9 + 4 * v) / 2;
  return std::max({latency, r * v / 2 + loads, 0.55 * (r + v)}) + (call + result) / depth;
}

/// The micro-kernels for so many rows and vectors whose estimate is lowest.
Block chooseBlock(const IntegerFunctions& functions, int64_t rows, int64_t vectors, int64_t depth) {
  Block best;
  for (int64_t r = 1; r <= std::min<int64_t>(rows, IntegerFunctions::maxRows); ++r) {
    for (int64_t v = 1; v <= std::min<int64_t>(vectors, IntegerFunctions::maxVectors); ++v) {
      if (functions.micro[r][v] == nullptr) continue;
      const Split rowParts = Split::atMost(rows, r), vectorParts = Split::atMost(vectors, v);
      if (rowParts.largest() != r || vectorParts.largest() != v) continue;
      double cycles = 0;
      for (const int64_t row : {int64_t{0}, int64_t{1}}) {
        for (const int64_t vector : {int64_t{0}, int64_t{1}}) {
          const int64_t larger = rows % rowParts.parts, wider = vectors % vectorParts.parts;
          const int64_t count =
              (row == 0 ? larger : rowParts.parts - larger) * (vector == 0 ? wider : vectorParts.parts - wider);
          cycles += static_cast<double>(count) * microCycles(rows / rowParts.parts + (row == 0),
                                                             vectors / vectorParts.parts + (vector == 0),
                                                             static_cast<double>(depth));
        }
      }
      if (best.cycles == 0 || cycles <= best.cycles) best = {r, v, cycles};
    }
  }
  return best;
}

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

/// At least `count` words, in whole cache lines.
size_t words(int64_t count) { return static_cast<size_t>(wholeLines(count)); }

}  // namespace

IntegerProduct::IntegerProduct(const IntegerTiles& tiles, int64_t groups, int64_t channels, const SumResult& result,
                               std::unique_ptr<IntegerProducer> producer, const IntegerWeights& weights,
                               const std::string& key, KernelContext& context)
    : tiles_(tiles),
      groups_(groups),
      channels_(channels),
      result_(result),
      how_(howOf(result)),
      producer_(std::move(producer)),
      vectors_(context.vectors),
      functions_(*context.vectors.integers) {
  if (functions_.depthPerWord == 4) {
    int32_t least = 0, most = 0;
    const Bytes bytes(weights.bytes->data, weights.bytes->type);
    for (int64_t m = 0; m < groups_ * channels_; ++m) {
      const int32_t zero = weights.zeroPoint(m);
      for (int64_t k = 0; k < weights.depth; ++k) {
        least = std::min(least, bytes[m * weights.depth + k] - zero);
        most = std::max(most, bytes[m * weights.depth + k] - zero);
      }
    }
    while (least < -128 * weightParts_ || most > 127 * weightParts_) ++weightParts_;
  }
  choose();
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

void IntegerProduct::choose() {
  const int64_t lanes = functions_.lanes;
  const int64_t depth = weightParts_ * static_cast<int64_t>(producer_->offsets().size());
  const bool isCut = tiles_.tiling.columns.parts > 1;
  const int64_t segments = isCut ? tiles_.tiling.rows.largest() : 1;
  const int64_t pixels = isCut ? tiles_.rowPitch() : tiles_.tiling.largestPixels();
  const int64_t pixelVectors = quotientUp(pixels, lanes), channelVectors = quotientUp(channels_, lanes);
  const Block byPixels = chooseBlock(functions_, channels_, pixelVectors, std::max<int64_t>(depth, 1));
  const Block byChannels = chooseBlock(functions_, pixels, channelVectors, std::max<int64_t>(depth, 1));
  const auto steps = static_cast<double>(depth);
  // Sums of vectors along channels are transposed when they are written.
  const double transposition = static_cast<double>((pixels / 2 + 24) * channels_);
  const double pixelsCost = byPixels.cycles * steps, channelsCost = byChannels.cycles * steps + transposition;
  form_ = !isCut && channelsCost < pixelsCost ? Form::channels : Form::pixels;
  double cycles = std::min(pixelsCost, channelsCost);
  const int64_t matrices = quotientUp(channels_, IntegerMatrixTask::rows);
  if (functions_.matrices != nullptr && depth > 0) {
    const int64_t ofUnit = producer_->stepsOfUnit();
    const int64_t chunks = weightParts_ * ofUnit * quotientUp(depth / weightParts_ / ofUnit, IntegerMatrixTask::rows);
    const double matricesCost = matrixCycles(matrices, pixelVectors, chunks);
    if (matricesCost < cycles) {
      form_ = Form::matrices;
      cycles = matricesCost;
    }
  }
  if (form_ == Form::matrices) {
    pixelPart_ = vectorsOfMatrices(pixelVectors);
    channelParts_ = Split::atMost(matrices, rowsOfMatrices(pixelPart_));
  } else if (form_ == Form::channels) {
    pixelPart_ = byChannels.rows;
    channelParts_ = Split::atMost(channelVectors, byChannels.vectors);
  } else {
    pixelPart_ = byPixels.vectors;
    channelParts_ = Split::atMost(channels_, byPixels.rows);
  }
  productCycles_ = static_cast<double>(segments) * cycles;

  biasPitch_ = roundUp(channels_, lanes);
  biasWords_ = words(groups_ * biasPitch_);
  // A row is read by four vectors at a time.
  const int64_t slack = IntegerFunctions::maxVectors * lanes;
  constexpr int64_t matrixWords = IntegerMatrixFunctions::maxSums * IntegerMatrixTask::rows * IntegerMatrixTask::rows;
  const int64_t blockWords = form_ == Form::matrices ? matrixWords : IntegerFunctions::maxRows * slack;
  sumsWords_ = words(form_ == Form::channels ? pixels * channelVectors * lanes : blockWords + slack);
  planesWords_ = form_ == Form::channels   ? words(lineFloats * pixels + slack)
                 : form_ == Form::matrices ? words(matrixWords)
                                           : 0;
  columnWords_ = words(producer_->words() + slack);
  scratchBytes_ = (biasWords_ + sumsWords_ + planesWords_ + columnWords_) * sizeof(int32_t) +
                  static_cast<size_t>(roundUp(static_cast<int64_t>(producer_->scratchBytes()), 64));
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
  const std::shared_ptr<float[]> packed = allocateFloats(static_cast<size_t>(weightWords + outputs + slack));
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
  std::byte* const scratch = buffers.scratch + static_cast<size_t>(team.index) * scratchBytes_;
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
  work.scale = result_.scale(buffers);
  work.residual = result_.residual(buffers);
  work.y = buffers.outputs[0];
  work.bias = bias;
  const bool shared = isShared(cycles, itemCount, teams, team);
  const Range items = shared ? Range{0, itemCount} : Team{team.index / teams, team.size / teams}.share(itemCount);
  work.parts = shared ? team.share(channelParts_.parts) : Team{team.index % teams, teams}.share(channelParts_.parts);
  if (!shared && work.parts.begin == work.parts.end) return;
  if (form_ == Form::matrices) functions_.matrices->configure(chunkSteps_);
  for (int64_t item = items.begin; item < items.end; ++item) {
    // In turn where the first two threads have theirs: a thread may still multiply the columns before.
    int32_t* const to =
        shared ? columns + (item % 2 - team.index) * static_cast<int64_t>(scratchBytes_ / sizeof(int32_t)) : columns;
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
  const int64_t element = m * pitch + at;
  const auto bytes = static_cast<int64_t>(bytesOf(result_.type));
  IntegerRows rows{};
  rows.how = &how_;
  rows.scale = work.scale == nullptr ? nullptr : work.scale + m;
  rows.residual = work.residual == nullptr ? nullptr : static_cast<const uint8_t*>(work.residual) + element;
  rows.y = static_cast<std::byte*>(work.y) + element * bytes;
  rows.pitch = pitch;
  return rows;
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
