import { poolingCases } from './cases/pooling';
import { checkCases } from './check';

checkCases(poolingCases);
