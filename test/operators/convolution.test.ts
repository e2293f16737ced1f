import { convolutionCases, distantConvolutionCases } from './cases/convolution';
import { checkCases } from './check';

checkCases([...convolutionCases, ...distantConvolutionCases]);
