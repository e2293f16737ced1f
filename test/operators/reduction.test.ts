import { reductionCases } from './cases/reduction';
import { checkCases } from './check';

checkCases(reductionCases);
