import { logicCases } from './cases/logic';
import { checkCases } from './check';

checkCases(logicCases);
