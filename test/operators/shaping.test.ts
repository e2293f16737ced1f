import { shapingCases } from './cases/shaping';
import { checkCases } from './check';

checkCases(shapingCases);
