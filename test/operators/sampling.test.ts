import { samplingCases } from './cases/sampling';
import { checkCases } from './check';

checkCases(samplingCases);
