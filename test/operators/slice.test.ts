import { sliceCases } from './cases/slice';
import { checkCases } from './check';

checkCases(sliceCases);
