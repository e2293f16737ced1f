import { einsumCases } from './cases/einsum';
import { checkCases } from './check';

checkCases(einsumCases);
