import { reversalCases } from './cases/reversal';
import { checkCases } from './check';

checkCases(reversalCases);
