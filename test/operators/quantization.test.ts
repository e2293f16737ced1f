import { quantizationCases } from './cases/quantization';
import { checkCases } from './check';

checkCases(quantizationCases);
