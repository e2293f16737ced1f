import { regionCases } from './cases/region';
import { checkCases } from './check';

checkCases(regionCases);
