import { scatterCases } from './cases/scatter';
import { checkCases } from './check';

checkCases(scatterCases);
