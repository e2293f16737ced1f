import { fuzzTests } from './fuzzed';

fuzzTests(100_000, 1_800_000);
