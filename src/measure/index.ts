export {
  measureInterleaved,
  type Comparison,
  type Contestant,
  type Measurement,
  type MeasureOptions,
} from './interleave';
export { untilIdle } from './rest';
export { describe, quantile, ratio, type Distribution, type Ratio } from './statistics';
