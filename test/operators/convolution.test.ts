import { convolutionCases } from './cases/convolution';
import { checkCases } from './check';

checkCases(convolutionCases);
