import { gatherCases } from './cases/gather';
import { checkCases } from './check';

checkCases(gatherCases);
