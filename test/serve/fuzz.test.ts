import { fuzzTests } from './fuzzed';

fuzzTests(2000);
