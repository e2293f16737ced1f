import { arithmeticCases } from './cases/arithmetic';
import { checkCases } from './check';

checkCases(arithmeticCases);
