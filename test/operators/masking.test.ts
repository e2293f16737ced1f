import { maskingCases } from './cases/masking';
import { checkCases } from './check';

checkCases(maskingCases);
