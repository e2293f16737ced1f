import { resizeCases } from './cases/resize';
import { checkCases } from './check';

checkCases(resizeCases);
