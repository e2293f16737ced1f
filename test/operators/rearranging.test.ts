import { rearrangingCases } from './cases/rearranging';
import { checkCases } from './check';

checkCases(rearrangingCases);
