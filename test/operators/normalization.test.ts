import { normalizationCases } from './cases/normalization';
import { checkCases } from './check';

checkCases(normalizationCases);
